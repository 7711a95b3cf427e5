"""The boxes of objects, read from maps."""

import numpy as np
import pytest

from handler.core.geometry import Size
from handler.objects.centernet import CenterNet
from handler.objects.object_boxes import read_boxes
from tests.pictures import photo

VIEW = Size(80, 40)


def maps(*centres: tuple[int, int, float]) -> tuple[np.ndarray, np.ndarray]:
    """Return the maps of objects of 20 by 12 pixels with centres (row, column, score)."""
    surest = np.zeros((10, 20), np.float32)
    for row, column, score in centres:
        surest[row, column] = score
    sides = np.broadcast_to(np.array([10, 6, 10, 6], np.float32)[:, None, None], (4, 10, 20))
    return surest, sides


def test_boxes_are_shares_of_the_picture_and_sorted_by_score() -> None:
    found = read_boxes(*maps((5, 5, 0.5), (5, 15, 0.8)), VIEW)

    assert found.scores == pytest.approx([0.8, 0.5])
    assert found.spans[1] == pytest.approx(np.array([[10 / 80, 30 / 80], [14 / 40, 26 / 40]]))


def test_boxes_end_at_the_edges_of_the_picture() -> None:
    found = read_boxes(*maps((0, 0, 0.9)), VIEW)

    assert found.spans[0, :, 0] == pytest.approx([0, 0])


def test_of_two_boxes_of_one_object_the_surer_is_kept() -> None:
    found = read_boxes(*maps((5, 5, 0.5), (5, 6, 0.6), (4, 8, 0.4)), VIEW)

    assert found.scores == pytest.approx([0.6, 0.4])


def test_weak_maxima_are_no_objects() -> None:
    assert len(read_boxes(*maps((5, 5, 0.29)), VIEW).scores) == 0


def test_the_box_of_a_cat_is_around_the_cat(network: CenterNet) -> None:
    cat = photo("chelsea.png", (320, 214)).convert("RGB")

    found = network.look_at(cat).boxes

    (left, right), (top, bottom) = found.spans[0]
    assert left < 0.35 < 0.65 < right
    assert top < 0.3 < 0.7 < bottom
