"""JPEG, decoded and scaled by libjpeg-turbo, which simplejpeg binds."""

from functools import partial
from typing import cast

import numpy as np
import simplejpeg
from msgspec import Struct
from msgspec.structs import replace
from PIL import Image

from handler.codec.costs import DECODING, DecodingCost
from handler.codec.decoders import damaged_jpeg, isolated
from handler.codec.decoders.isolated import Allowance
from handler.codec.headers.header import DATA_ERRORS
from handler.codec.headers.jpeg import JpegHeader
from handler.core.geometry import Size
from handler.core.image.alpha import DecodedImage
from handler.core.image.freed_rows import ArrayRows, Samples
from handler.errors import InvalidImage, ProcessingFailed

# Scales of libjpeg-turbo that cost next to nothing, coarsest first.
_SCALES = (8, 4, 2)
# Components -> the most likely colour space, by libjpeg-turbo's names.
_COLOURS = {1: "Gray", 3: "YCbCr", 4: "CMYK"}
_UNKNOWN_SUBSAMPLING = "subsampling"
_INKS = 4
# Samples of a pixel of three components, by the subsampling.
_SAMPLES, _COLOUR_SAMPLES = {"420": 1.5, "411": 1.5, "422": 2.0, "440": 2.0}, 3
# Bytes of a pixel of one component, and of a coefficient that libjpeg-turbo keeps.
_GREY_BYTES, _COEFFICIENT_BYTES = 1.1, 2.1
_CMYK_SUBSAMPLINGS = (
    "CMYK JPEG subsampling: expected 4:4:4, 4:4:1, 4:4:0, 4:2:2, 4:2:0 or 4:1:1, received another"
)
# Colour space of the file -> colour space to decode to. Pillow keeps colours in four bytes a pixel,
# so it can use these pixels without a copy.
_DECODE_TO = {"Gray": "GRAY", "CMYK": "CMYK", "YCCK": "CMYK"}
_BYTES = {"GRAY": 1, "CMYK": 4, "RGBX": 4}
_COLOUR_BANDS = {"GRAY": 1, "CMYK": 4, "RGBX": 3}
_PILLOW_MODE = {"GRAY": "L", "CMYK": "CMYK", "RGBX": "RGBX"}


class Jpeg(Struct, frozen=True):
    """A JPEG that libjpeg-turbo accepts.

    Attributes:
        header: of the file.
        colour: colour space of the file, by libjpeg-turbo's name.
        samples: of a pixel, on average.
        isolated: whether simplejpeg does not know the subsampling, so that the file is decoded in a
            worker process.
    """

    header: JpegHeader
    colour: str
    samples: float
    isolated: bool = False


def prepare(header: JpegHeader) -> Jpeg:
    """Have libjpeg-turbo read the header.

    Raises:
        InvalidImage: the header is damaged, or the subsampling is not supported.
    """
    try:
        _, _, colour, sampling = simplejpeg.decode_jpeg_header(header.data, strict=False)
    except KeyError:  # 4:4:1, which simplejpeg (1.9.0) has no name for, and decodes
        return Jpeg(header, _COLOURS[header.components], header.components)
    except (ValueError, MemoryError) as error:
        if _UNKNOWN_SUBSAMPLING not in str(error):
            raise InvalidImage("the JPEG header is damaged") from error
        if header.components == _INKS:
            raise InvalidImage(_CMYK_SUBSAMPLINGS) from error
        return Jpeg(header, _COLOURS[header.components], header.components, isolated=True)
    fewer = _SAMPLES.get(sampling, _COLOUR_SAMPLES) - _COLOUR_SAMPLES
    return Jpeg(header, colour, max(1, header.components + fewer))


def cost(jpeg: Jpeg) -> DecodingCost:
    """Return the cost of decoding."""
    header = jpeg.header
    if jpeg.isolated:
        return DECODING["jpeg in a worker process"]
    found = DECODING["jpeg"]
    if jpeg.colour == "Gray":
        found = replace(found, decoded=_GREY_BYTES, held=1)
    elif header.components == _INKS:
        found = found.converted()
    stored = found.decoded if header.lossless else 0.0
    if header.several_scans:
        stored += _COEFFICIENT_BYTES * jpeg.samples
    return replace(found, stored=stored)


def choose_scale(shrink: float) -> int:
    """Return the scale to decode at, as sharp 0.35 chooses it for a resize by 1/``shrink``."""
    for scale in _SCALES:
        if shrink >= scale:
            # libjpeg rounds sizes up, which is visible if almost no resizing follows.
            return scale // 2 if int(shrink) == scale else scale
    return 1


def decode(jpeg: Jpeg, scale: int, allowance: Allowance) -> DecodedImage:
    """Decode at 1/``scale`` of the size.

    Args:
        jpeg: accepted by `prepare`.
        scale: one of those that `choose_scale` returns.
        allowance: limits of a worker process.

    Returns:
        Picture of mode L, RGBX or CMYK (0 is no ink), floor(size / scale) pixels, as stored.

    Raises:
        ProcessingFailed: the data are damaged or end early.
    """
    header = jpeg.header
    if jpeg.isolated:
        decoded = isolated.decode(header, "libjpeg-turbo", "JPEG", allowance)
        return _shrink(decoded.image, header.size, scale)
    if header.lossless and scale > 1:
        return _shrink(decode(jpeg, 1, allowance).image, header.size, scale)
    space = _DECODE_TO.get(jpeg.colour, "RGBX")
    read = partial(_read, header.size, space)
    warning = None
    try:
        pixels = read(header.data, scale, strict=True)
    except (ValueError, MemoryError) as error:
        if header.lossless:
            raise ProcessingFailed("The JPEG data are damaged or incomplete") from error
        pixels = damaged_jpeg.decode(header, scale, read, _COLOUR_BANDS[space])
        warning = DATA_ERRORS.format("JPEG")
    if space == "CMYK" and header.adobe:  # Adobe's CMYK values count light, not ink
        np.subtract(255, pixels, out=pixels)
    mode = _PILLOW_MODE[space]
    size = _scaled(header.size, scale)
    # `_read` returns a view of its buffer.
    buffer, stride = cast(Samples, pixels.base), pixels.strides[0]
    del pixels  # a second reference to the buffer, which could not be freed in part
    # libjpeg-turbo rounds the scaled size up, libvips down; the stride skips the surplus column.
    rows = ArrayRows(buffer, stride)
    return DecodedImage(rows.image(mode, size), warning=warning, rows=rows)


def _read(size: Size, space: str, data: bytes, scale: int, *, strict: bool) -> Samples:
    """Decode a file; see `damaged_jpeg.Read`."""
    pixels: Samples = simplejpeg.decode_jpeg(
        data,
        space,
        min_height=-(-size.height // scale) if scale > 1 else 0,
        min_width=-(-size.width // scale) if scale > 1 else 0,
        # libjpeg-turbo ignores the scale of a lossless file and writes all pixels, which overran
        # the buffer that simplejpeg (1.9.0) allocates for the scaled ones. This buffer always has
        # space for all pixels. The system provides its pages only when they are written to.
        buffer=np.empty(size.area * _BYTES[space], np.uint8),
        strict=strict,
    )
    return pixels


def _shrink(image: Image.Image, size: Size, scale: int) -> DecodedImage:
    if scale > 1:
        scaled = _scaled(size, scale)
        image = image.reduce(scale).crop((0, 0, scaled.width, scaled.height))
    return DecodedImage(image)


def _scaled(size: Size, scale: int) -> Size:
    return Size(max(1, size.width // scale), max(1, size.height // scale))
