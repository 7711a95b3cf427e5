"""WebP: the size of its canvas."""

import struct

from handler.codec.headers.header import ANIMATED, Contents
from handler.core.geometry import Size
from handler.errors import InvalidImage

_CHUNK, _PAYLOAD = 12, 20
_EXTENDED, _LOSSLESS, _LOSSY = b"VP8X", b"VP8L", b"VP8 "
_ANIMATED = 0x02
_SIDE_MASK = (1 << 14) - 1
# An animation's canvas is filled before its first frame is drawn, and Pillow has several of them.
# A frame of a few bytes may stand on the largest.
_MAX_ANIMATED_PIXELS = 4096 * 4096


def read(data: bytes) -> Contents:
    """Read the header; the file is kept as it is.

    Raises:
        InvalidImage: the header is damaged, or it is too large for an animation.
    """
    try:
        size, animated = _read_header(data)
    except struct.error as error:
        raise InvalidImage("the WEBP header is damaged") from error
    if animated and size.area > _MAX_ANIMATED_PIXELS:
        raise InvalidImage(f"an animation of {size.width} × {size.height} pixels is not taken")
    # The lossless kind can say in a few bytes that all pixels are the same.
    return Contents(data, size, size.area, left_out=ANIMATED if animated else None)


def _read_header(data: bytes) -> tuple[Size, bool]:
    kind = data[_CHUNK : _CHUNK + 4]
    if kind == _EXTENDED:
        flags, *sides = struct.unpack_from("<B3xHBHB", data, _PAYLOAD)
        low_width, high_width, low_height, high_height = sides
        size = Size(1 + low_width + (high_width << 16), 1 + low_height + (high_height << 16))
        return size, bool(flags & _ANIMATED)
    if kind == _LOSSLESS:
        (packed,) = struct.unpack_from("<xI", data, _PAYLOAD)
        return Size(1 + (packed & _SIDE_MASK), 1 + (packed >> 14 & _SIDE_MASK)), False
    if kind == _LOSSY:
        width, height = struct.unpack_from("<6xHH", data, _PAYLOAD)
        return Size(width & _SIDE_MASK, height & _SIDE_MASK), False
    raise InvalidImage("the WEBP header is damaged")
