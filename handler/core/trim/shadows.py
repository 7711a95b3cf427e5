"""Soft shadows, which are the background in less light and no content."""

import numpy as np
from PIL import Image, ImageFilter

from handler.core.image.components import Mask
from handler.core.trim.background_surface import Planes, planes

# Distance in pixels, in each direction, over which an edge is tested for softness.
_SOFT = 2


def without_shadows(found: Mask, smooth: Image.Image, background: Planes, bound: float) -> Mask:
    """Return the mask without soft shadows and without single pixels.

    Args:
        found: pixels that differ from the background, bool (height, width).
        smooth: the picture in which they were found.
        background: the background at every pixel, uint8 (bands, height, width).
        bound: largest difference of levels between pixels of a shadow that are near each other.
    """
    # Differences of levels are more sensitive to noise than the levels themselves.
    smoother = planes(smooth.filter(ImageFilter.BoxBlur(1)))
    firm = found & ~_shadow(smoother, background, bound)
    return firm & _has_adjacent(firm)


def are_sharp(lowest: Planes, highest: Planes, bound: float) -> Mask:
    """Return where the levels in 3 x 3 blocks differ by more than a bound, unlike in a shadow.

    Args:
        lowest: smallest level in each block, uint8 (bands, height, width).
        highest: largest level in each block, the same shape.
        bound: largest difference in a shadow.
    """
    around = []
    for extreme, levels in ((np.minimum, lowest), (np.maximum, highest)):
        padded = np.pad(levels, [(0, 0), (1, 1), (1, 1)], mode="edge")
        across = extreme(extreme(padded[..., :-2], padded[..., 1:-1]), padded[..., 2:])
        around.append(extreme(extreme(across[:, :-2], across[:, 1:-1]), across[:, 2:]))
    return np.asarray((around[1] - around[0]).max(axis=0) > bound, np.bool_)


def _shadow(levels: Planes, background: Planes, bound: float) -> Mask:
    """Return the mask of soft shadows: pixels of the background in less light."""
    light = levels.sum(axis=0, dtype=np.float32) + 1
    light /= background.sum(axis=0, dtype=np.float32) + 1
    soft = np.asarray((levels < background).all(axis=0), np.bool_)
    for band, expected in zip(levels, background, strict=True):
        soft &= np.abs(band - expected * light) <= bound
        around = np.pad(band, _SOFT, mode="edge")
        rows, columns = around[:, _SOFT:-_SOFT], around[_SOFT:-_SOFT]
        for one, other in (
            (rows[: -2 * _SOFT], rows[2 * _SOFT :]),
            (columns[:, : -2 * _SOFT], columns[:, 2 * _SOFT :]),
        ):
            soft &= np.maximum(one, other) - np.minimum(one, other) <= bound
    return soft


def _has_adjacent(mask: Mask) -> Mask:
    """Return which set pixels have three or more of their eight neighbours set, unlike noise."""
    counts = np.pad(mask, 1).view(np.uint8)
    across = counts[:, :-2] + counts[:, 1:-1] + counts[:, 2:]
    return np.asarray(across[:-2] + across[1:-1] + across[2:] > 3, np.bool_)
