"""Mutations of files that know the structure of their format."""

import zlib
from collections.abc import Callable
from random import Random

from tests.fuzz.containers.blocks import GIF
from tests.fuzz.containers.boxes import BOXES, data_offset, inner, moved
from tests.fuzz.containers.chunks import PNG, RIFF
from tests.fuzz.containers.entries import TIFF
from tests.fuzz.containers.fields import LAYOUTS, PIECES
from tests.fuzz.containers.piece import Container, Piece
from tests.fuzz.containers.segments import CODESTREAM, JPEG
from tests.fuzz.mutate_bytes import (
    BYTE_ORDERS,
    MAX_BYTES,
    Order,
    mutate_bytes,
    mutate_field,
    noise,
    number,
    splice,
)

Donor = Callable[[], bytes]
"""Returns another file of the same format, for splicing."""

_CONTAINERS = {
    "jpeg": JPEG,
    "png": PNG,
    "webp": RIFF,
    "gif": GIF,
    "tiff": TIFF,
    "avif": BOXES,
    "heic": BOXES,
    "jp2": BOXES,
    "jxl": BOXES,
}
_EXIF = b"Exif\0\0"
_CODESTREAM_SIGNATURE = b"\xff\x4f\xff\x51"
_MOST_INFLATED = 1 << 20
_MAX_32 = (1 << 32) - 1


def mutate_file(rng: Random, data: bytes, format_: str, donor: Donor) -> bytes:
    """Return a file with one to five mutations.

    Args:
        rng: source of all decisions.
        data: the file.
        format_: name of its format.
        donor: returns another file of the format.
    """
    for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5))):
        choice = rng.random()
        if choice < 0.6:
            data = _mutate_structure(rng, data, format_, donor)
        elif choice < 0.95:
            data = mutate_bytes(rng, data)
        else:
            data = splice(rng, data, donor())
    return data[:MAX_BYTES]


def _mutate_structure(rng: Random, data: bytes, format_: str, donor: Donor) -> bytes:
    layout = LAYOUTS.get(format_)
    container = container_of(data, format_)
    if layout is not None and (container is None or rng.random() < 0.3):
        return mutate_field(rng, data, layout)
    if container is None:
        return mutate_bytes(rng, data)
    changed = _mutate_pieces(rng, data, container, donor)
    if container is BOXES and rng.random() < 0.8:
        before, after = data_offset(data), data_offset(changed)
        if before is not None and after is not None:
            return moved(changed, after - before)
    return changed


def container_of(data: bytes, format_: str) -> Container | None:
    """Return the structure of a file of a format, or None for a header of fixed layout."""
    if format_ == "jp2" and data.startswith(_CODESTREAM_SIGNATURE):
        return CODESTREAM
    if format_ == "jxl" and not data.startswith(b"\0\0\0\x0c"):
        return None  # a bare codestream
    return _CONTAINERS.get(format_)


def _mutate_pieces(rng: Random, data: bytes, container: Container, donor: Donor) -> bytes:
    pieces = container.split(data)
    if not pieces:
        return mutate_bytes(rng, data)
    at = rng.randrange(len(pieces))
    if rng.random() < 0.6:
        pieces[at] = _mutate_piece(rng, pieces[at], container, donor)
    else:
        rng.choice(_REARRANGEMENTS)(rng, pieces, at, container, donor)
    return container.join(pieces)


def _drop(rng: Random, pieces: list[Piece], at: int, _: Container, __: Donor) -> None:
    del pieces[at : at + rng.choice((1, 1, 1, 2, 5))]


def _duplicate(rng: Random, pieces: list[Piece], at: int, _: Container, __: Donor) -> None:
    times = rng.choice((1, 1, 2, 10, 200))
    room = MAX_BYTES // (1 + len(pieces[at].payload))
    pieces[at:at] = [pieces[at]] * min(times, room)


def _move(rng: Random, pieces: list[Piece], at: int, _: Container, __: Donor) -> None:
    piece = pieces.pop(at)
    pieces.insert(rng.randrange(len(pieces) + 1), piece)


def _rename(rng: Random, pieces: list[Piece], at: int, container: Container, _: Donor) -> None:
    kind = rng.choice(container.kinds)
    pieces[at] = Piece(kind, pieces[at].payload)


def _add(rng: Random, pieces: list[Piece], at: int, container: Container, _: Donor) -> None:
    kind = rng.choice(container.kinds) if rng.random() < 0.9 else noise(rng, 4)
    payload = b"" if rng.random() < 0.2 else noise(rng, rng.choice((4, 20, 300)))
    pieces.insert(at, Piece(kind, payload))


def _adopt(rng: Random, pieces: list[Piece], at: int, container: Container, donor: Donor) -> None:
    others = container.split(donor())
    if others:
        pieces.insert(at, rng.choice(others))


_REARRANGEMENTS = (_drop, _duplicate, _move, _rename, _add, _adopt)


def _mutate_piece(rng: Random, piece: Piece, container: Container, donor: Donor) -> Piece:
    if rng.random() < 0.7 and (changed := _mutate_inside(rng, piece, donor)) is not None:
        return piece.carrying(changed)
    layout = PIECES.get(piece.kind)
    if layout is not None and rng.random() < 0.7:
        return piece.carrying(mutate_field(rng, piece.payload, layout))
    if container is TIFF and len(piece.kind) == 2:
        return piece.carrying(_mutate_entry(rng, piece.payload))
    return piece.carrying(mutate_bytes(rng, piece.payload))


def _mutate_inside(rng: Random, piece: Piece, donor: Donor) -> bytes | None:
    """Return a payload with a mutation of the format that it carries, or None if it has none."""
    payload = piece.payload
    if (boxes := inner(piece)) is not None:
        front, rest = boxes
        return front + _mutate_pieces(rng, rest, BOXES, lambda: rest)
    if piece.kind == b"jp2c":
        return _mutate_pieces(rng, payload, CODESTREAM, lambda: payload)
    if piece.kind in (b"eXIf", b"EXIF") or payload.startswith(_EXIF):
        front = _EXIF if payload.startswith(_EXIF) else b""
        block = payload[len(front) :]
        return front + _mutate_pieces(rng, block, TIFF, lambda: block)
    if piece.kind == b"IDAT":
        return _mutate_deflated(rng, b"", payload)
    if piece.kind == b"iCCP":
        front = payload[: payload.find(b"\0") + 2]
        return _mutate_deflated(rng, front, payload[len(front) :])
    return None


def _mutate_deflated(rng: Random, front: bytes, deflated: bytes) -> bytes:
    try:
        plain = zlib.decompressobj().decompress(deflated, _MOST_INFLATED)
    except zlib.error:
        return front + mutate_bytes(rng, deflated)
    return front + zlib.compress(mutate_bytes(rng, plain), 1)


def _mutate_entry(rng: Random, payload: bytes) -> bytes:
    """Return a directory entry with another type, count or value."""
    order: Order = rng.choice(BYTE_ORDERS)
    choice = rng.random()
    if choice < 0.2:
        return rng.randrange(14).to_bytes(2, order) + payload[2:]
    if choice < 0.4:
        return payload[:2] + (number(rng) & _MAX_32).to_bytes(4, order) + payload[6:]
    if choice < 0.8:
        return payload[:6] + (number(rng) & _MAX_32).to_bytes(4, order) + payload[10:]
    return payload[:6] + mutate_bytes(rng, payload[6:])
