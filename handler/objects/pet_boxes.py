"""Boxes of cats and dogs, from the maps of the object network."""

import numpy as np
from numpy.typing import NDArray

from handler.core.geometry import Size

# Picture pixels per cell of the maps.
_CELL = 4
# Of 568 photos, 16 have pets above this score, and all of these are pets.
_LEAST_SCORE = 0.3
# More pets than this are a herd, in which none is the subject.
_MOST_PETS = 4
# Two boxes that share more of the smaller one belong to the same pet.
_SAME_PET = 0.6


def read_pets(
    pets: NDArray[np.float32], sides: NDArray[np.float32], view: Size
) -> NDArray[np.float64]:
    """Return the boxes of certain pets, those with the highest score first.

    Args:
        pets: confidence in a cat, and in a dog, at each place, 0 to 1, (2, rows, columns).
        sides: distances from there to the left, top, right and bottom of the animal, in pixels of
            the view, (4, rows, columns).
        view: size of the picture that the network saw.

    Returns:
        Spans in shares of the picture's sides, float (n, 2, 2).
    """
    confidence = pets.max(axis=0)
    rows, columns = np.nonzero(confidence >= _LEAST_SCORE)
    order = np.argsort(-confidence[rows, columns], kind="stable")
    kept: list[NDArray[np.float64]] = []
    for row, column in zip(rows[order], columns[order], strict=True):
        spans = _spans(int(row), int(column), sides, view)
        if all(_common_share(spans, other) < _SAME_PET for other in kept):
            kept.append(spans)
    return np.array(kept[:_MOST_PETS], np.float64).reshape(-1, 2, 2)


def _spans(row: int, column: int, sides: NDArray[np.float32], view: Size) -> NDArray[np.float64]:
    left, top, right, bottom = sides[:, row, column].astype(float)
    x, y = column * _CELL, row * _CELL
    across = np.array([x - left, x + right]) / view.width
    down = np.array([y - top, y + bottom]) / view.height
    return np.clip(np.stack([across, down]), 0, 1)


def _common_share(spans: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    """Return the common area of two boxes, as a share of the smaller one."""
    ends = np.minimum(spans[:, 1], other[:, 1]) - np.maximum(spans[:, 0], other[:, 0])
    areas = [(each[:, 1] - each[:, 0]).prod() for each in (spans, other)]
    return float(np.maximum(0, ends).prod() / max(min(areas), 1e-9))
