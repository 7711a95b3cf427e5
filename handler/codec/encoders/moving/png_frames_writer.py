"""Writer of animated PNG: in each frame only the part that changes."""

import struct
import zlib

import numpy as np
import numpy.typing as npt
from PIL import Image

from handler.codec.encoders import png_writer
from handler.codec.headers.png import COLOUR_TYPES, SIGNATURE
from handler.core.geometry import Box, Size

_DEPTH = 8
_MOST_PLAYS = (1 << 31) - 1
# Denominators of the time of a frame, the first of which is exact; the numerator has 16 bits.
_MILLISECONDS, _CENTISECONDS, _SECONDS = 1000, 100, 1
_MOST = (1 << 16) - 1
_KEEP, _OVERWRITES = 0, 0
_AROUND = 12

Samples = npt.NDArray[np.uint8]


class PngFramesWriter:
    """A writer of one file."""

    def __init__(self, size: Size, plays: int, *, transparent: bool) -> None:
        """Begin a file.

        Args:
            size: of the frames, in pixels.
            plays: number of times that the animation is shown; 0 for without end.
            transparent: whether frames may have alpha.
        """
        self._size = size
        self._plays = min(plays, _MOST_PLAYS)
        self._mode = "RGBA" if transparent else "RGB"
        self._last: Samples | None = None
        self._chunks: list[bytes] = []
        self._frames = self._sequence = 0

    def add(self, image: Image.Image, start: int, end: int) -> None:
        """Add a frame; see `handler.codec.encoders.moving.writer.FrameWriter`."""
        samples = np.asarray(image)
        box = Box(0, 0, image.width, image.height)
        if self._last is not None:
            box = _changed(self._last, samples)
        self._last = samples
        edges = box.left, box.top, box.right, box.bottom
        pixels = _pixels_of(png_writer.encode(image.crop(edges)))
        self._control(box, end - start)
        if self._frames:
            self._chunks.append(_chunk(b"fdAT", struct.pack(">I", self._next()) + pixels))
        else:
            self._chunks.append(_chunk(b"IDAT", pixels))
        self._frames += 1

    def finish(self) -> bytes:
        """Return the file."""
        colour = COLOUR_TYPES[self._mode]
        header = struct.pack(
            ">IIBBBBB", self._size.width, self._size.height, _DEPTH, colour, 0, 0, 0
        )
        animation = struct.pack(">II", self._frames, self._plays)
        return b"".join(
            (
                SIGNATURE,
                _chunk(b"IHDR", header),
                _chunk(b"acTL", animation),
                *self._chunks,
                _chunk(b"IEND", b""),
            )
        )

    def _control(self, box: Box, milliseconds: int) -> None:
        delay = _delay(milliseconds)
        body = struct.pack(
            ">IIIIIHHBB",
            *(self._next(), box.width, box.height, box.left, box.top),
            *(*delay, _KEEP, _OVERWRITES),
        )
        self._chunks.append(_chunk(b"fcTL", body))

    def _next(self) -> int:
        """Return the next sequence number."""
        self._sequence += 1
        return self._sequence - 1


def _delay(milliseconds: int) -> tuple[int, int]:
    """Return the time of a frame as a fraction of seconds, as exactly as 16 bits allow."""
    for unit in (_MILLISECONDS, _CENTISECONDS):
        if milliseconds * unit <= _MOST * _MILLISECONDS:
            return round(milliseconds * unit / _MILLISECONDS), unit
    return min(_MOST, round(milliseconds / _MILLISECONDS)), _SECONDS


def _changed(before: Samples, now: Samples) -> Box:
    """Return the part that differs, of at least one pixel."""
    differs = (before != now).any(axis=2)
    rows, columns = (np.flatnonzero(differs.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return Box(0, 0, 1, 1)
    left, top = int(columns[0]), int(rows[0])
    return Box(left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top)


def _pixels_of(data: bytes) -> bytes:
    """Return the deflated rows of a file of `handler.codec.encoders.png_writer`."""
    position = len(SIGNATURE)
    while True:
        length, kind = struct.unpack_from(">I4s", data, position)
        if kind == b"IDAT":
            return data[position + 8 : position + 8 + length]
        position += _AROUND + length


def _chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(body, zlib.crc32(kind))
    return b"".join((struct.pack(">I4s", len(body), kind), body, struct.pack(">I", checksum)))
