"""The arithmetic of the face benchmark, and its recall on a sample."""

from pathlib import Path

import numpy as np
import pytest

from handler.faces.detector import least_score
from tests.bench.faces_accuracy import Result, average_precision, recall, recall_of_largest
from tests.bench.faces_ours import detect
from tests.bench.faces_sets import Annotated, annotated
from tests.bench.peers import Unavailable

# Every twelfth of 285 photos, and the smallest recall: all but two of these photos.
SAMPLE, LEAST = 12, 0.91


def result(
    boxes: list[tuple[int, ...]], scores: list[float], truth: list[tuple[int, ...]]
) -> Result:
    return Result(
        np.array(boxes, np.float32).reshape(-1, 4),
        np.array(scores, np.float32),
        np.array(truth, np.float32).reshape(-1, 4),
    )


def test_average_precision_and_recall_of_an_example() -> None:
    large, small, nowhere = (0, 0, 20, 20), (50, 50, 60, 60), (80, 0, 90, 10)
    shifted = (50, 52, 60, 62)
    photos = [result([large, nowhere, shifted, large], [0.9, 0.8, 0.7, 0.6], [small, large])]

    # Hits at ranks 1 and 3. The second box of the large face is not a hit.
    assert average_precision(photos) == pytest.approx((1 + 2 / 3) / 2)
    assert recall(photos, 0.8) == 0.5
    assert recall_of_largest(photos, 0.8) == 1
    assert recall_of_largest(photos, 0.95) == 0


@pytest.fixture(scope="module")
def photos() -> list[Annotated]:
    try:
        return annotated(SAMPLE)
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.mark.shared
@pytest.mark.parametrize("lean", [0, 90])
def test_the_largest_faces_are_found(built: Path, photos: list[Annotated], lean: int) -> None:
    results, correct_turn = [], []
    for photo in photos:
        found = detect(photo.path, lean)
        rows = np.array(found["boxes"], np.float32).reshape(-1, 5)
        results.append(Result(rows[:, :4], rows[:, 4], photo.leaning(lean)))
        correct_turn.append(found["lean"] == lean)

    assert recall_of_largest(results, least_score(0.5)) >= LEAST
    assert np.mean(correct_turn) >= LEAST
