"""The preview in the private part of the EXIF data of Olympus and OM System cameras."""

import struct

# Signature, where the byte order follows it, and offset of the directory. Offsets count from the
# signature, but for the oldest kind, which counts from the start of the file.
_KINDS = (
    (b"OLYMPUS\0II", "<", 12),
    (b"OLYMPUS\0MM", ">", 12),
    (b"OM SYSTEM\0\0\0II", "<", 16),
    (b"OM SYSTEM\0\0\0MM", ">", 16),
    (b"OLYMP\0", None, 8),
)
_ENTRY = "HHII"
_MAX_ENTRIES = 200
# Tags: the directory of the camera's settings, and the place of a JPEG in that.
_SETTINGS, _START, _LENGTH = 0x2020, 0x101, 0x102


def find_preview(data: bytes, note: int, order: str) -> tuple[int, int] | None:
    """Return offset and length of the JPEG in a maker note, or None if it has none.

    Args:
        data: the file.
        note: offset of the maker note.
        order: byte order of the file, as `struct` writes it.

    Raises:
        struct.error: a table is damaged.
    """
    for signature, own_order, first in _KINDS:
        if data.startswith(signature, note):
            base = 0 if own_order is None else note
            order = own_order or order
            settings = _entries(data, order, note + first).get(_SETTINGS)
            if settings is None:
                return None
            values = _entries(data, order, base + settings)
            if _START in values and _LENGTH in values:
                return base + values[_START], values[_LENGTH]
    return None


def _entries(data: bytes, order: str, start: int) -> dict[int, int]:
    """Return the values or offsets of a directory by their tags."""
    (count,) = struct.unpack_from(f"{order}H", data, start)
    entry = struct.Struct(order + _ENTRY)
    found: dict[int, int] = {}
    for index in range(min(count, _MAX_ENTRIES)):
        tag, _, _, value = entry.unpack_from(data, start + 2 + index * entry.size)
        found[tag] = value
    return found
