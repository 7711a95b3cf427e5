"""Animations as frames of the core: one picture that stands for all, or one of them."""

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handler.core.geometry import Size
from handler.core.image.frame import Pixels

MOST_LOOKED_AT = 12
"""The most frames that a window is chosen by."""

# Of them, those at equal distances; the others are the first ones of scenes.
_EVENLY = 8
_SIDE = 32
# Mean difference of lightness, of 255 levels, from which a frame begins a scene. A hand-held camera
# and people that move stay below it.
_CUT = 12.0


class OneFrame:
    """Decoded pixels as an opened picture; see `handler.core.image.frame.Frame`."""

    def __init__(self, size: Size, pixels: Pixels) -> None:
        """Wrap pixels.

        Args:
            size: size of the upright picture at full scale.
            pixels: its pixels, at any scale.
        """
        self._size = size
        self._pixels = pixels

    @property
    def size(self) -> Size:
        """Size of the upright picture at full scale."""
        return self._size

    def pixels(self, _shrink: float) -> Pixels:
        """Return the pixels, which are decoded already."""
        return self._pixels

    def forget_pixels(self) -> None:
        """Keep the pixels, which belong to others as well."""


def moving_frame(size: Size, first: Pixels, frames: Callable[[], Iterable[Pixels]]) -> OneFrame:
    """Return an animation as one picture, whose window is chosen by several frames.

    Args:
        size: size of the upright canvas at full scale.
        first: the frame that stands for the others where a single picture is shown.
        frames: returns the frames that are looked at, at the scale of the first.
    """
    first.frames = frames
    return OneFrame(size, first)


class FrameSampler:
    """The choice of frames that are looked at: spread evenly, and at changes of the scene.

    Frames are offered in order, and at most 12 are kept.
    """

    def __init__(self, count: int) -> None:
        """Choose among so many frames."""
        most = MOST_LOOKED_AT if count <= MOST_LOOKED_AT else _EVENLY
        places = np.linspace(1, count, min(count, most))
        self._even = frozenset(round(float(place)) for place in places)
        self._kept: dict[int, Pixels] = {}
        self._cuts: dict[int, float] = {}
        self._last: NDArray[np.float32] | None = None

    @property
    def frames(self) -> list[Pixels]:
        """The kept frames, in order."""
        return [self._kept[number] for number in sorted(self._kept)]

    def offer(self, number: int, shown: Image.Image, copy: Callable[[], Pixels]) -> None:
        """Keep a frame if it is one of those at equal distances, or if it begins a scene.

        Args:
            number: of the frame, from 1.
            shown: the frame.
            copy: returns its pixels, which stay as they are.
        """
        change = self._change(shown)
        if number not in self._even:
            if change < _CUT:
                return
            if len(self._cuts) == MOST_LOOKED_AT - _EVENLY:
                smallest = min(self._cuts, key=self._cuts.__getitem__)
                if change <= self._cuts[smallest]:
                    return
                del self._cuts[smallest], self._kept[smallest]
            self._cuts[number] = change
        self._kept[number] = copy()
        self._kept[number].number = number

    def _change(self, shown: Image.Image) -> float:
        small = shown.resize((_SIDE, _SIDE), Image.Resampling.BOX, reducing_gap=1.0).convert("L")
        levels = np.asarray(small, np.float32)
        last, self._last = self._last, levels
        return 0.0 if last is None else float(np.abs(levels - last).mean())
