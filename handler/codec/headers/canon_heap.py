"""The preview in Canon's CRW files: heaps of records, each with a table at its end."""

import struct

from msgspec import Struct, field

from handler.core.geometry import Size

_ORDERS = {b"II": "<", b"MM": ">"}
# The length of the header is in front of its signature.
_HEADER_LENGTH = 2
_RECORD = "HII"
_MAX_RECORDS, _MAX_HEAPS, _MAX_PLACES = 500, 20, 20
# Parts of a record's tag: its number, and whether the value is elsewhere. Numbers of two types are
# heaps themselves.
_NUMBER, _INLINE, _TYPE = 0x3FFF, 0x4000, 0x3800
_HEAPS = (0x2800, 0x3000)
# Width, height, aspect of the pixels and rotation of the picture; and a JPEG of it.
_PICTURE, _JPEG = 0x1810, 0x2007


class HeapPreview(Struct):
    """The findings in a CRW file.

    Attributes:
        size: of the picture, in pixels; None if it is not known.
        rotation: degrees by which the picture is turned clockwise to be upright.
        places: offset and length of each JPEG.
    """

    size: Size | None = None
    rotation: int = 0
    places: list[tuple[int, int]] = field(default_factory=list)


def read(data: bytes) -> HeapPreview:
    """Find the preview of a CRW file.

    Raises:
        struct.error, ValueError: a table is damaged.
    """
    found = HeapPreview()
    order = _ORDERS.get(data[:2])
    if order is None:
        raise ValueError("the byte order is unknown")
    (start,) = struct.unpack_from(f"{order}I", data, _HEADER_LENGTH)
    waiting, heaps = [(start, len(data))], 0
    while waiting and heaps < _MAX_HEAPS:
        heaps += 1
        waiting += _read_heap(data, order, *waiting.pop(0), found)
    return found


def _read_heap(
    data: bytes, order: str, start: int, end: int, found: HeapPreview
) -> list[tuple[int, int]]:
    """Note the records of a heap, and return start and end of the heaps in it."""
    (table,) = struct.unpack_from(f"{order}I", data, end - 4)
    (count,) = struct.unpack_from(f"{order}H", data, start + table)
    record = struct.Struct(order + _RECORD)
    inner: list[tuple[int, int]] = []
    for index in range(min(count, _MAX_RECORDS)):
        tag, length, offset = record.unpack_from(data, start + table + 2 + index * record.size)
        number, place = tag & _NUMBER, start + offset
        if tag & _INLINE or not start < place + length <= end:
            continue
        if number & _TYPE in _HEAPS and length >= 4:
            inner.append((place, place + length))
        elif number == _JPEG and len(found.places) < _MAX_PLACES:
            found.places.append((place, length))
        elif number == _PICTURE:
            width, height, rotation = struct.unpack_from(f"{order}II4xi", data, place)
            found.size, found.rotation = Size(width, height), rotation % 360
    return inner
