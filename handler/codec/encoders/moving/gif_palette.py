"""The palette of an animation, and the mapping of its frames to it without flicker."""

import math
from collections.abc import Sequence
from typing import Self

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageChops

Indices = npt.NDArray[np.uint8]

COLOURS = 255
"""Colours of a palette; one more is transparent."""

# Pixels of all samples together. Octrees take 20 ms for a million pixels.
_SAMPLED_PIXELS = 1 << 20
# The pattern of an ordered dither (Bayer 1973), which is the same in each frame: where the picture
# does not move, neither do the dots. Errors that are passed from pixel to pixel would flicker.
_BAYER = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]]) / 16
# The pattern's height, in mean errors of the palette and at most. It hides the steps of smooth
# gradients, and costs a tenth of the file's size.
_DITHER, _MOST_DITHER = 1.5, 10
# A smaller mean error is not seen, and needs no dither.
_UNSEEN = 1.0
# A frame has a palette of its own if its error is larger than that of the samples by this factor
# and these levels, as after a cut to another scene.
_OWN_FACTOR, _OWN_LEVELS = 2.0, 6.0
_CHECKED_SIDE = 128


class GifPalette:
    """Up to 255 colours, and the pictures that are mapped to them.

    Attributes:
        colours: red, green and blue of 256 colours; the last one is transparent.
    """

    def __init__(self, palette: Image.Image, error: float) -> None:
        """Use the colours of a picture.

        Args:
            palette: mode P.
            error: mean error of the pictures that the colours were chosen for, in levels.
        """
        listed = bytes(palette.getpalette() or [])[: 3 * COLOURS]
        # Missing colours repeat the first one, so that no black is added.
        missing = listed[:3] * (COLOURS - len(listed) // 3)
        self.colours = listed + missing + bytes(3)
        self._image = Image.new("P", (1, 1))
        self._image.putpalette(listed + missing + listed[:3])
        self._error = error
        height = 0 if error < _UNSEEN else min(_MOST_DITHER, round(_DITHER * error))
        self._height = height
        self._pattern: tuple[Indices, Indices] | None = None

    @classmethod
    def of(cls, samples: Sequence[Image.Image]) -> Self:
        """Choose the colours for pictures of mode RGB."""
        strip = _joined(samples)
        # All colours are kept if they fit.
        few = strip.getcolors(COLOURS)
        method = Image.Quantize.MEDIANCUT if few else Image.Quantize.FASTOCTREE
        palette = strip.quantize(COLOURS, method)
        if few:
            return cls(palette, 0)
        return cls(palette, _error(strip, strip.quantize(palette=palette, dither=_NO_DITHER)))

    def indices(self, image: Image.Image) -> Indices:
        """Return the number of the colour of each pixel, uint8 (height, width).

        Args:
            image: mode RGB.
        """
        if self._height:
            if self._pattern is None or self._pattern[0].shape[1::-1] != image.size:
                self._pattern = _pattern(image.size, self._height)
            above, below = self._pattern
            # Bytes at their limits stay there. Pillow's own addition takes three times as long.
            samples = np.minimum(np.asarray(image), 255 - above) + above
            image = Image.fromarray(np.maximum(samples, below) - below)
        return np.array(image.quantize(palette=self._image, dither=_NO_DITHER))

    def suits(self, image: Image.Image) -> bool:
        """Return whether a picture of mode RGB looks about as good as those chosen for."""
        small = image
        if max(image.size) > _CHECKED_SIDE:
            small = image.resize((_CHECKED_SIDE, _CHECKED_SIDE), Image.Resampling.NEAREST)
        error = _error(small, small.quantize(palette=self._image, dither=_NO_DITHER))
        return error <= max(self._error * _OWN_FACTOR, self._error + _OWN_LEVELS)


_NO_DITHER = Image.Dither.NONE


def _joined(samples: Sequence[Image.Image]) -> Image.Image:
    """Return evenly distributed pixels of all samples as one picture."""
    width, height = samples[0].size
    share = min(1.0, math.sqrt(_SAMPLED_PIXELS / (width * height * len(samples))))
    size = max(1, int(width * share)), max(1, int(height * share))
    strip = Image.new("RGB", (size[0], size[1] * len(samples)))
    for index, sample in enumerate(samples):
        part = sample if sample.size == size else sample.resize(size, Image.Resampling.NEAREST)
        strip.paste(part, (0, size[1] * index))
    return strip


def _error(image: Image.Image, mapped: Image.Image) -> float:
    """Return the root of the mean square difference of a picture and its copy in few colours."""
    difference = ImageChops.difference(image, mapped.convert("RGB"))
    squares = [
        level % 256 * (level % 256) * count for level, count in enumerate(difference.histogram())
    ]
    return math.sqrt(sum(squares) / (3 * image.width * image.height))


def _pattern(size: tuple[int, int], height: int) -> tuple[Indices, Indices]:
    """Return the levels that are added and subtracted, arrays (height, width, 3)."""
    across, down = -(-size[0] // 4), -(-size[1] // 4)
    levels = np.tile((_BAYER * height).astype(np.int16), (down, across))[: size[1], : size[0]]
    levels = np.repeat(levels[..., np.newaxis] - (height + 1) // 2, 3, axis=2)
    above, below = (np.maximum(each, 0).astype(np.uint8) for each in (levels, -levels))
    return above, below
