"""The recognition of camera raw files.

Most are TIFF files whose first directory is a thumbnail. The samples of the sensor are in a
directory that it refers to.
"""

import struct
from collections.abc import Iterator

# Offset and signature of kinds that are no TIFF: Fujifilm, Olympus, Panasonic and Leica, Minolta,
# Sigma, Canon CR3 and CRW; and of TIFF files by Canon (CR2) and Phase One.
_SIGNATURES = (
    (0, b"FUJIFILMCCD-RAW"),
    (0, b"IIRO"),
    (0, b"IIRS"),
    (0, b"MMOR"),
    (0, b"IIU\0"),
    (0, b"\0MRM"),
    (0, b"FOVb"),
    (4, b"ftypcrx "),
    (6, b"HEAPCCDR"),
    (8, b"CR\2"),
    (8, b"IIII"),
    (8, b"MMMM"),
)
_ORDERS = {b"II*\0": "<", b"MM\0*": ">", b"II+\0": "<", b"MM\0+": ">"}
_ENTRY = "HHI4s"
_MAX_ENTRIES = 200
_MAX_SUBDIRECTORIES = 20
# Tags: photometric interpretation, directories, DNG's version, and the pattern of the colour
# filters. Samsung's files have no interpretation.
_INTERPRETATION, _SUBDIRECTORIES, _DNG_VERSION, _PATTERN = 262, 330, 50_706, 33_422
# Samples behind a colour filter array, or of a sensor with all colours.
_OF_A_SENSOR = (32_803, 34_892)
_SHORT, _LONG, _LONG_DIRECTORY = 3, 4, 13


def is_camera_raw(data: bytes) -> bool:
    """Return whether a file is camera raw."""
    if any(data.startswith(signature, offset) for offset, signature in _SIGNATURES):
        return True
    order = _ORDERS.get(data[:4])
    if order is None:
        return False
    try:
        (start,) = struct.unpack_from(f"{order}I", data, 4)
        return _is_raw_directory(data, order, start, deeper=True)
    except struct.error:
        return False


def _is_raw_directory(data: bytes, order: str, start: int, *, deeper: bool) -> bool:
    """Return whether a directory, or one that it refers to, has the samples of a sensor."""
    for tag, kind, count, place in _entries(data, order, start):
        if tag in (_DNG_VERSION, _PATTERN):
            return True
        if tag == _INTERPRETATION and kind == _SHORT:
            if struct.unpack_from(f"{order}H", place)[0] in _OF_A_SENSOR:
                return True
        elif tag == _SUBDIRECTORIES and kind in (_LONG, _LONG_DIRECTORY) and deeper:
            places = _places(data, order, min(count, _MAX_SUBDIRECTORIES), place)
            if any(_is_raw_directory(data, order, each, deeper=False) for each in places):
                return True
    return False


def _entries(data: bytes, order: str, start: int) -> Iterator[tuple[int, int, int, bytes]]:
    """Yield tag, type, count and place of the entries of a directory that are in the file."""
    if start + 2 > len(data):
        return
    (count,) = struct.unpack_from(f"{order}H", data, start)
    entry = struct.Struct(order + _ENTRY)
    for index in range(min(count, _MAX_ENTRIES)):
        position = start + 2 + index * entry.size
        if position + entry.size > len(data):
            return
        yield entry.unpack_from(data, position)


def _places(data: bytes, order: str, count: int, place: bytes) -> tuple[int, ...]:
    (offset,) = struct.unpack(f"{order}I", place)
    if count == 1:
        return (offset,)
    found = data[offset : offset + 4 * count]
    return struct.unpack(f"{order}{len(found) // 4}I", found[: len(found) // 4 * 4])
