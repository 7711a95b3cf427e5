"""The image file directory of TIFF and EXIF."""

import struct

from tests.fuzz.containers.piece import Container, Piece

_ORDERS = {b"II": "<", b"MM": ">"}
# Type of a field -> bytes of one value (TIFF 6.0, section 2).
_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}
_MAX_ENTRIES = 200
# Many large values would only be cut off.
_MOST_VALUES = 1 << 19
_REST = b"rest"


def _split(data: bytes) -> list[Piece]:
    """Return the file up to its directory, and one piece for each entry.

    The payload of an entry is its type and its count, as two and four bytes, and its values.
    """
    order = _ORDERS.get(data[:2], "<")
    start = struct.unpack_from(f"{order}I", data, 4)[0] if len(data) >= 8 else 0
    pieces = [Piece(_REST, data)]
    if not 8 <= start <= len(data) - 2:
        return pieces
    (count,) = struct.unpack_from(f"{order}H", data, start)
    for number in range(min(count, _MAX_ENTRIES)):
        at = start + 2 + 12 * number
        if at + 12 > len(data):
            break
        tag, kind, values, place = struct.unpack_from(f"{order}2sHII", data, at)
        size = values * _SIZES.get(kind, 1)
        raw = data[at + 8 : at + 12] if size <= 4 else data[place : place + size]
        pieces.append(Piece(tag, data[at + 2 : at + 8] + raw))
    return pieces


def _join(pieces: list[Piece]) -> bytes:
    """Return the file with a new directory at its end; the old one is left unused."""
    rest = next((each.payload for each in pieces if each.kind == _REST), b"II*\0\0\0\0\0")
    order = _ORDERS.get(rest[:2], "<")
    start = len(rest) + len(rest) % 2
    entries = [each for each in pieces if each.kind != _REST]
    end = start + 2 + 12 * len(entries) + 4
    table, values = [], bytearray()
    for each in entries:
        raw = each.payload[6:]
        place = raw.ljust(4, b"\0")[:4]
        if len(raw) > 4 and len(values) < _MOST_VALUES:
            place = struct.pack(f"{order}I", end + len(values))
            values += raw + b"\0" * (len(raw) % 2)
        table.append(each.kind[:2].ljust(2, b"\0") + each.payload[:6].ljust(6, b"\0") + place)
    head = rest[:4] + struct.pack(f"{order}I", start) + rest[8:].ljust(start - 8, b"\0")
    count = struct.pack(f"{order}H", len(entries) & 0xFFFF)
    return b"".join((head, count, *table, bytes(4), values))


TAGS = (
    *range(254, 260),
    *(262, 263, 266, 269, 273, 274, 277, 278, 279, 280, 281, 282, 283, 284, 290, 292, 293, 296),
    *(301, 305, 317, 318, 320, 321, 322, 323, 324, 325, 330, 332, 338, 339, 340, 341, 347),
    *(512, 513, 514, 529, 530, 531, 532, 700, 34_665, 34_675, 34_853, 50_706),
)
"""Tags that libtiff, Pillow or this service treat specially."""

TIFF = Container(
    _split,
    _join,
    (*(struct.pack("<H", tag) for tag in TAGS), *(struct.pack(">H", tag) for tag in TAGS)),
)
