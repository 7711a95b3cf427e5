"""The single thing in a picture that differs from everything around it: a sign, a plate, a gate.

It is found by its enclosure alone, so it may be of any kind, also one that no detector knows.
"""

import numpy as np
from numpy.typing import NDArray

from handler.core.image.components import ConnectedComponents
from handler.core.spans import Floats

# Shares of the enclosed area that are in its largest component, and of that component's box which
# the component fills: the thing is alone, and compact.
_ALONE, _COMPACT = 0.9, 0.6
# Least mean distance to the border in the enclosed area, in means of the rest, and in the units of
# CIELAB. 21 of 577 photos have such an area.
_DISTINCT, _VISIBLE = 4.8, 20.0
# Largest share of the picture that its box has. Larger ones are the picture itself.
_LARGEST = 0.5


def find_single_whole(distance: NDArray[np.floating]) -> Floats:
    """Return the box of the one enclosed thing in a picture.

    Args:
        distance: minimum barrier distance to the border, summed over the channels of CIELAB,
            (rows, columns).

    Returns:
        Spans in shares of the picture's sides, float64 (1, 2, 2); (0, 2, 2) if there is none or
        more than one.
    """
    nothing = np.zeros((0, 2, 2))
    enclosed = distance > _threshold(distance)
    if not enclosed.any():
        return nothing
    parts = ConnectedComponents.of(np.pad(enclosed, 1), diagonally=True)
    areas = parts.areas(np.pad(enclosed, 1))
    largest = int(areas.argmax())
    left, top, right, bottom = (int(each[largest]) - 1 for each in parts.boxes())
    box = (right - left) * (bottom - top)
    inside, outside = float(distance[enclosed].mean()), float(distance[~enclosed].mean())
    if (
        areas[largest] < _ALONE * areas.sum()
        or areas[largest] < _COMPACT * box
        or box > _LARGEST * distance.size
        or inside < max(_VISIBLE, _DISTINCT * outside)
    ):
        return nothing
    rows, columns = distance.shape
    return np.array([[[left / columns, right / columns], [top / rows, bottom / rows]]])


def _threshold(values: NDArray[np.floating]) -> float:
    """Return the value that separates low from high ones best (Otsu 1979)."""
    ordered = np.sort(values, axis=None).astype(np.float64)
    sums, count = np.cumsum(ordered), np.arange(1, len(ordered))
    rest = len(ordered) - count
    between = count * rest * ((sums[-1] - sums[:-1]) / rest - sums[:-1] / count) ** 2
    best = int(between.argmax())
    return float(ordered[best] + ordered[best + 1]) / 2
