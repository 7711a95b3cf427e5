"""The image file directory of TIFF and EXIF: a table of tagged values."""

import struct
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_ENTRY_BYTES = 12
# Values of up to four bytes are in the entry itself.
_INLINE_BYTES = 4
# Type of a field -> struct code and bytes of one value. Fields of other types are not read.
_TYPES = {1: ("B", 1), 3: ("H", 2), 4: ("I", 4), 5: ("Q", 8), 7: ("B", 1)}
WHOLE_NUMBERS, BYTES, FRACTIONS = frozenset((1, 3, 4)), frozenset((1, 7)), frozenset((5,))


@dataclass(frozen=True, slots=True)
class Rule:
    """The accepted types of a field, by the format's numbers, and its largest number of values."""

    kinds: frozenset[int]
    most: int


@dataclass(frozen=True, slots=True)
class Field:
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


def byte_order(data: bytes) -> str:
    """Return the file's byte order as a character of struct.

    Raises:
        ValueError: the file is not a TIFF.
    """
    order = _ORDERS.get(data[:4])
    if order is None:
        raise ValueError("no TIFF")
    return order


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
    order = byte_order(data)
    try:
        (start,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, start)
    except struct.error as error:
        raise ValueError("no directory") from error
    table = memoryview(data)[start + 2 : start + 2 + count * _ENTRY_BYTES]
    fields: dict[int, Field] = {}
    whole = len(table) // _ENTRY_BYTES * _ENTRY_BYTES
    for tag, kind, values, place in struct.iter_unpack(f"{order}HHI4s", table[:whole]):
        if tag in rules and tag not in fields:
            if kind not in rules[tag].kinds or not 0 < values <= rules[tag].most:
                raise ValueError(f"field {tag} has a wrong type or count")
            size = values * _TYPES[kind][1]
            (offset,) = struct.unpack(f"{order}I", place)
            raw = place[:size] if size <= _INLINE_BYTES else data[offset : offset + size]
            if len(raw) != size:
                raise ValueError(f"field {tag} lies outside")
            fields[tag] = Field(tag, kind, values, raw)
    return fields


def has_next(data: bytes) -> bool:
    """Return whether the file announces a directory after the first.

    Raises:
        ValueError: the file is not a TIFF.
    """
    order = byte_order(data)
    try:
        (start,) = struct.unpack_from(f"{order}I", data, 4)
        (count,) = struct.unpack_from(f"{order}H", data, start)
        (following,) = struct.unpack_from(f"{order}I", data, start + 2 + count * _ENTRY_BYTES)
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
