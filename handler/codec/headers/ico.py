"""Reader of ICO and CUR headers. Each picture is a PNG, or a BMP without its first header."""

import struct

from handler.codec.headers import png
from handler.codec.headers.header import ImageHeader
from handler.core.geometry import Size
from handler.errors import InvalidImage

_ENTRY = struct.Struct("<BBBBHHII")
_HEAD_BYTES = 6
# Programs have a dozen.
_MAX_PICTURES = 256
_PLAIN = 0
_PNG_DEPTH = 32
_DEPTHS = frozenset((1, 4, 8, 16, 24, 32))


def read(data: bytes) -> ImageHeader:
    """Find the largest picture, of equal ones the deepest, and write an ICO of it alone.

    Raises:
        InvalidImage: the header is damaged.
        ProcessingFailed: the PNG inside is damaged.
    """
    try:
        (count,) = struct.unpack_from("<H", data, 4)
        if not 0 < count <= _MAX_PICTURES:
            raise ValueError("there are no pictures, or too many")
        entries = [_ENTRY.unpack_from(data, _HEAD_BYTES + 16 * i) for i in range(count)]
        entry = max(entries, key=_rank)
        *_, length, offset = entry
        picture = data[offset : offset + length]
        inner = png.read(picture) if picture.startswith(png.SIGNATURE) else _read_bmp(picture)
    except (struct.error, ValueError) as error:
        raise InvalidImage("the ICO header is damaged") from error
    entry = (*entry[:6], len(inner.data), _HEAD_BYTES + _ENTRY.size)
    head = struct.pack("<HHH", 0, 1, 1) + _ENTRY.pack(*entry)
    return ImageHeader(head + inner.data, inner.size, inner.most_pixels)


def read_cursor(data: bytes) -> ImageHeader:
    """Find the largest picture of a CUR, and write an ICO of it alone; see `read`.

    Its entries have the place of the pointer where those of an ICO have planes and depth.
    """
    try:
        (count,) = struct.unpack_from("<H", data, 4)
        table = bytearray(data[: _HEAD_BYTES + _ENTRY.size * min(count, _MAX_PICTURES)])
        for place in range(_HEAD_BYTES, len(table), _ENTRY.size):
            (offset,) = struct.unpack_from("<I", table, place + 12)
            is_png = data.startswith(png.SIGNATURE, offset)
            (depth,) = (_PNG_DEPTH,) if is_png else struct.unpack_from("<H", data, offset + 14)
            struct.pack_into("<HH", table, place + 4, 1, depth)
    except struct.error as error:
        raise InvalidImage("the CUR header is damaged") from error
    return read(bytes(table) + data[len(table) :])


def _rank(entry: tuple[int, ...]) -> tuple[int, int]:
    width, height, depth = entry[0] or 256, entry[1] or 256, entry[5]
    return width * height, depth


def _read_bmp(picture: bytes) -> ImageHeader:
    _, width, height, _, depth, compression = struct.unpack_from("<IiiHHI", picture)
    # The height includes the mask below the picture.
    size = Size(width, height // 2)
    if width <= 0 or size.height <= 0 or compression != _PLAIN or depth not in _DEPTHS:
        raise ValueError("no plain BMP")
    return ImageHeader(picture, size, len(picture) * 8 // depth)
