"""Rectangles as arrays of spans, ``[[left, right], [top, bottom]]``.

Spans and positions, ``(x, y)``, are in pixels of the upright picture.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from handler.core.geometry import Box, Region, Size

Floats = NDArray[np.float64]
X, Y = 0, 1

# Far below a pixel, far above the rounding errors of float64.
EPSILON = 1e-6


def spans_of(areas: Sequence[Region] | Sequence[Box]) -> Floats:
    """Return rectangles as spans, float64 (n, 2, 2)."""
    edges = [[[area.left, area.right], [area.top, area.bottom]] for area in areas]
    return np.array(edges, float).reshape(-1, 2, 2)


def bounds_of(picture: Size) -> Floats:
    """Return the right and the bottom edge of a picture, float64 (2,)."""
    return np.array([picture.width, picture.height], float)


def hull(spans: Sequence[Floats]) -> Floats:
    """Return the smallest spans around others of the same shape."""
    stack = np.stack(spans)
    return np.stack([stack[..., 0].min(0), stack[..., 1].max(0)], axis=-1)
