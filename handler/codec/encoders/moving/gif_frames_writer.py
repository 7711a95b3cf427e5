"""Writer of animated GIF: one palette, and in each frame only the pixels that change."""

import struct
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from handler.codec.encoders.moving.gif_palette import COLOURS, GifPalette
from handler.core.geometry import Size

_TRANSPARENT = COLOURS
# Of the canvas, where its colour is not one of the palette: in no case equal to an index.
_UNKNOWN = 256
# Pixels of at least this alpha are opaque, as in sharp.
_SEEN = 128
_CENTISECOND = 10
_MOST_CENTISECONDS = 65_535
_MOST_REPETITIONS = 65_535
_KEEP, _CLEAR = 1, 2
_END = b";"

Canvas = npt.NDArray[np.uint16]


class GifFramesWriter:
    """A writer of one file."""

    def __init__(
        self, size: Size, plays: int, samples: Sequence[Image.Image], *, transparent: bool
    ) -> None:
        """Begin a file.

        Args:
            size: of the frames, in pixels.
            plays: number of times that the animation is shown; 0 for without end.
            samples: frames that the palette is chosen for.
            transparent: whether frames may have alpha.
        """
        self._palette = GifPalette.of([sample.convert("RGB") for sample in samples])
        self._transparent = transparent
        self._blocks = [_header(size, self._palette.colours, plays)]
        self._shown: Canvas = np.full((size.height, size.width), _TRANSPARENT, np.uint16)
        self._waiting: tuple[Canvas, GifPalette, int] | None = None
        self._end = 0

    def add(self, image: Image.Image, start: int, end: int) -> None:
        """Add a frame; see `handler.codec.encoders.moving.writer.FrameWriter`."""
        colours = image.convert("RGB") if image.mode != "RGB" else image
        palette = self._palette
        if not palette.suits(colours):
            palette = GifPalette.of([colours])
        indices: Canvas = palette.indices(colours).astype(np.uint16)
        if self._transparent:
            indices[np.asarray(image.getchannel("A")) < _SEEN] = _TRANSPARENT
        if self._waiting is not None:
            waiting, of_waiting, _ = self._waiting
            # Frames that differ by colours that are not in the palette.
            if of_waiting is palette and np.array_equal(waiting, indices):
                self._end = end
                return
            self._write(indices)
        self._waiting, self._end = (indices, palette, start), end

    def finish(self) -> bytes:
        """Return the file."""
        if self._waiting is not None:
            self._write(None)
        return b"".join((*self._blocks, _END))

    def _delay(self, start: int) -> int:
        """Return the time of the waiting frame in hundredths of a second.

        Both of its ends are rounded, so that errors do not add up.
        """
        first, last = (_rounded(each) for each in (start, self._end))
        return min(_MOST_CENTISECONDS, last - first)

    def _write(self, following: Canvas | None) -> None:
        """Write the waiting frame, whose disposal depends on the following one."""
        if self._waiting is None:
            return
        # Imported here, because it loads nine modules that only animated GIF needs.
        from PIL.GifImagePlugin import getdata

        indices, palette, start = self._waiting
        # Opaque pixels can only become transparent if the whole canvas is cleared before.
        clears = following is not None and bool(
            ((following == _TRANSPARENT) & (indices != _TRANSPARENT)).any()
        )
        is_own = palette is not self._palette
        changed = indices != self._shown if not is_own else np.ones(indices.shape, bool)
        top, bottom, left, right = _bounds(changed, whole=clears)
        inside = slice(top, bottom), slice(left, right)
        part = indices[inside].astype(np.uint8)
        part[~changed[inside]] = _TRANSPARENT
        image = Image.fromarray(part)
        image.putpalette(palette.colours)
        options = {
            "duration": self._delay(start) * _CENTISECOND,
            "disposal": _CLEAR if clears else _KEEP,
            "include_color_table": is_own,
        }
        if (part == _TRANSPARENT).any():
            options["transparency"] = _TRANSPARENT
        self._blocks += getdata(image, (left, top), **options)
        if clears:
            self._shown = np.full(indices.shape, _TRANSPARENT, np.uint16)
        elif is_own:
            self._shown = np.where(indices == _TRANSPARENT, _TRANSPARENT, _UNKNOWN)
        else:
            self._shown = indices


def _rounded(milliseconds: int) -> int:
    return (milliseconds + _CENTISECOND // 2) // _CENTISECOND


def _bounds(changed: npt.NDArray[np.bool_], *, whole: bool) -> tuple[int, int, int, int]:
    """Return top, bottom, left and right of the pixels that change; one pixel for none."""
    height, width = changed.shape
    if whole:
        return 0, height, 0, width
    rows, columns = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return 0, 1, 0, 1
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _header(size: Size, colours: bytes, plays: int) -> bytes:
    """Return the header, the palette, and the number of repetitions."""
    table_of_256 = 0b11110111
    screen = struct.pack("<6sHHBBB", b"GIF89a", size.width, size.height, table_of_256, 0, 0)
    if plays == 1:
        return screen + colours
    repetitions = min(_MOST_REPETITIONS, plays - 1) if plays else 0
    loop = b"\x21\xff\x0bNETSCAPE2.0" + struct.pack("<BBHB", 3, 1, repetitions, 0)
    return screen + colours + loop
