"""Formats whose decoders run in worker processes: plugins of Pillow, and a few libraries."""

import io
from collections.abc import Sequence
from itertools import islice

import numpy as np
from msgspec.structs import replace
from PIL import Image, ImageFile

from handler.codec.colour import lab_to_srgb
from handler.codec.costs import ALPHA_BYTES, DecodingCost
from handler.codec.decoders import isolated
from handler.codec.decoders.isolated import Allowance
from handler.codec.formats import Format
from handler.codec.headers import png
from handler.codec.headers.header import (
    DATA_ERRORS,
    MOST_MISSING,
    ImageHeader,
    read_exif_orientation,
)
from handler.codec.headers.jpeg2000 import Jpeg2000Header, Rgba
from handler.core.geometry import Box, Size
from handler.core.image.alpha import DecodedImage
from handler.errors import InvalidImage, ProcessingFailed

# The limit on pixels is the service's own, and is checked before Pillow opens a file.
Image.MAX_IMAGE_PIXELS = None

# Mode -> bytes a pixel of decoding to grey, where one byte and a little more is not enough.
_GREY_BYTES = {"1": 2.2, "I;16": 5.5, "I;16B": 5.5, "I;16L": 5.5}
_PALETTE_BYTES = 5.3
# Number of frames that are decoded after an empty first one.
_MOST_EMPTY_FRAMES = 9
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


def open_header(header: ImageHeader, format_: Format) -> tuple[ImageFile.ImageFile, ImageHeader]:
    """Open a file of GIF, BMP or PNG without decoding it; the plugins' headers are plain Python.

    Returns:
        The opened file; and the header with size, orientation and profile as Pillow reads them.

    Raises:
        InvalidImage: the header is damaged, or the kind of samples is not supported.
    """
    try:
        image = Image.open(io.BytesIO(header.data), formats=[format_.decoder])
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


def has_alpha(image: ImageFile.ImageFile) -> bool:
    """Return whether an opened file has transparency."""
    mode = _WORKING_MODE[image.mode]
    # Run-length encoding may skip pixels of a BMP.
    skips = image.format == "BMP" and not is_plain(image)
    return mode == "RGBA" or "transparency" in image.info or skips


def cost(image: ImageFile.ImageFile, usual: DecodingCost) -> DecodingCost:
    """Return the cost of decoding an opened file.

    Args:
        image: the file.
        usual: the cost for three channels.
    """
    if has_alpha(image):
        return usual if image.mode == "RGBA" else usual.converted(ALPHA_BYTES)
    if image.mode == "P":
        return replace(usual, decoded=max(usual.decoded, _PALETTE_BYTES))
    if _WORKING_MODE[image.mode] == "L":
        packed = _GREY_BYTES.get(image.mode, 1.2)
        return replace(usual, decoded=packed, held=1)
    return usual


def is_plain(image: ImageFile.ImageFile) -> bool:
    """Return whether an opened file has plain rows of pixels, as most BMP files have."""
    return image.format == "BMP" and [tile[0] for tile in image.tile] == ["raw"]


def unpack(image: ImageFile.ImageFile) -> DecodedImage:
    """Copy the plain rows of an opened file, which only rearranges bytes, in this process.

    This works once, as the opened file passes its memory on.

    Returns:
        Picture as `decode` returns it.

    Raises:
        ProcessingFailed: the rows end early.
    """
    try:
        image.load()
        unpacked = _to_working_mode(image)
    except Exception as error:  # Pillow raises anything for hostile bytes
        raise ProcessingFailed("The BMP data are damaged or incomplete") from error
    unpacked.info = {}
    return DecodedImage(unpacked)


def decode(header: ImageHeader, format_: Format, allowance: Allowance) -> DecodedImage:
    """Decode the first frame that is not empty in a worker process.

    Args:
        header: of the file.
        format_: of the file.
        allowance: limits of the worker process.

    Returns:
        Picture as stored, its metadata removed.

    Raises:
        ProcessingFailed: the data are damaged or end early; see also `isolated.decode`.
    """
    decoded = _decode_frame(header, format_, allowance)
    if header.later_frames is None or not _is_empty(decoded.image):
        return decoded
    for later in islice(header.later_frames(), _MOST_EMPTY_FRAMES):
        try:
            another = _decode_frame(later, format_, allowance)
        except ProcessingFailed:  # the first frame is whole
            break
        if another.image.size == decoded.image.size and not _is_empty(another.image):
            return another
    return decoded


def _is_empty(image: Image.Image) -> bool:
    """Return whether all pixels are transparent."""
    return image.mode == "RGBA" and image.getbbox() is None


def _decode_frame(header: ImageHeader, format_: Format, allowance: Allowance) -> DecodedImage:
    """Decode the frame of a header; see `decode`."""
    received = isolated.decode(header, format_.decoder, format_.label, allowance)
    image, warning = received.image, received.warning
    if isinstance(header, Jpeg2000Header) and header.palette:
        image = _with_palette(image, header.palette, "RGBA" if header.alpha else "RGB")
    # Pillow reports no error if the stream of a PNG ends early, and leaves the rest blank.
    if format_.name == "png" and (warning or _ends_blank(image)):
        missing = png.missing_rows(header.data)
        if missing > MOST_MISSING * image.height:
            raise ProcessingFailed("The PNG data are damaged or incomplete")
        if missing:
            warning = DATA_ERRORS.format("PNG")
    try:
        decoded = _to_working_mode(image)
    except (ValueError, OSError) as error:
        raise ProcessingFailed(f"The {format_.label} data are damaged or incomplete") from error
    if header.cut is not None:
        edges = header.cut.left, header.cut.top, header.cut.right, header.cut.bottom
        decoded = decoded.crop(edges)
    if header.frame is not None:
        decoded = _without_outside(decoded, header.frame)
    decoded.info = {}
    if decoded is received.image:
        return replace(received, warning=warning)
    return DecodedImage(decoded, warning=warning)


def _without_outside(image: Image.Image, frame: Box) -> Image.Image:
    """Return a picture that is transparent outside its frame, mode RGBA."""
    image = image.convert("RGBA")
    edges = frame.left, frame.top, frame.right, frame.bottom
    alpha = Image.new("L", image.size, 0)
    alpha.paste(image.crop(edges).getchannel("A"), edges)
    image.putalpha(alpha)
    return image


def _with_palette(image: Image.Image, palette: Sequence[Rgba], mode: str) -> Image.Image:
    """Return a picture with the colours of a palette in place of its 256 levels of grey.

    Raises:
        ProcessingFailed: the picture is not grey.
    """
    if image.mode != "L":
        raise ProcessingFailed("The JPEG 2000 data differ from the header")
    bands = [image.point(levels) for levels in zip(*palette, strict=True)]
    return Image.merge(mode, bands[: len(mode)])


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
    translucent = image.palette is not None and image.palette.mode == "RGBA"
    if mode in ("L", "RGB") and (translucent or "transparency" in image.info):
        mode = "RGBA"
    return image.convert(mode) if image.mode != mode else image
