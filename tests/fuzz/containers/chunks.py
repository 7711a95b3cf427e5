"""Formats of named chunks: PNG and WebP."""

import struct

from tests.fuzz.containers.piece import Container, Piece
from tests.hostile.builders import PNG_SIGNATURE, png_chunk, riff_chunk

_RIFF_HEADER = 12


def _split_png(data: bytes) -> list[Piece]:
    pieces, position = [], len(PNG_SIGNATURE)
    while position + 12 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        if position + 12 + length > len(data):
            break
        pieces.append(Piece(kind, data[position + 8 : position + 8 + length]))
        position += 12 + length
    return [*pieces, Piece(b"", data[position:])] if position < len(data) else pieces


def _join_png(pieces: list[Piece]) -> bytes:
    return PNG_SIGNATURE + b"".join(
        png_chunk(each.kind[:4].ljust(4, b"x"), each.payload) if each.kind else each.payload
        for each in pieces
    )


def _split_riff(data: bytes) -> list[Piece]:
    pieces, position = [], _RIFF_HEADER
    while position + 8 <= len(data):
        kind, length = struct.unpack_from("<4sI", data, position)
        pieces.append(Piece(kind, data[position + 8 : position + 8 + length]))
        position += 8 + length + length % 2
    return pieces


def _join_riff(pieces: list[Piece]) -> bytes:
    body = b"WEBP" + b"".join(
        riff_chunk(each.kind[:4].ljust(4, b"x"), each.payload) for each in pieces
    )
    return b"RIFF" + struct.pack("<I", len(body)) + body


PNG = Container(
    _split_png,
    _join_png,
    (
        *(b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP"),
        *(b"eXIf", b"acTL", b"fcTL", b"fdAT", b"tEXt", b"zTXt", b"iTXt", b"bKGD", b"IEND"),
    ),
)
RIFF = Container(
    _split_riff,
    _join_riff,
    (b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF", b"ICCP", b"EXIF", b"XMP "),
)
