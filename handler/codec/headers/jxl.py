"""Reader of JPEG XL headers: the first bits of the codestream (ISO/IEC 18181-1, D.2 and D.3)."""

import struct

from handler.codec.headers.boxes import boxes
from handler.codec.headers.header import ANIMATED, ImageHeader
from handler.core.geometry import Orientation, Size
from handler.errors import InvalidImage

_CODESTREAM = b"\xff\x0a"
_MAX_BOXES = 1000
# Kind of box -> offset of the codestream; a partial codestream follows its number.
_CODESTREAM_STARTS = {b"jxlc": 0, b"jxlp": 4}
# Longer than any header that is read.
_HEADER_BYTES = 64
# Bits of a side by the selector before it. Zero encodes a side of 1.
_SIDE_BITS = (9, 13, 18, 30)
# Selector between height and width -> width by height.
_RATIOS = {1: (1, 1), 2: (12, 10), 3: (4, 3), 4: (3, 2), 5: (16, 9), 6: (5, 4), 7: (2, 1)}


def read(data: bytes) -> ImageHeader:
    """Read the header; the data are the whole file. The decoder turns the picture upright.

    Raises:
        InvalidImage: the header is damaged.
    """
    try:
        bits = _Bits(_codestream(data))
        size = _read_size(bits)
        orientation, animated = _read_metadata(bits)
    except (struct.error, LookupError, ValueError) as error:
        raise InvalidImage("the JPEG XL header is damaged") from error
    upright = orientation.size(size)
    # A picture of one colour is a few bytes, so the data have no bound.
    return ImageHeader(data, upright, upright.area, warning=ANIMATED if animated else None)


class _Bits:
    """Reader of single bits, the lowest of each byte first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "little")
        self._left = 8 * len(data)

    def take(self, count: int) -> int:
        """Return the next ``count`` bits as a number.

        Raises:
            ValueError: there are no more.
        """
        self._left -= count
        if self._left < 0:
            raise ValueError("the header ends early")
        value = self._value & (1 << count) - 1
        self._value >>= count
        return value


def _codestream(data: bytes) -> bytes:
    """Return the first bytes of the codestream after its signature."""
    if data.startswith(_CODESTREAM):
        return data[2:_HEADER_BYTES]
    for kind, body in boxes(memoryview(data), _MAX_BOXES):
        if kind in _CODESTREAM_STARTS:
            start = _CODESTREAM_STARTS[kind]
            codestream = bytes(body[start : start + _HEADER_BYTES])
            if not codestream.startswith(_CODESTREAM):
                break
            return codestream[2:]
    raise ValueError("there is no codestream")


def _read_size(bits: _Bits) -> Size:
    small = bits.take(1)
    height = _read_side(bits, small)
    ratio = bits.take(3)
    if ratio == 0:
        return Size(_read_side(bits, small), height)
    across, down = _RATIOS[ratio]
    return Size(height * across // down, height)


def _read_side(bits: _Bits, small: int) -> int:
    if small:
        return 8 * (1 + bits.take(5))
    return 1 + bits.take(_SIDE_BITS[bits.take(2)])


def _read_metadata(bits: _Bits) -> tuple[Orientation, bool]:
    """Return the orientation, and whether there are several frames."""
    all_default = bits.take(1)
    if all_default or not bits.take(1):
        return Orientation.UPRIGHT, False
    orientation = Orientation(1 + bits.take(3))
    if bits.take(1):
        _read_size(bits)  # the intended size on screen
    preview = bits.take(1)
    # The size of a preview would have to be read to find the bit after it. No encoder writes
    # previews.
    return orientation, not preview and bool(bits.take(1))
