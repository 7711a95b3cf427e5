"""Non-maximum suppression, rotation and scaling of detections."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.faces.detections import Detections, intersection_over_union

UPRIGHT = np.array([(-1, -1), (1, -1), (0, 0), (-0.7, 1), (0.7, 1)], np.float32)
sides = st.floats(1, 50, width=32)
corners = st.floats(-50, 50, width=32)
scores = st.floats(0.125, 1, width=32)
boxes = st.lists(st.tuples(corners, corners, sides, sides, scores), max_size=12)


def detections(rows: list[tuple[float, float, float, float, float]]) -> Detections:
    """Return detections from rows of (left, top, width, height, score).

    The landmarks of each are its index.
    """
    table = np.array(rows, np.float32).reshape(-1, 5)
    corners = np.concatenate([table[:, :2], table[:, :2] + table[:, 2:4]], axis=1)
    indices = np.arange(len(table), dtype=np.float32)[:, np.newaxis, np.newaxis]
    return Detections(corners, table[:, 4], np.tile(indices, (1, 5, 2)))


def pairwise(found: Detections) -> np.ndarray:
    return np.array([intersection_over_union(box, found.boxes) for box in found.boxes])


@given(boxes, st.floats(0.1, 0.9))
def test_suppression_keeps_the_best_of_overlapping_detections(
    rows: list[tuple[float, float, float, float, float]], overlap: float
) -> None:
    found = detections(rows)

    kept = found.where(found.suppressed(overlap).landmarks[:, 0, 0].astype(np.intp))

    assert (np.diff(kept.scores) <= 0).all()
    shares = pairwise(kept) - np.eye(len(kept)) if len(kept) else np.zeros(0)
    assert (shares <= overlap + 1e-5).all()
    for box, score in zip(found.boxes, found.scores, strict=True):
        above = intersection_over_union(box, kept.boxes)[kept.scores >= score]
        assert above.max() > overlap or (kept.boxes == box).all(axis=1).any()


@given(boxes)
def test_the_box_of_a_face_is_between_its_detections(
    rows: list[tuple[float, float, float, float, float]],
) -> None:
    found = detections(rows)

    kept = found.suppressed(0.4)

    for box, index in zip(kept.boxes, kept.landmarks[:, 0, 0].astype(int), strict=True):
        shares = intersection_over_union(found.boxes[index], found.boxes)
        same = found.boxes[(shares >= 0.5) | (np.arange(len(found)) == index)]
        assert (box >= same.min(axis=0) - 1e-3).all()
        assert (box <= same.max(axis=0) + 1e-3).all()


def test_surer_detections_count_more_in_the_box_of_a_face() -> None:
    equal = detections([(0, 0, 10, 10, 0.8), (2, 0, 10, 10, 0.8)]).suppressed(0.4)
    weaker = detections([(0, 0, 10, 10, 0.8), (2, 0, 10, 10, 0.4)]).suppressed(0.4)

    assert equal.boxes[0] == pytest.approx([1, 0, 11, 10])
    assert weaker.boxes[0] == pytest.approx([2 / 257, 0, 10 + 2 / 257, 10])


@given(boxes)
def test_the_overlap_of_a_box_with_itself_is_one(
    rows: list[tuple[float, float, float, float, float]],
) -> None:
    shares = pairwise(detections(rows))

    assert ((shares >= 0) & (shares <= 1 + 1e-5)).all()
    assert np.allclose(np.diagonal(shares), 1, atol=1e-4) if len(shares) else True


def test_intersection_over_union_of_simple_boxes() -> None:
    box = np.array([0, 0, 10, 10], np.float32)
    others = np.array([(0, 0, 10, 5), (10, 0, 20, 10), (5, 5, 15, 15)], np.float32)

    assert intersection_over_union(box, others) == pytest.approx([0.5, 0, 25 / 175])


@given(st.integers(0, 3), st.floats(-40, 40), st.floats(1, 100))
def test_the_rotation_follows_from_the_landmarks(quarter: int, degrees: float, size: float) -> None:
    angle = np.radians(quarter * 90 + degrees)
    clockwise = np.array([(np.cos(angle), np.sin(angle)), (-np.sin(angle), np.cos(angle))])
    marks = (UPRIGHT @ clockwise * size).astype(np.float32)[None]
    found = Detections(np.zeros((1, 4), np.float32), np.full(1, 0.5, np.float32), marks)

    assert found.leans.tolist() == [quarter * 90]
    assert found.best_upright == (0.5 if quarter == 0 else 0)


def test_empty_detections_are_accepted() -> None:
    nothing = detections([])

    assert len(nothing.suppressed(0.4)) == 0
    assert nothing.best_upright == 0
    assert nothing.leans.tolist() == []


def test_detections_are_scaled_and_joined() -> None:
    one, other = detections([(1, 2, 3, 4, 0.5)]), detections([(0, 0, 1, 1, 0.9)])

    both = one.scaled(2, 10).joined(other)

    assert both.boxes.tolist() == [[2, 20, 8, 60], [0, 0, 1, 1]]
    assert both.scores.tolist() == pytest.approx([0.5, 0.9])
