"""Tracks of a HEIF sequence: their first frames as items (ISO/IEC 14496-12, 8.3 to 8.7).

Some AVIF sequences have no item for readers of still pictures.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from handler.codec.headers.boxes import boxes

_MAX_BOXES = 1000
_PICTURES, _AUXILIARY = (b"pict", b"vide"), b"auxv"
_ENTERED = (b"mdia", b"minf", b"stbl", b"tref", b"edts")
# Fields of a sample entry before its boxes, and the position of width and height in them.
_ENTRY_BYTES, _ENTRY_SIZE = 78, 24
# Properties of an item that a sample entry has as well; `auxi` has the type of `auxC`.
_PROPERTIES = (b"av1C", b"hvcC", b"colr", b"pixi", b"pasp", b"clap")


@dataclass(frozen=True, slots=True)
class Frame:
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
    for kind, body in boxes(movie, _MAX_BOXES):
        if kind != b"trak":
            continue
        found: dict[bytes, memoryview] = {}
        for name, payload in boxes(body, _MAX_BOXES, entered=_ENTERED):
            found.setdefault(name, payload)
        handler = bytes(found[b"hdlr"][8:12])
        if handler in _PICTURES or handler == _AUXILIARY:
            yield found, handler == _AUXILIARY


def _first_frame(found: dict[bytes, memoryview], *, is_auxiliary: bool) -> Frame:
    kind, entry = next(iter(boxes(found[b"stsd"][8:], _MAX_BOXES)))
    width, height = struct.unpack_from(">HH", entry, _ENTRY_SIZE)
    size = memoryview(struct.pack(">III", 0, width, height))
    properties = [(b"ispe", size)]
    for name, payload in boxes(entry[_ENTRY_BYTES:], _MAX_BOXES):
        if name in _PROPERTIES:
            properties.append((name, payload))
        elif name == b"auxi":
            properties.append((b"auxC", payload))
    length, count = struct.unpack_from(">II", found[b"stsz"], 4)
    if not length and count:
        (length,) = struct.unpack_from(">I", found[b"stsz"], 12)
    offsets, code = (found[b"stco"], ">I") if b"stco" in found else (found[b"co64"], ">Q")
    (start,) = struct.unpack_from(code, offsets, 8)
    return Frame(kind, properties, start, length, is_auxiliary)
