"""The boxes of the ISO base media file format (ISO/IEC 14496-12, 4.2): HEIF, JPEG 2000, JPEG XL."""

import struct
from collections.abc import Container, Iterator

_HEADER = struct.Struct(">I4s")
_LONG_LENGTH = struct.Struct(">Q")
# Values of the 32-bit length with a meaning of their own.
_TO_THE_END, _LENGTH_FOLLOWS = 0, 1


def boxes(
    data: memoryview, most: int, entered: Container[bytes] = ()
) -> Iterator[tuple[bytes, memoryview]]:
    """Yield kind and payload of each box; the last payload may be cut short.

    Args:
        data: the boxes.
        most: the number of boxes to read before the file is rejected.
        entered: kinds of boxes that are followed by the boxes inside them.

    Raises:
        ValueError: a box is shorter than its header, or there are too many.
        struct.error: a 64-bit length is cut short.
    """
    position = 0
    for _ in range(most):
        start = position + _HEADER.size
        if start > len(data):
            return
        length, kind = _HEADER.unpack_from(data, position)
        if length == _LENGTH_FOLLOWS:
            (length,) = _LONG_LENGTH.unpack_from(data, start)
            start += _LONG_LENGTH.size
        end = len(data) if length == _TO_THE_END else position + length
        if end < start:
            raise ValueError("a box is shorter than its header")
        yield kind, data[start:end]
        position = start if kind in entered else end
    raise ValueError("there are too many boxes")
