"""Samples of a sensor, developed by LibRaw in a worker process."""

import math
import struct
from collections.abc import Callable
from importlib.util import find_spec

from msgspec.structs import replace

from handler.codec.costs import DECODING, DecodingCost
from handler.codec.decoders import isolated
from handler.codec.decoders.isolated import Allowance
from handler.codec.decoders.way import Way
from handler.codec.formats import Decoder
from handler.codec.headers.header import ImageHeader
from handler.core.geometry import Orientation, Size
from handler.core.image.alpha import DecodedImage
from handler.errors import InvalidImage, ProcessingFailed

_LABEL = "camera raw"
# The sizes arrive as pixels, in which the numbers are written one after the other.
_SIZES = struct.Struct("<III")
_SIZES_PIXELS = Size(_SIZES.size // 4, 1)
# LibRaw's numbers for turns: bits for mirrored columns, mirrored rows, and a transposition.
_FLIPS = {
    1: Orientation.MIRROR,
    2: Orientation.FLIP,
    3: Orientation.HALF_TURN,
    4: Orientation.TRANSPOSE,
    5: Orientation.TURN_LEFT,
    6: Orientation.TURN_RIGHT,
    7: Orientation.TRANSVERSE,
}
_HALF = 2
# CPU time after which a worker process is stopped: that of reading sizes, and for each pixel.
_SECONDS, _PIXEL_SECONDS = 1.5, 0.4e-6

GetAllowance = Callable[[DecodingCost, ImageHeader], Allowance]


def measure(header: ImageHeader, allowance_of: GetAllowance) -> ImageHeader:
    """Return the header with size and orientation as LibRaw reads them.

    Raises:
        InvalidImage: LibRaw is not installed, or does not know the file.
    """
    if find_spec("rawpy") is None:
        raise InvalidImage(
            "camera raw without a large preview is not supported by this build: send a JPEG"
        )
    probe = replace(header, size=_SIZES_PIXELS)
    allowance = _limited(allowance_of(DECODING["raw"], probe), _SECONDS)
    try:
        image = isolated.decode(probe, "LibRaw sizes", _LABEL, allowance).image
    except ProcessingFailed as error:
        raise InvalidImage("the camera raw file is damaged, or of an unknown camera") from error
    width, height, flip = _SIZES.unpack(image.tobytes())
    orientation = _FLIPS.get(flip, Orientation.UPRIGHT)
    size = Size(width, height)
    return replace(header, size=size, most_pixels=size.area, orientation=orientation)


def find_way(header: ImageHeader, allowance_of: GetAllowance) -> Way:
    """Return the decoding of a measured file."""
    cost = DECODING["raw"]

    def choose_scale(shrink: float) -> float:
        return _HALF if shrink >= _HALF else 1

    def decode(scale: float) -> DecodedImage:
        sides = (math.ceil(side / scale) for side in (header.size.width, header.size.height))
        scaled = replace(header, size=Size(*sides))
        decoder: Decoder = "LibRaw half" if scale == _HALF else "LibRaw"
        seconds = _SECONDS + _PIXEL_SECONDS * header.size.area
        allowance = _limited(allowance_of(cost, header), seconds)
        return isolated.decode(scaled, decoder, _LABEL, allowance)

    return Way(header, cost, decode, alpha=False, choose_scale=choose_scale)


def _limited(allowance: Allowance, seconds: float) -> Allowance:
    return replace(allowance, cpu_seconds=min(allowance.cpu_seconds, math.ceil(seconds)))
