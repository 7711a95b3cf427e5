"""Reader of the frames of a WebP, from its chunks (RFC 9649, section 2.7)."""

import struct

from handler.codec.headers.animations.timeline import FramePart, Timeline, TooManyFrames
from handler.core.geometry import Box, Size

_CHUNKS_START = 12
_CHUNK = struct.Struct("<4sI")
_FRAME, _ANIMATION = b"ANMF", b"ANIM"
_ALPHA, _LOSSY, _LOSSLESS = b"ALPH", b"VP8 ", b"VP8L"
# X, Y, width and height in three bytes each, then the time, then flags.
_FRAME_BYTES = 16
_CLEAR_AFTER, _OVERWRITES = 0x01, 0x02
_HAS_ALPHA = 0x10
# Frames have a few chunks each, and unknown ones may be between them.
_MAX_CHUNKS_A_FRAME = 20


def read_frames(data: bytes, canvas: Size, most: int) -> Timeline:
    """Read all frames of a file. A last frame that is cut off is kept as far as it goes.

    Args:
        data: the whole file, whose header has been read before.
        canvas: size of the canvas, in pixels.
        most: number of frames that are read.

    Raises:
        TooManyFrames: there are more.
    """
    view = memoryview(data)
    parts: list[FramePart] = []
    plays, position = 1, _CHUNKS_START
    for _ in range((most + 1) * _MAX_CHUNKS_A_FRAME):
        if position + _CHUNK.size > len(data):
            break
        name, length = _CHUNK.unpack_from(data, position)
        start = position + _CHUNK.size
        payload = view[start : start + length]
        position = start + length + length % 2
        if name == _ANIMATION and len(payload) >= 6:
            (plays,) = struct.unpack_from("<H", payload, 4)
        elif name == _FRAME:
            if len(parts) == most:
                raise TooManyFrames
            part = _read_frame(payload)
            if part is not None:
                parts.append(part)
    return Timeline(canvas, parts, plays)


def _read_frame(payload: memoryview) -> FramePart | None:
    if len(payload) <= _FRAME_BYTES:
        return None
    x, y, across, down, milliseconds = (
        int.from_bytes(payload[at : at + 3], "little") for at in range(0, 15, 3)
    )
    flags = payload[15]
    size = Size(1 + across, 1 + down)
    still = _still(size, payload[_FRAME_BYTES:])
    if still is None:
        return None
    return FramePart(
        Box(2 * x, 2 * y, size.width, size.height),
        milliseconds,
        still,
        blends=not flags & _OVERWRITES,
        disposal="clear" if flags & _CLEAR_AFTER else "keep",
    )


def _still(size: Size, chunks: memoryview) -> bytes | None:
    """Return the first picture of a frame as a file; None if there is none."""
    alpha = b""
    position = 0
    for _ in range(_MAX_CHUNKS_A_FRAME):
        if position + _CHUNK.size > len(chunks):
            break
        name, length = _CHUNK.unpack_from(chunks, position)
        end = position + _CHUNK.size + length + length % 2
        chunk = bytes(chunks[position:end])
        position = end
        if name == _ALPHA and not alpha:
            alpha = chunk
        elif name == _LOSSLESS or (name == _LOSSY and not alpha):
            return _file(chunk)
        elif name == _LOSSY:
            sides = (size.width - 1).to_bytes(3, "little") + (size.height - 1).to_bytes(3, "little")
            extended = _CHUNK.pack(b"VP8X", 10) + bytes((_HAS_ALPHA, 0, 0, 0)) + sides
            return _file(extended + alpha + chunk)
    return None


def _file(chunks: bytes) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + len(chunks)) + b"WEBP" + chunks
