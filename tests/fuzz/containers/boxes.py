"""The boxes of ISO files: HEIC, AVIF, JPEG 2000 and JPEG XL."""

import struct

from tests.fuzz.containers.piece import Container, Piece

# Boxes whose payload is boxes -> bytes in front of these.
_PARENTS = {b"meta": 4, b"iprp": 0, b"ipco": 0, b"jp2h": 0, b"moov": 0, b"trak": 0, b"mdia": 0}
_PARENTS |= {b"minf": 0, b"stbl": 0}
_LOCATIONS, _DATA = b"iloc", b"mdat"


def _split(data: bytes) -> list[Piece]:
    pieces, position = [], 0
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        start = position + 8
        if length == 1 and position + 16 <= len(data):
            (length,) = struct.unpack_from(">Q", data, start)
            start += 8
        end = len(data) if length == 0 else position + length
        if end < start:
            break
        pieces.append(Piece(kind, data[start:end]))
        position = end
    return [*pieces, Piece(b"", data[position:])] if position < len(data) else pieces


def _join(pieces: list[Piece]) -> bytes:
    return b"".join(
        struct.pack(">I4s", 8 + len(each.payload), each.kind[:4].ljust(4, b"x")) + each.payload
        if each.kind
        else each.payload
        for each in pieces
    )


def inner(piece: Piece) -> tuple[bytes, bytes] | None:
    """Return the bytes in front of the boxes in a piece, and the boxes; None if it has none."""
    front = _PARENTS.get(piece.kind)
    return None if front is None else (piece.payload[:front], piece.payload[front:])


def data_offset(data: bytes) -> int | None:
    """Return the offset of the media data in a file, or None if it has none."""
    position = 0
    for piece in _split(data):
        if piece.kind == _DATA:
            return position
        position += 8 + len(piece.payload)
    return None


def moved(data: bytes, by: int) -> bytes:
    """Return a file whose item locations are changed by an offset.

    A box in front of the media data that becomes longer moves them, and a decoder would find other
    bytes in their place. Locations of 32 bits, which encoders write, are supported.
    """
    at = data.find(_LOCATIONS)
    if not by or at < 0 or at + 12 > len(data):
        return data
    version, sizes = data[at + 4], data[at + 8 : at + 10]
    if version > 1 or sizes[0] != 0x44 or sizes[1] >> 4 not in (0, 4):
        return data
    patched = bytearray(data)
    position, base = at + 12, (sizes[1] >> 4)
    for _ in range(int.from_bytes(data[at + 10 : at + 12], "big")):
        position += (4 if version == 0 else 6) + base
        extents = int.from_bytes(data[position : position + 2], "big")
        position += 2
        for _ in range(min(extents, 16)):
            if position + 8 > len(patched):
                return bytes(patched)
            (place,) = struct.unpack_from(">I", patched, position)
            struct.pack_into(">I", patched, position, place + by & 0xFFFFFFFF)
            position += 8
    return bytes(patched)


BOXES = Container(
    _split,
    _join,
    (
        *(b"ftyp", b"meta", b"pitm", b"iprp", b"ipco", b"ipma", b"ispe", b"irot", b"imir", b"clap"),
        *(b"colr", b"auxC", b"iloc", b"iinf", b"iref", b"hvcC", b"av1C", b"pixi", b"idat", b"moov"),
        *(b"jP  ", b"jp2h", b"jp2c", b"ihdr", b"bpcc", b"pclr", b"cmap", b"cdef", b"res "),
        *(b"JXL ", b"jxlc", b"jxlp", b"jxll", b"jbrd", b"brob", b"mdat", b"Exif", b"free", b"uuid"),
    ),
)
