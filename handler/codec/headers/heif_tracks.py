"""Tracks of a HEIF sequence: their first frames as items (ISO/IEC 14496-12, 8.3 to 8.7).

Some AVIF sequences have no item for readers of still pictures.
"""

import struct
from collections.abc import Iterator

from msgspec import Struct

from handler.codec.headers.boxes import boxes
from handler.codec.headers.hevc import BLOCK, decoded_size
from handler.core.geometry import Size

MAX_BOXES = 1000
"""Most boxes of one level."""
_PICTURES, _AUXILIARY = (b"pict", b"vide"), b"auxv"
_ENTERED = (b"mdia", b"minf", b"stbl", b"tref", b"edts")
ENTRY_BYTES, ENTRY_SIZE = 78, 24
"""Fields of a sample entry before its boxes, and the position of width and height in them."""
# Properties of an item that a sample entry has as well; `auxi` has the type of `auxC`.
_PROPERTIES = (b"av1C", b"hvcC", b"colr", b"pixi", b"pasp", b"clap")
# Sample entry whose parameter sets may be in the frames as well -> the one of the same coded pixels
# (ISO/IEC 14496-15, 8.4.1). Decoders take them from both places.
_SAME = {b"hev1": b"hvc1"}
# Position of the matrix in a track's header, by its version, and 1 as a number of 16.16 bits.
_MATRIX_AT = {0: 40, 1: 52}
_ONE = 1 << 16
# Matrix without its translation -> quarter turns to the left, and the axis of the mirroring after
# them, as the properties of items have them.
_TURNS: dict[tuple[int, ...], tuple[int, int | None]] = {
    (0, -1, 1, 0): (1, None),
    (-1, 0, 0, -1): (2, None),
    (0, 1, -1, 0): (3, None),
    (1, 0, 0, -1): (0, 0),
    (-1, 0, 0, 1): (0, 1),
    (0, 1, 1, 0): (1, 0),
    (0, -1, -1, 0): (1, 1),
}


class Frame(Struct, frozen=True):
    """The first frame of a track.

    Attributes:
        kind: type of the coded pixels.
        properties: kind and payload of each property of an item.
        start: position of the data in the file.
        length: bytes of the data.
        is_auxiliary: whether the track belongs to another one.
    """

    kind: bytes
    properties: list[tuple[bytes, memoryview]]
    start: int
    length: int
    is_auxiliary: bool


def sample_entries(table: memoryview) -> list[tuple[bytes, memoryview]]:
    """Return the type of the coded pixels and the payload of each sample entry.

    Args:
        table: payload of the box `stsd`.

    Raises:
        ValueError, struct.error: a box is damaged, or there are too many.
    """
    return [(_SAME.get(kind, kind), entry) for kind, entry in boxes(table[8:], MAX_BOXES)]


def first_frames(movie: memoryview) -> list[Frame]:
    """Return the first frame of each track of pictures.

    Args:
        movie: payload of the box `moov`.

    Raises:
        LookupError: a box is missing.
        ValueError, struct.error: a box is damaged, or there are too many.
    """
    return [
        _first_frame(found, is_auxiliary=is_auxiliary)
        for found, is_auxiliary in picture_tracks(movie)
    ]


def picture_tracks(movie: memoryview) -> Iterator[tuple[dict[bytes, memoryview], bool]]:
    """Yield the boxes of each track of pictures by name, and whether the track is auxiliary.

    Args:
        movie: payload of the box `moov`.

    Raises:
        LookupError: a box is missing.
        ValueError, struct.error: a box is damaged, or there are too many.
    """
    for kind, body in boxes(movie, MAX_BOXES):
        if kind != b"trak":
            continue
        found: dict[bytes, memoryview] = {}
        for name, payload in boxes(body, MAX_BOXES, entered=_ENTERED):
            found.setdefault(name, payload)
        handler = bytes(found[b"hdlr"][8:12])
        if handler in _PICTURES or handler == _AUXILIARY:
            yield found, handler == _AUXILIARY


def _first_frame(found: dict[bytes, memoryview], *, is_auxiliary: bool) -> Frame:
    kind, entry = sample_entries(found[b"stsd"])[0]
    width, height = struct.unpack_from(">HH", entry, ENTRY_SIZE)
    size = memoryview(struct.pack(">III", 0, width, height))
    properties = [(b"ispe", size)]
    for name, payload in boxes(entry[ENTRY_BYTES:], MAX_BOXES):
        if name in _PROPERTIES:
            properties.append((name, payload))
        elif name == b"auxi":
            properties.append((b"auxC", payload))
    if kind == b"hvc1":
        properties = _cut_to(Size(width, height), properties)
        properties += turns_of(found[b"tkhd"])  # viewers ignore the matrix of AVIF
    length, count = struct.unpack_from(">II", found[b"stsz"], 4)
    if not length and count:
        (length,) = struct.unpack_from(">I", found[b"stsz"], 12)
    offsets, code = (found[b"stco"], ">I") if b"stco" in found else (found[b"co64"], ">Q")
    (start,) = struct.unpack_from(code, offsets, 8)
    return Frame(kind, properties, start, length, is_auxiliary)


def _cut_to(
    size: Size, properties: list[tuple[bytes, memoryview]]
) -> list[tuple[bytes, memoryview]]:
    """Return properties that cut the last blocks off, which encoders fill.

    For tracks, not all encoders state the size in the coded data or by an aperture. libheif
    accepts a picture in the size of its frame only.

    Args:
        size: of the frames, in pixels.
        properties: of the first frame, of which the first is its size.
    """
    known = dict(properties)
    frame = decoded_size(known[b"hvcC"])
    if frame is None or b"clap" in known:
        return properties
    outside = frame.width - size.width, frame.height - size.height
    if not any(outside) or min(outside) < 0 or max(outside) > BLOCK:
        return properties
    sides, places = (size.width, 1, size.height, 1), (-outside[0], 2, -outside[1], 2)
    cut = struct.pack(">IIIIiIiI", *sides, *places)
    whole = struct.pack(">III", 0, frame.width, frame.height)
    return [(b"ispe", memoryview(whole)), *properties[1:], (b"clap", memoryview(cut))]


def turns_of(header: memoryview) -> list[tuple[bytes, memoryview]]:
    """Return the rotation and mirroring of a track as properties of an item.

    Args:
        header: payload of the box `tkhd`.

    Returns:
        Kind and payload of each; none for other matrices.

    Raises:
        LookupError, struct.error: the header is damaged.
    """
    numbers = struct.unpack_from(">iiiii", header, _MATRIX_AT[header[0]])
    turns, axis = _TURNS.get(tuple(each / _ONE for each in (*numbers[:2], *numbers[3:])), (0, None))
    found = [(b"irot", memoryview(bytes((turns,))))] if turns else []
    return found if axis is None else [*found, (b"imir", memoryview(bytes((axis,))))]
