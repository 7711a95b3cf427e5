"""The image file directory of TIFF, BigTIFF and EXIF: a table of tagged values."""

import struct
from collections.abc import Iterable, Mapping

from msgspec import Struct

_ENTRY_BYTES = 12
# Values of up to four bytes are in the entry itself.
_INLINE_BYTES = 4
# Type of a field -> struct code and bytes of one value. Fields of other types are not read.
_TYPES = {1: ("B", 1), 3: ("H", 2), 4: ("I", 4), 5: ("Q", 8), 7: ("B", 1), 16: ("Q", 8)}
_LONG, _LONG8 = 4, 16
WHOLE_NUMBERS, BYTES, FRACTIONS = frozenset((1, 3, 4, 16)), frozenset((1, 7)), frozenset((5,))


class Rule(Struct, frozen=True):
    """The rule of a field.

    Attributes:
        kinds: the accepted types, by the format's numbers.
        most: largest number of values.
        optional: whether a field that breaks the rule is ignored.
    """

    kinds: frozenset[int]
    most: int
    optional: bool = False


class Field(Struct, frozen=True):
    """A tagged value.

    Attributes:
        tag: number of the field's meaning.
        kind: number of the values' type.
        count: of the values.
        raw: their bytes, in the file's order.
    """

    tag: int
    kind: int
    count: int
    raw: bytes

    def numbers(self, order: str) -> tuple[int, ...]:
        """Return the values of a field of whole numbers."""
        return struct.unpack(f"{order}{self.count}{_TYPES[self.kind][0]}", self.raw)


class _Layout(Struct, frozen=True):
    """The sizes of offsets and counts.

    Attributes:
        start: position of the offset of the first directory.
        offset: struct code of an offset.
        entries: struct code of the number of entries of a directory.
        entry: struct code of tag, type, count and place of an entry.
        inline: bytes of a place, which holds values of up to this size.
    """

    start: int
    offset: str
    entries: str
    entry: str
    inline: int


_CLASSIC = _Layout(4, "I", "H", "HHI4s", _INLINE_BYTES)
_BIG = _Layout(8, "Q", "Q", "HHQ8s", 8)
# Signature -> byte order as a character of struct, and layout.
_KINDS = {
    b"II*\0": ("<", _CLASSIC),
    b"MM\0*": (">", _CLASSIC),
    b"II+\0": ("<", _BIG),
    b"MM\0+": (">", _BIG),
}
CLASSIC_SIGNATURES = {"<": b"II*\0", ">": b"MM\0*"}
"""Byte order -> signature of a TIFF that is no BigTIFF."""


def byte_order(data: bytes) -> str:
    """Return the file's byte order as a character of struct.

    Raises:
        ValueError: the file is not a TIFF.
    """
    return _kind(data)[0]


def _kind(data: bytes) -> tuple[str, _Layout]:
    found = _KINDS.get(data[:4])
    if found is None:
        raise ValueError("no TIFF")
    return found


def _find_directory(data: bytes) -> tuple[int, int]:
    """Return the position of the entries of the first directory, and their number.

    Raises:
        struct.error: it is outside the file.
        ValueError: the file is not a TIFF.
    """
    order, layout = _kind(data)
    (start,) = struct.unpack_from(order + layout.offset, data, layout.start)
    if start > len(data):
        raise struct.error("the directory is outside the file")
    (count,) = struct.unpack_from(order + layout.entries, data, start)
    return start + struct.calcsize(order + layout.entries), count


def read_fields(data: bytes, rules: Mapping[int, Rule]) -> dict[int, Field]:
    """Read the first directory; further directories are ignored.

    Args:
        data: the file.
        rules: of the fields to read, by tag.

    Returns:
        The fields by tag; of repeated tags, the first.

    Raises:
        ValueError: the file is not a TIFF, its directory or a field is outside the file, or a field
            breaks its rule.
    """
    order, layout = _kind(data)
    try:
        start, count = _find_directory(data)
    except struct.error as error:
        raise ValueError("no directory") from error
    entry = struct.Struct(order + layout.entry)
    table = memoryview(data)[start : start + count * entry.size]
    fields: dict[int, Field] = {}
    for tag, kind, values, place in entry.iter_unpack(
        table[: len(table) // entry.size * entry.size]
    ):
        if tag in rules and tag not in fields:
            if kind not in rules[tag].kinds or not 0 < values <= rules[tag].most:
                if rules[tag].optional:
                    continue
                raise ValueError(f"field {tag} has a wrong type or count")
            size = values * _TYPES[kind][1]
            (offset,) = struct.unpack(order + layout.offset, place)
            raw = place[:size] if size <= layout.inline else data[offset : offset + size]
            if len(raw) != size:
                raise ValueError(f"field {tag} lies outside")
            fields[tag] = _shortened(Field(tag, kind, values, raw), order)
    return fields


def _shortened(field: Field, order: str) -> Field:
    """Return a field of whole numbers of 64 bits with numbers of 32 bits, others unchanged.

    Raises:
        ValueError: a number is too large.
    """
    if field.kind != _LONG8:
        return field
    try:
        raw = struct.pack(f"{order}{field.count}I", *field.numbers(order))
    except struct.error as error:
        raise ValueError(f"field {field.tag} is too large") from error
    return Field(field.tag, _LONG, field.count, raw)


def has_next(data: bytes) -> bool:
    """Return whether the file announces a directory after the first.

    Raises:
        ValueError: the file is not a TIFF.
    """
    order, layout = _kind(data)
    try:
        start, count = _find_directory(data)
        end = start + count * struct.calcsize(order + layout.entry)
        if end > len(data):
            return False
        (following,) = struct.unpack_from(order + layout.offset, data, end)
    except struct.error:
        return False
    return bool(0 < following < len(data))


def write_fields(fields: Iterable[Field], order: str, start: int) -> bytes:
    """Return the bytes of a directory that is the file's last.

    Args:
        fields: of the directory.
        order: the file's byte order.
        start: its position in the file.
    """
    ordered = sorted(fields, key=lambda field: field.tag)
    table = [struct.pack(f"{order}H", len(ordered))]
    values: list[bytes] = []
    end = start + 2 + _ENTRY_BYTES * len(ordered) + 4
    for field in ordered:
        place = field.raw.ljust(_INLINE_BYTES, b"\0")
        if len(place) > _INLINE_BYTES:
            place = struct.pack(f"{order}I", end)
            values.append(field.raw + b"\0" * (len(field.raw) % 2))
            end += len(values[-1])
        table.append(struct.pack(f"{order}HHI", field.tag, field.kind, field.count) + place)
    return b"".join((*table, b"\0\0\0\0", *values))
