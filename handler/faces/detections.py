"""Detections as arrays of boxes, scores and landmarks, and non-maximum suppression."""

from typing import Self

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Floats = NDArray[np.float32]
# Direction from crown to chin, as (right, down), by the lean in quarter turns.
_CHIN = np.array([(0, 1), (-1, 0), (0, -1), (1, 0)], np.float32)
# The box of a face is the mean of the detections with this intersection over union with the best
# one, weighted by this power of their scores. On 285 photos of people the average precision is
# 0.865 with it and 0.858 with the box of the best one; with powers from 2 to 16 it is at
# least 0.864.
_VOTES, _WEIGHT_OF_SCORE = 0.5, 8


class Detections(Struct, frozen=True):
    """``n`` faces, in pixels of a picture; x to the right, y down.

    Attributes:
        boxes: left, top, right and bottom, float32 (n, 4). They are tight around the face and may
            reach outside the picture.
        scores: confidence, 0 to 1, float32 (n,).
        landmarks: right eye, left eye, nose, right and left corner of the mouth, as (x, y),
            float32 (n, 5, 2).
    """

    boxes: Floats
    scores: Floats
    landmarks: Floats

    @property
    def leans(self) -> NDArray[np.intp]:
        """Clockwise rotation of each head, to the nearest of 0, 90, 180 and 270 degrees, (n,).

        It is the direction from the eyes to the mouth.
        """
        down = self.landmarks[:, 3:].mean(axis=1) - self.landmarks[:, :2].mean(axis=1)
        degrees = np.degrees(np.arctan2(-down[:, 0], down[:, 1]))
        leans: NDArray[np.intp] = np.rint(degrees / 90).astype(np.intp) * 90 % 360
        return leans

    @property
    def best_upright(self) -> float:
        """The highest score of the faces whose eyes are above the mouth; 0 without such faces."""
        return float(self.scores[self.leans == 0].max(initial=0))

    @property
    def sides(self) -> Floats:
        """Geometric mean of the width and height of each box, (n,)."""
        return np.sqrt(np.maximum(_area(self.boxes), 0))

    def __len__(self) -> int:
        return len(self.scores)

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "Detections":
        """Return the detections at the given indices, or where the mask is true."""
        return Detections(self.boxes[chosen], self.scores[chosen], self.landmarks[chosen])

    def scaled(self, across: float, down: float) -> "Detections":
        """Return the faces in a picture ``across`` times as wide and ``down`` times as high."""
        factors = np.array([across, down], np.float32)
        return Detections(self.boxes * np.tile(factors, 2), self.scores, self.landmarks * factors)

    def lowered(self, share: float) -> "Detections":
        """Return the faces with their boxes moved towards the chin.

        Args:
            share: distance, in heights of the face along its own axis.
        """
        quarters = self.leans // 90
        across, down = (self.boxes[:, 2:] - self.boxes[:, :2]).T
        heights = np.where(quarters % 2 == 0, down, across)
        shift = _CHIN[quarters] * (share * heights)[:, np.newaxis]
        boxes = self.boxes + np.tile(shift, 2).astype(np.float32)
        return Detections(boxes, self.scores, self.landmarks)

    def mirrored(self, width: int) -> "Detections":
        """Return the faces in the mirror image of a picture.

        Args:
            width: width of the picture.
        """
        left, top, right, bottom = self.boxes.T
        boxes = np.stack([width - right, top, width - left, bottom], axis=1)
        # The person's own right eye is the left one of the mirror image.
        marks = self.landmarks[:, [1, 0, 2, 4, 3]] * np.array([-1, 1], np.float32)
        marks[..., 0] += width
        return Detections(boxes, self.scores, marks)

    def joined(self, other: Self) -> "Detections":
        """Return the detections of both."""
        return Detections(
            np.concatenate([self.boxes, other.boxes]),
            np.concatenate([self.scores, other.scores]),
            np.concatenate([self.landmarks, other.landmarks]),
        )

    def suppressed(self, overlap: float) -> "Detections":
        """Return each face once, the surest first, with the mean box of its detections.

        This is greedy non-maximum suppression with box voting (Gidaris and Komodakis 2015). All
        scores are above 0.

        Args:
            overlap: intersection over union above which two boxes belong to the same face.
        """
        left = np.argsort(-self.scores, kind="stable")
        kept, means = [], []
        while left.size:
            shared = intersection_over_union(self.boxes[left[0]], self.boxes[left])
            shared[0] = 1  # also that of a box without an area
            voters = left[shared >= _VOTES]
            weights = self.scores[voters] ** _WEIGHT_OF_SCORE
            kept.append(left[0])
            means.append(weights @ self.boxes[voters] / weights.sum())
            left = left[1:][shared[1:] <= overlap]
        boxes = np.array(means, np.float32).reshape(-1, 4)
        best = np.array(kept, np.intp)
        return Detections(boxes, self.scores[best], self.landmarks[best])


def intersection_over_union(box: Floats, boxes: Floats) -> Floats:
    """Return the intersection over union of a box and each of several others, 0 to 1.

    Args:
        box: (4,): left, top, right, bottom.
        boxes: (n, 4).

    Returns:
        float32 (n,).
    """
    width = np.minimum(box[2], boxes[:, 2]) - np.maximum(box[0], boxes[:, 0])
    height = np.minimum(box[3], boxes[:, 3]) - np.maximum(box[1], boxes[:, 1])
    common = np.maximum(width, 0) * np.maximum(height, 0)
    union = _area(box[None])[0] + _area(boxes) - common
    shares: Floats = common / np.maximum(union, np.finfo(np.float32).tiny)
    return shares


def _area(boxes: Floats) -> Floats:
    areas: Floats = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    return areas
