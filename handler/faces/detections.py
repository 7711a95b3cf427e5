"""What the network found: boxes, scores and landmarks as arrays, and non-maximum suppression."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Detections:
    """Faces in a picture, ``n`` of them, in pixels of it; x to the right, y down.

    Attributes:
        boxes: float32 (n, 4): left, top, right, bottom. Tight around the face, as the network
            was taught; they may reach outside the picture.
        scores: float32 (n,): 0 to 1.
        landmarks: float32 (n, 5, 2): right eye, left eye, nose, right and left corner of the
            mouth, as (x, y).
    """

    boxes: Floats
    scores: Floats
    landmarks: Floats

    @property
    def leans(self) -> NDArray[np.intp]:
        """How far each crown leans to the right, to the nearest of 0, 90, 180 and 270 degrees.

        Told by where the mouth is from the eyes, (n,).
        """
        down = self.landmarks[:, 3:].mean(axis=1) - self.landmarks[:, :2].mean(axis=1)
        degrees = np.degrees(np.arctan2(-down[:, 0], down[:, 1]))
        leans: NDArray[np.intp] = np.rint(degrees / 90).astype(np.intp) * 90 % 360
        return leans

    @property
    def best_upright(self) -> float:
        """The highest score of those whose eyes are above the mouth; 0 when there is none."""
        return float(self.scores[self.leans == 0].max(initial=0))

    def __len__(self) -> int:
        return len(self.scores)

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> "Detections":
        """Those at the given indices, or where the mask is true."""
        return Detections(self.boxes[chosen], self.scores[chosen], self.landmarks[chosen])

    def scaled(self, across: float, down: float) -> "Detections":
        """The same faces in a picture that is ``across`` times as wide, ``down`` times as high."""
        factors = np.array([across, down], np.float32)
        return Detections(self.boxes * np.tile(factors, 2), self.scores, self.landmarks * factors)

    def joined(self, other: Self) -> "Detections":
        """All of both."""
        return Detections(
            np.concatenate([self.boxes, other.boxes]),
            np.concatenate([self.scores, other.scores]),
            np.concatenate([self.landmarks, other.landmarks]),
        )

    def suppressed(self, overlap: float) -> "Detections":
        """Only the best of those that overlap, best first (greedy non-maximum suppression).

        Args:
            overlap: intersection over union beyond which two boxes are of one face.
        """
        left = np.argsort(-self.scores, kind="stable")
        kept = []
        while left.size:
            kept.append(left[0])
            left = left[1:][
                intersection_over_union(self.boxes[left[0]], self.boxes[left[1:]]) <= overlap
            ]
        return self.where(np.array(kept, np.intp))


def intersection_over_union(box: Floats, boxes: Floats) -> Floats:
    """How much a box and each of others have in common, 0 to 1.

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
