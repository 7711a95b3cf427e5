"""Builder of HEIC and AVIF files from items."""

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

from handler.codec.headers.boxes import boxes
from tests.hostile.specimens import specimen

# Kind, payload, and whether a reader must know the property.
Property = tuple[bytes, bytes, bool]
Reference = tuple[bytes, int, Sequence[int]]
# Of `coded`. x265 encodes whole blocks of 64 × 64; the specimen cuts them to 64 × 48.
SIZE = (64, 64)
ALPHA = b"\0\0\0\0urn:mpeg:hevc:2015:auxid:1\0"
_MOST = 1_000


@dataclass(frozen=True, slots=True)
class Part:
    """An item: type, data, and properties; its data may also be in another place."""

    kind: bytes
    data: bytes = b""
    properties: tuple[Property, ...] = ()
    protected: bool = False
    method: int = 0
    elsewhere: int = 0

    def with_property(self, name: bytes, body: bytes, required: bool = False) -> "Part":
        """Return a copy with one more property, or another value of one that it has."""
        kept = tuple(one for one in self.properties if one[0] != name)
        return replace(self, properties=(*kept, (name, body, required)))


def ispe(width: int, height: int) -> bytes:
    """Return the payload of a size."""
    return struct.pack(">III", 0, width, height)


@cache
def coded(name: str = "heic/still") -> Part:
    """Return the picture of a specimen, which has it at its end, without a cut."""
    data = specimen(name)
    meta = dict(boxes(dict(boxes(memoryview(data), _MOST))[b"meta"][4:], _MOST))
    listed = boxes(dict(boxes(meta[b"iprp"], _MOST))[b"ipco"], _MOST)
    kept = [(kind, bytes(body)) for kind, body in listed if kind in (b"ispe", b"hvcC", b"av1C")]
    properties = tuple((kind, body, kind != b"ispe") for kind, body in kept)
    payload = bytes(dict(boxes(memoryview(data), _MOST))[b"mdat"])
    return Part(b"hvc1" if name.startswith("heic") else b"av01", payload, properties)


def grid(rows: int, columns: int, width: int, height: int) -> Part:
    """Return a grid of pictures."""
    data = struct.pack(">BBBBHH", 0, 0, rows - 1, columns - 1, width, height)
    return Part(b"grid", data, ((b"ispe", ispe(width, height), False),))


def heif(
    parts: Mapping[int, Part],
    references: Sequence[Reference] = (),
    brand: bytes = b"heic",
    *tops: bytes,
) -> bytes:
    """Return a file with these items by number, of which the first is the primary one.

    Args:
        parts: the items.
        references: kind, item that refers, and items that it refers to.
        brand: of the file.
        tops: further boxes outside the metadata.
    """
    start = box(b"ftyp", brand + bytes(4) + b"mif1" + brand)
    pieces = [part.data for part in parts.values()]

    def meta(at: int) -> bytes:
        found = full(b"hdlr", bytes(4) + b"pict" + bytes(13))
        found += full(b"pitm", struct.pack(">H", next(iter(parts)))) + _types(parts)
        found += _locations(parts, at) + _references(references) + _properties(parts)
        return full(b"meta", found)

    before = start + b"".join(tops)
    return before + meta(len(before) + len(meta(0)) + 8) + box(b"mdat", b"".join(pieces))


def _types(parts: Mapping[int, Part]) -> bytes:
    entries = [
        full(b"infe", struct.pack(">HH", number, part.protected) + part.kind + b"\0", 2)
        for number, part in parts.items()
    ]
    return full(b"iinf", struct.pack(">H", len(entries)) + b"".join(entries))


def _locations(parts: Mapping[int, Part], at: int) -> bytes:
    body = struct.pack(">HH", 0x4400, len(parts))
    for number, part in parts.items():
        extents = (1, at, len(part.data))
        body += struct.pack(">HHHHII", number, part.method, part.elsewhere, *extents)
        at += len(part.data)
    return full(b"iloc", body, 1)


def _references(references: Sequence[Reference]) -> bytes:
    listed = [
        box(kind, struct.pack(f">HH{len(to)}H", item, len(to), *to))
        for kind, item, to in references
    ]
    return full(b"iref", b"".join(listed)) if listed else b""


def _properties(parts: Mapping[int, Part]) -> bytes:
    listed: list[bytes] = []
    body = struct.pack(">I", len(parts))
    for number, part in parts.items():
        body += struct.pack(">HB", number, len(part.properties))
        for kind, payload, required in part.properties:
            written = box(kind, payload)
            # libheif accepts 100 properties, which parts share.
            if written not in listed:
                listed.append(written)
            body += struct.pack(">H", listed.index(written) + 1 | required << 15)
    return box(b"iprp", box(b"ipco", b"".join(listed)) + full(b"ipma", body, 0, 1))


def full(kind: bytes, body: bytes, version: int = 0, flags: int = 0) -> bytes:
    """Return a box with a version and flags."""
    return box(kind, struct.pack(">I", version << 24 | flags) + body)


def box(kind: bytes, body: bytes) -> bytes:
    """Return a box."""
    return struct.pack(">I4s", 8 + len(body), kind) + body
