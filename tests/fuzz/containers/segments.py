"""Formats of marker segments: JPEG, and the codestream of JPEG 2000."""

import re
import struct
from functools import partial

from tests.fuzz.containers.piece import Container, Piece

_JPEG_MARKER = re.compile(rb"\xff[\x02-\xcf\xd8-\xfe]")
# Markers without a payload (ITU-T T.81, table B.1; ITU-T T.800, table A.2).
_JPEG_BARE = frozenset((0xD8, 0xD9))
_J2K_BARE = frozenset((0x4F, 0x93, 0xD9, 0x92))
_J2K_DATA = 0x93


def _split_jpeg(data: bytes) -> list[Piece]:
    pieces, position = [], 0
    while found := _JPEG_MARKER.search(data, position):
        if found.start() > position:
            pieces.append(Piece(b"", data[position : found.start()]))
        marker = data[found.end() - 1]
        position = found.end()
        if marker in _JPEG_BARE:
            pieces.append(Piece(bytes((marker,)), b""))
            continue
        length = int.from_bytes(data[position : position + 2], "big")
        pieces.append(Piece(bytes((marker,)), data[position + 2 : position + max(2, length)]))
        position += max(2, length)
    return [*pieces, Piece(b"", data[position:])] if position < len(data) else pieces


def _split_codestream(data: bytes) -> list[Piece]:
    pieces, position = [], 0
    while position + 2 <= len(data) and data[position] == 0xFF:
        marker = data[position + 1]
        position += 2
        if marker in _J2K_BARE:
            pieces.append(Piece(bytes((marker,)), b""))
            if marker == _J2K_DATA:
                break
            continue
        length = int.from_bytes(data[position : position + 2], "big")
        pieces.append(Piece(bytes((marker,)), data[position + 2 : position + max(2, length)]))
        position += max(2, length)
    return [*pieces, Piece(b"", data[position:])]


def _join(bare: frozenset[int], pieces: list[Piece]) -> bytes:
    parts = []
    for each in pieces:
        if not each.kind:
            parts.append(each.payload)
        elif each.kind[0] in bare:
            parts.append(b"\xff" + each.kind[:1] + each.payload)
        else:
            payload = each.payload[:65_533]
            parts.append(b"\xff" + each.kind[:1] + struct.pack(">H", len(payload) + 2) + payload)
    return b"".join(parts)


JPEG = Container(
    _split_jpeg,
    partial(_join, _JPEG_BARE),
    tuple(
        bytes((marker,))
        for marker in (
            *(0xC0, 0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC9, 0xCA, 0xCB, 0xCC, 0xD8, 0xD9),
            *(0xDA, 0xDB, 0xDC, 0xDD, 0xE0, 0xE1, 0xE2, 0xED, 0xEE, 0xFE),
        )
    ),
)
CODESTREAM = Container(
    _split_codestream,
    partial(_join, _J2K_BARE),
    # SIZ, COD, COC, QCD, QCC, RGN, POC, PPM, PPT, CRG, COM, TLM, PLM, PLT, SOT.
    tuple(map(bytes, zip(b"\x51\x52\x53\x5c\x5d\x5e\x5f\x60\x61\x63\x64\x55\x57\x58\x90"))),
)
