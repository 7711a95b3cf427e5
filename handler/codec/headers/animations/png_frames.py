"""Reader of the frames of an animated PNG, from its chunks (PNG third edition, section 11.3.6)."""

import struct
import zlib
from collections.abc import Iterator
from fractions import Fraction

from handler.codec.headers.animations.timeline import (
    Disposal,
    FramePart,
    Timeline,
    TooManyFrames,
)
from handler.codec.headers.png import SIGNATURE
from handler.core.geometry import Box, Size

_CHUNK = struct.Struct(">I4s")
_CHECKSUM_BYTES = 4
_HEADER, _END = b"IHDR", b"IEND"
_ANIMATION = struct.Struct(">II")
# Sequence number, width, height, x, y, numerator and denominator of the time, disposal, blending.
_CONTROL = struct.Struct(">IIIIIHHBB")
_SEQUENCE_BYTES = 4
_CLEAR: dict[int, Disposal] = {1: "clear", 2: "restore"}
_BLENDS = 1
# Chunks that a frame needs besides its pixels. Colours are converted for the whole canvas.
_SHARED = (b"PLTE", b"tRNS")
_MAX_CHUNKS = 100_000


class _Frames:
    """The frames of a file while they are read.

    Attributes:
        parts: the frames that are complete.
        plays: number of plays.
    """

    def __init__(self, most: int) -> None:
        self.parts: list[FramePart] = []
        self.plays = 1
        self._most = most
        self._header = b""
        self._shared: list[bytes] = []
        self._control: tuple[int, ...] | None = None
        self._pixels: list[bytes] = []
        self._ends: list[Fraction] = [Fraction(0)]

    def add(self, kind: bytes, body: memoryview) -> None:
        """Read a chunk.

        Raises:
            TooManyFrames: it begins one frame too many.
        """
        if kind == _HEADER:
            self._header = bytes(body)
        elif kind in _SHARED:
            self._shared.append(_chunk(kind, bytes(body)))
        elif kind == b"acTL" and len(body) == _ANIMATION.size:
            _, self.plays = _ANIMATION.unpack(body)
        elif kind == b"fcTL" and len(body) == _CONTROL.size:
            self.end_frame()
            if len(self.parts) == self._most:
                raise TooManyFrames
            self._control = _CONTROL.unpack(body)
        elif kind == b"IDAT" and self._control is not None:
            self._pixels.append(bytes(body))
        elif kind == b"fdAT" and self._control is not None:
            self._pixels.append(bytes(body[_SEQUENCE_BYTES:]))

    def end_frame(self) -> None:
        """End the frame whose pixels have been read."""
        if self._control is None or not self._pixels:
            return
        _, width, height, x, y, over, under, disposal, blending = self._control
        start = round(self._ends[-1] * 1000)
        self._ends.append(self._ends[-1] + Fraction(over, under or 100))
        # A first frame cannot get back what was there before.
        first = not self.parts
        disposed = "clear" if first and disposal else _CLEAR.get(disposal, "keep")
        if width and height:
            self.parts.append(
                FramePart(
                    Box(x, y, width, height),
                    round(self._ends[-1] * 1000) - start,
                    self._still(Size(width, height)),
                    blends=blending == _BLENDS,
                    disposal=disposed,
                )
            )
        self._control, self._pixels = None, []

    def _still(self, size: Size) -> bytes:
        header = struct.pack(">II", size.width, size.height) + self._header[8:]
        return b"".join(
            (
                SIGNATURE,
                _chunk(_HEADER, header),
                *self._shared,
                _chunk(b"IDAT", b"".join(self._pixels)),
                _chunk(_END, b""),
            )
        )


def read_frames(data: bytes, canvas: Size, most: int) -> Timeline:
    """Read all frames of a file.

    A picture that is not part of the animation is left out. Sequence numbers are not checked: the
    chunks are used in the order of the file.

    Args:
        data: the whole file, whose header has been read before.
        canvas: size of the canvas, in pixels.
        most: number of frames that are read.

    Raises:
        TooManyFrames: there are more.
    """
    frames = _Frames(most)
    for kind, body in _chunks(memoryview(data)):
        frames.add(kind, body)
    frames.end_frame()
    return Timeline(canvas, frames.parts, frames.plays)


def _chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield kind and body of each chunk; the last body may be cut short."""
    position = len(SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if position + _CHUNK.size > len(data):
            return
        length, kind = _CHUNK.unpack_from(data, position)
        start = position + _CHUNK.size
        yield kind, data[start : start + length]
        if kind == _END:
            return
        position = start + length + _CHECKSUM_BYTES


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(body, zlib.crc32(kind))
    return b"".join((_CHUNK.pack(len(body), kind), body, struct.pack(">I", checksum)))
