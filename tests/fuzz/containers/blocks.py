"""The blocks of GIF."""

from tests.fuzz.containers.piece import Container, Piece
from tests.hostile.builders import gif_blocks

_SCREEN, _EXTENSION, _FRAME, _END = b"S", b"!", b",", b";"
_APPLICATION, _NAME_END = b"\xff", 12
_SCREEN_BYTES, _FRAME_BYTES = 13, 9


def _table_bytes(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def _sub_blocks(data: bytes, position: int) -> tuple[bytes, int]:
    """Return the joined sub-blocks at a position, and the position after them."""
    parts = []
    while position < len(data) and (size := data[position]):
        parts.append(data[position + 1 : position + 1 + size])
        position += 1 + size
    return b"".join(parts), position + 1


def _split(data: bytes) -> list[Piece]:
    """Return the pieces; an extension begins with its label, a frame with its descriptor."""
    screen = data[:_SCREEN_BYTES].ljust(_SCREEN_BYTES, b"\0")
    position = _SCREEN_BYTES + _table_bytes(screen[10])
    pieces = [Piece(_SCREEN, screen + data[_SCREEN_BYTES:position])]
    while position < len(data):
        kind = data[position : position + 1]
        if kind == _EXTENSION:
            payload, end = _sub_blocks(data, position + 2)
            pieces.append(Piece(kind, data[position + 1 : position + 2] + payload))
        elif kind == _FRAME:
            descriptor = data[position + 1 : position + 1 + _FRAME_BYTES]
            table = _table_bytes(descriptor[8]) if len(descriptor) == _FRAME_BYTES else 0
            start = position + 2 + _FRAME_BYTES + table
            payload, end = _sub_blocks(data, start)
            pieces.append(Piece(kind, data[position + 1 : start] + payload))
        else:
            pieces.append(Piece(b"", data[position:]))
            break
        position = end
    return pieces


def _join(pieces: list[Piece]) -> bytes:
    return b"".join(map(_encode, pieces))


def _encode(piece: Piece) -> bytes:
    payload = piece.payload
    if piece.kind == _EXTENSION:
        # The first sub-block of an application's extension is its name, of eleven bytes.
        start = _NAME_END if payload[:1] == _APPLICATION else 1
        first = gif_blocks(payload[1:start])[:-1] if start > 1 else b""
        return piece.kind + payload[:1] + first + gif_blocks(payload[start:])
    if piece.kind == _FRAME:
        table = _table_bytes(payload[8]) if len(payload) > _FRAME_BYTES else 0
        start = _FRAME_BYTES + table + 1
        return piece.kind + payload[:start] + gif_blocks(payload[start:])
    return payload


GIF = Container(_split, _join, (_EXTENSION, _FRAME))
