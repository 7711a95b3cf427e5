"""The darkest and the lightest pixel of each block of a picture.

A stroke of one pixel disappears in the mean of its block, but not in its extremes.
"""

from functools import reduce

import numpy as np
from PIL import Image

from handler.core.trim.background_surface import Planes, planes

# Size of the strips that are read at once, which a processor's cache holds.
_STRIP_BYTES = 2 * 1024 * 1024


def block_extremes(image: Image.Image, factor: int, mode: str) -> tuple[Planes, Planes]:
    """Return the smallest and the largest value of each band in each block.

    Args:
        image: picture of any mode with 8-bit bands.
        factor: side of a block in pixels. Blocks at the right and lower edge may be smaller.
        mode: mode in which the values are compared.

    Returns:
        Two arrays, uint8 (bands, height, width), of the size that ``image.reduce(factor)`` has.
    """
    if factor == 1:
        levels = planes(image.convert(mode))
        return levels, levels
    width, height = image.size
    lines = factor * max(1, _STRIP_BYTES // (4 * width * factor))
    strips = [
        _reduced(image.crop((0, top, width, min(height, top + lines))), factor, mode)
        for top in range(0, height, lines)
    ]
    lowest, highest = (np.concatenate(parts, axis=1) for parts in zip(*strips, strict=True))
    return lowest, highest


def _reduced(strip: Image.Image, factor: int, mode: str) -> tuple[Planes, Planes]:
    width, height = strip.size
    shown = strip if strip.mode == mode else strip.convert(mode)
    pixels = np.asarray(shown).reshape(height, width, -1)
    bands = 3 if mode == "RGBX" else pixels.shape[2]
    found = []
    for extreme in (np.minimum, np.maximum):
        lines = _fold(extreme, pixels.reshape(height, -1), factor).reshape(
            -1, width, pixels.shape[2]
        )
        # One band at a time: numpy would loop over the few bands in its innermost loop.
        found.append(
            np.stack([_fold(extreme, lines[..., band].T, factor).T for band in range(bands)])
        )
    return found[0], found[1]


def _fold(extreme: np.ufunc, lines: Planes, factor: int) -> Planes:
    """Return the extreme of each ``factor`` lines; the last may be fewer."""
    whole = len(lines) // factor * factor
    folded = [reduce(extreme, (lines[start:whole:factor] for start in range(factor)))]
    if whole < len(lines):
        folded.append(extreme.reduce(lines[whole:], axis=0, keepdims=True))
    return np.concatenate(folded)
