"""Boxes of objects, from the maps of the object network."""

import numpy as np
from numpy.typing import NDArray

from handler.core.detection import DetectedObjects
from handler.core.geometry import Size

# Picture pixels per cell of the maps.
_CELL = 4
# Objects below this score are noise more often than not.
_LEAST_SCORE = 0.3
# Only the surest boxes are read; crowds have more, and none of them matters alone.
_MOST_BOXES = 40
# Two boxes with a larger intersection over union belong to the same object.
_SAME_OBJECT = 0.5


def read_boxes(
    surest: NDArray[np.float32], sides: NDArray[np.float32], view: Size
) -> DetectedObjects:
    """Return the objects, those with the highest score first.

    A cell is the centre of an object if its confidence is the highest among the adjacent cells. Of
    two boxes of the same object the surer one is kept.

    Args:
        surest: confidence of the surest class at each place, 0 to 1, (rows, columns).
        sides: distances from there to the left, top, right and bottom of the object, in pixels of
            the view, (4, rows, columns).
        view: size of the picture that the network saw.
    """
    rows, columns = _maxima(surest)
    scores = surest[rows, columns]
    order = np.argsort(-scores, kind="stable")[:_MOST_BOXES]
    rows, columns, scores = rows[order], columns[order], scores[order]
    left, top, right, bottom = sides[:, rows, columns].astype(float)
    across = np.stack([columns * _CELL - left, columns * _CELL + right], axis=1) / view.width
    down = np.stack([rows * _CELL - top, rows * _CELL + bottom], axis=1) / view.height
    spans = np.clip(np.stack([across, down], axis=1), 0, 1)
    kept = _distinct(spans)
    return DetectedObjects(spans[kept], scores[kept].astype(float))


def _maxima(surest: NDArray[np.float32]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return rows and columns of the cells that no adjacent cell exceeds."""
    height, width = surest.shape
    padded = np.pad(surest, 1)
    around = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    rows, columns = np.nonzero((surest >= np.max(around, axis=0)) & (surest >= _LEAST_SCORE))
    return rows, columns


def _distinct(spans: NDArray[np.float64]) -> list[int]:
    """Return the indices of the boxes that are not those of a surer object."""
    kept: list[int] = []
    for index in range(len(spans)):
        others = spans[kept]
        common = np.minimum(others[..., 1], spans[index, :, 1])
        common = np.maximum(0, common - np.maximum(others[..., 0], spans[index, :, 0]))
        shared = common.prod(axis=1)
        union = _areas(others) + _areas(spans[index]) - shared
        if not (shared > _SAME_OBJECT * union).any():
            kept.append(index)
    return kept


def _areas(spans: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((spans[..., 1] - spans[..., 0]).prod(axis=-1))
