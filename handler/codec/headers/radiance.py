"""Reader of the headers of Radiance HDR (.hdr, .pic)."""

import re

from handler.codec.headers.header import ImageHeader
from handler.core.geometry import Orientation, Size
from handler.errors import InvalidImage

# libvips pads the numbers with spaces.
_SIZE = re.compile(rb"([-+])([XY]) {1,32}([0-9]{1,9}) {1,32}([-+])([XY]) {1,32}([0-9]{1,9})\n")
_LINE = re.compile(rb"([^\n]{0,4096})\n")
_MAX_LINES = 1000
_FORMAT = b"FORMAT="
_RGBE, _XYZE = b"32-bit_rle_rgbe", b"32-bit_rle_xyze"
# A run of 127 equal samples takes two bytes, and a pixel has four samples. Without planes, four
# bytes may repeat a pixel over the rest of a row.
_PLANES, _MAX_EXPANSION, _PIXEL_BYTES = b"\2\2", 16, 4
# First axis and the signs of both -> orientation of the stored picture. "-Y +X" is upright.
_ORIENTATIONS = {
    b"-Y+X": Orientation.UPRIGHT,
    b"-Y-X": Orientation.MIRROR,
    b"+Y-X": Orientation.HALF_TURN,
    b"+Y+X": Orientation.FLIP,
    b"+X-Y": Orientation.TRANSPOSE,
    b"-X-Y": Orientation.TURN_RIGHT,
    b"-X+Y": Orientation.TRANSVERSE,
    b"+X+Y": Orientation.TURN_LEFT,
}


def read(data: bytes) -> ImageHeader:
    """Read the header; the data of the result are the pixels alone.

    Raises:
        InvalidImage: the header is damaged, or the colours are not red, green and blue.
    """
    position = 0
    for _ in range(_MAX_LINES):
        line = _LINE.match(data, position)
        if line is None:
            break
        position = line.end()
        if line[1].startswith(_FORMAT) and line[1][len(_FORMAT) :].strip() != _RGBE:
            received = "XYZ" if _XYZE in line[1] else "another kind"
            raise InvalidImage(f"Radiance HDR colours: expected RGB, received {received}")
        if not line[1].strip():
            return _picture(data, position)
    raise InvalidImage("the Radiance HDR header is damaged")


def _picture(data: bytes, position: int) -> ImageHeader:
    found = _SIZE.match(data, position)
    if found is None or found[2] == found[5]:
        raise InvalidImage("the Radiance HDR header is damaged")
    orientation = _ORIENTATIONS[found[1] + found[2] + found[4] + found[5]]
    # The rows follow each other along the first axis.
    size = Size(width=int(found[6]), height=int(found[3]))
    pixels = data[found.end() :]
    if pixels.startswith(_PLANES):
        most = len(pixels) * _MAX_EXPANSION
    else:
        most = len(pixels) // _PIXEL_BYTES * size.width
    return ImageHeader(pixels, size, most, orientation)
