"""Writer of AVIF sequences, by libavif."""

import struct
from typing import Any

from PIL import Image

from handler.core.geometry import Size
from handler.errors import ProcessingFailed

# The speed of large still pictures. At slower ones, a hundred frames would take minutes.
_SPEED = 9
_SUBSAMPLING = "4:2:0"
_ONE_THREAD = 1
_UNSET = -1
# Boxes of the header, the version with 64-bit times, and offsets in their bodies.
_TRACK, _EDITS, _DATA = b"tkhd", b"elst", b"mdat"
_LONG, _DURATION, _FIRST_EDIT = 1, 28, 8


class AvifFramesWriter:
    """A writer of one file."""

    def __init__(self, size: Size, plays: int, quality: int) -> None:
        """Begin a file.

        Args:
            size: of the frames, in pixels.
            plays: number of times that the animation is shown; 0 for without end.
            quality: 1 to 100.
        """
        from pillow_avif import _avif

        tiles, premultiplied, automatic_tiles, upright = 0, False, False, 1
        self._plays = plays
        self._encoder: Any = _avif.AvifEncoder(
            size.width,
            size.height,
            _SUBSAMPLING,
            _UNSET,
            _UNSET,
            quality,
            _SPEED,
            _ONE_THREAD,
            "auto",
            "full",
            tiles,
            tiles,
            premultiplied,
            automatic_tiles,
            b"",
            b"",
            upright,
            b"",
            None,
        )

    def add(self, image: Image.Image, start: int, end: int) -> None:
        """Add a frame; see `handler.codec.encoders.moving.writer.FrameWriter`."""
        is_still = False
        pixels = image.tobytes("raw", image.mode)
        self._encoder.add(pixels, end - start, image.width, image.height, image.mode, is_still)

    def finish(self) -> bytes:
        """Return the file."""
        data: bytes | None = self._encoder.finish()
        if data is None:
            raise ProcessingFailed("The AVIF animation could not be written")
        return _played(data, self._plays) if self._plays else data


def _played(data: bytes, plays: int) -> bytes:
    """Return a file with a number of plays, which the library cannot write.

    The duration of each track is set to that of all plays (ISO/IEC 23008-12, 9.6.1). The library
    writes version 1 of the header of tracks, whose duration stands for "without end".
    """
    written = bytearray(data)
    end = data.find(_DATA)
    length = _segment(data)
    start = data.find(_TRACK)
    while length and 0 <= start < end:
        header = start + len(_TRACK)
        if data[header] == _LONG:
            struct.pack_into(">Q", written, header + _DURATION, length * plays)
        start = data.find(_TRACK, header)
    return bytes(written)


def _segment(data: bytes) -> int:
    """Return the duration of one play, as the edit list has it; 0 for no such list."""
    edits = data.find(_EDITS) + len(_EDITS)
    if edits < len(_EDITS):
        return 0
    code = ">Q" if data[edits] == _LONG else ">I"
    return int(struct.unpack_from(code, data, edits + _FIRST_EDIT)[0])
