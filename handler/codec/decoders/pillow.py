"""Formats decoded by a plugin of Pillow, or in a worker process."""

import io
from dataclasses import replace

import numpy as np
from PIL import Image

from handler.codec.colour import lab_to_srgb
from handler.codec.decoders import isolated
from handler.codec.formats import Format
from handler.codec.headers import png
from handler.codec.headers.header import ImageHeader, read_exif_orientation
from handler.core.geometry import Size
from handler.errors import InvalidImage, ProcessingFailed

# The limit on pixels is the service's own, and is checked before Pillow opens a file.
Image.MAX_IMAGE_PIXELS = None

# Mode as decoded -> 8-bit working mode. Samples of 32 bits, integer or real, have no agreed white.
_WORKING_MODE = {
    "1": "L",
    "L": "L",
    "I;16": "L",
    "I;16B": "L",
    "I;16L": "L",
    "LA": "RGBA",
    "La": "RGBA",
    "P": "RGB",
    "PA": "RGBA",
    "RGB": "RGB",
    "RGBX": "RGBX",
    "RGBA": "RGBA",
    "RGBa": "RGBA",
    "CMYK": "CMYK",
    "YCbCr": "RGB",
    "LAB": "RGB",
    "HSV": "RGB",
}
# Decoder of the format -> plugin, if their names differ: Pillow decodes animations.
_PLUGINS = {"libwebp": "WEBP"}


def open_header(header: ImageHeader, format_: Format) -> tuple[Image.Image, ImageHeader]:
    """Open a file without decoding it.

    Returns:
        The opened file; and the header with size, orientation and profile as Pillow reads them.

    Raises:
        InvalidImage: the header is damaged, or the kind of samples is not supported.
    """
    plugin = _PLUGINS.get(format_.decoder, format_.decoder)
    try:
        image = Image.open(io.BytesIO(header.data), formats=[plugin])
    except Exception as error:  # plugins raise anything for hostile bytes
        raise InvalidImage(f"the {format_.label} header is damaged") from error
    if image.mode not in _WORKING_MODE:
        raise InvalidImage(
            f"{format_.label} samples: expected unsigned integers of at most 16 bits"
        )
    read = replace(
        header,
        size=Size(*image.size),
        orientation=read_exif_orientation(image.info.get("exif")),
        profile=image.info.get("icc_profile"),
    )
    return image, read


def decode(image: Image.Image, format_: Format, data: bytes) -> Image.Image:
    """Decode the first frame. This works once, as the opened file passes its memory on.

    Args:
        image: the opened file.
        format_: its format.
        data: the file.

    Returns:
        Picture of mode L, RGB, RGBX, RGBA (alpha not premultiplied) or CMYK, as stored, its
        metadata removed.

    Raises:
        ProcessingFailed: the data are damaged or end early.
    """
    try:
        image.load()
        # Pillow reports no error if the pixels of a PNG end early, and leaves the rest blank.
        whole = format_.name != "png" or not _ends_blank(image) or png.is_whole(data)
        decoded = _to_working_mode(image)
    except Exception as error:  # decoders raise anything for hostile bytes
        raise ProcessingFailed(f"The {format_.label} data are damaged or incomplete") from error
    if not whole:
        raise ProcessingFailed("The PNG data are incomplete")
    decoded.info = {}
    return decoded


def decode_isolated(header: ImageHeader, format_: Format) -> Image.Image:
    """Decode in a worker process; see `decode` for the picture.

    Raises:
        ProcessingFailed: see `isolated.decode`.
    """
    return _to_working_mode(isolated.decode(header, format_.decoder, format_.label))


def _ends_blank(image: Image.Image) -> bool:
    """Return whether one of the last two rows is blank.

    The last row of an interlaced file may come before the second-to-last.
    """
    rows = range(max(0, image.height - 2), image.height)
    return any(
        image.crop((0, row, image.width, row + 1)).getbbox(alpha_only=False) is None for row in rows
    )


def _to_working_mode(image: Image.Image) -> Image.Image:
    mode = _WORKING_MODE[image.mode]
    if image.mode.startswith("I;16"):
        # The upper byte, as in libvips, and as in Pillow itself for colours.
        return Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if image.mode == "LAB":
        return lab_to_srgb(image)
    if "transparency" in image.info and mode in ("L", "RGB"):
        mode = "RGBA"
    return image.convert(mode) if image.mode != mode else image
