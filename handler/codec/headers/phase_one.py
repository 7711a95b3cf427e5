"""The size of the raw picture in Phase One's IIQ files, which their TIFF directories lack."""

import struct

from handler.core.geometry import Size

# The private header follows that of TIFF. It has the byte order twice, a name, and the place of its
# directory; tags as in ExifTool's table of Phase One.
_START = 8
_ORDERS = {b"IIII": "<", b"MMMM": ">"}
_WIDTH, _HEIGHT = 0x108, 0x109
_MAX_ENTRIES = 500


def find_size(data: bytes) -> Size | None:
    """Return the size of the sensor in pixels; None if the file has no header of Phase One.

    Raises:
        struct.error: the header is damaged.
    """
    order = _ORDERS.get(data[_START : _START + 4])
    if order is None:
        return None
    (place,) = struct.unpack_from(f"{order}I", data, _START + 8)
    place += _START
    (count,) = struct.unpack_from(f"{order}I", data, place)
    entry = struct.Struct(f"{order}IIII")
    values = {}
    for index in range(min(count, _MAX_ENTRIES)):
        tag, _, _, value = entry.unpack_from(data, place + 8 + index * entry.size)
        values[tag] = value
    if not values.get(_WIDTH) or not values.get(_HEIGHT):
        return None
    return Size(values[_WIDTH], values[_HEIGHT])
