"""Accuracy of detected boxes against annotated faces."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from handler.faces.detections import Floats, intersection_over_union

# Smallest intersection over union of a detection and its face.
_AGREEMENT = 0.5


@dataclass(frozen=True, slots=True)
class Result:
    """The detections of one photo.

    Attributes:
        boxes: float32 (n, 4), detected boxes: left, top, right, bottom.
        scores: float32 (n,).
        truth: float32 (m, 4), annotated boxes.
    """

    boxes: Floats
    scores: Floats
    truth: Floats

    @property
    def largest(self) -> Floats:
        """The largest annotated face."""
        sides = self.truth[:, 2:] - self.truth[:, :2]
        largest: Floats = self.truth[int(sides.prod(axis=1).argmax())]
        return largest


def average_precision(results: Sequence[Result]) -> float:
    """Return the average precision over all photos, with monotone precision."""
    rows = [row for result in results for row in _judged(result)]
    rows.sort(key=lambda row: -row[0])
    right = np.cumsum([hit for _, hit in rows])
    recall = right / sum(len(result.truth) for result in results)
    precision = right / np.arange(1, len(rows) + 1)
    best_from_here = np.maximum.accumulate(precision[::-1])[::-1]
    return float(np.sum(np.diff(recall, prepend=0) * best_from_here))


def recall_of_largest(results: Sequence[Result], threshold: float) -> float:
    """Return the fraction of photos whose largest face is found with at least this score."""
    found = [
        bool(
            (_shares(result.largest, result.boxes[result.scores >= threshold]) >= _AGREEMENT).any()
        )
        for result in results
    ]
    return float(np.mean(found))


def recall(results: Sequence[Result], threshold: float) -> float:
    """Return the fraction of annotated faces that are found with at least this score."""
    hits = sum(hit for result in results for score, hit in _judged(result) if score >= threshold)
    return hits / sum(len(result.truth) for result in results)


def _judged(result: Result) -> list[tuple[float, bool]]:
    """Return the score of each detection, and whether it is the first of a face."""
    open_faces = np.ones(len(result.truth), bool)
    judged = []
    for index in np.argsort(-result.scores, kind="stable"):
        shares = np.where(open_faces, _shares(result.boxes[index], result.truth), 0)
        hit = bool(shares.max(initial=0) >= _AGREEMENT)
        if hit:
            open_faces[shares.argmax()] = False
        judged.append((float(result.scores[index]), hit))
    return judged


def _shares(box: Floats, boxes: Floats) -> NDArray[np.float32]:
    return intersection_over_union(box, boxes)
