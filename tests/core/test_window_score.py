"""The score of windows: faces, cuts and the price of leaving the centre."""

import numpy as np
import pytest

from handler.core.detection import DetectedObjects
from handler.core.face import Face
from handler.core.geometry import Region, Size
from handler.core.saliency.interest import Interest
from handler.core.saliency.interest_map import combine
from handler.core.saliency.selection import select_window
from handler.core.saliency.window_score import WindowScore
from tests.core.test_selection import a_face, interest_at

PICTURE, TALL = Size(800, 600), Size(9, 16)
WIDTH = 337.5
FLAT = combine([("flat", np.ones((8, 8)))])


def gain(left: float, faces: tuple[Face, ...] = (), **evidence: object) -> float:
    found = Interest(FLAT, faces, **evidence)  # type: ignore[arg-type]
    return WindowScore.of(found, FLAT, PICTURE).over_centre(Region(left, 0, WIDTH, 600), PICTURE)


def objects(*boxes: tuple[float, float], score: float = 0.9) -> DetectedObjects:
    """Return objects as wide as given, in shares of the width, and half as high as the picture."""
    spans = np.array([[[first, last], [0.25, 0.75]] for first, last in boxes])
    return DetectedObjects(spans, np.full(len(boxes), score))


def test_the_centre_is_the_reference() -> None:
    assert gain((800 - WIDTH) / 2, (a_face(380, 270, 60),)) == pytest.approx(0, abs=1e-9)


def test_mirrored_evidence_has_the_mirrored_score() -> None:
    left, right = (gain(x, (a_face(face, 200, 100),)) for x, face in ((50, 100), (412.5, 600)))

    assert left == pytest.approx(right)


def test_a_face_inside_is_worth_more_than_one_outside_or_cut() -> None:
    whole, cut, outside = (gain(100, (a_face(x, 250, 80),)) for x in (200, 400, 700))

    assert whole > outside + 0.05
    assert outside > cut


def test_leaving_the_centre_costs_less_with_a_certain_object() -> None:
    none, certain = (gain(0, objects=confidence) for confidence in (0.1, 0.6))

    assert none < certain - 0.3


def test_an_edge_through_an_object_costs() -> None:
    whole, cut, outside = (
        gain(100, objects=0.6, boxes=objects(span)) for span in ((0.2, 0.5), (0.4, 0.7), (0.7, 0.9))
    )

    assert cut < whole
    assert cut < outside


def test_an_unsure_object_may_be_cut() -> None:
    unsure = gain(100, objects=0.6, boxes=objects((0.4, 0.7), score=0.2))

    assert unsure == pytest.approx(gain(100, objects=0.6))


@pytest.mark.parametrize(("first", "side"), [(0.36, -1), (0.2, 1)])
def test_of_two_equal_places_the_one_that_cuts_less_of_an_object_is_chosen(
    first: float, side: int
) -> None:
    heat = interest_at((0.15, 0.5), (0.85, 0.5)).map
    boxes = objects((first, first + 0.44))

    found = select_window(Interest(heat, (), 0.6, boxes), PICTURE, TALL)

    middle = found.region.left + found.region.width / 2
    assert side * (middle - 400) > 150


def test_the_score_does_not_depend_on_the_size_of_the_picture() -> None:
    faces = (a_face(200, 100, 50), a_face(600, 300, 100))
    small = (a_face(100, 50, 25), a_face(300, 150, 50))
    large, half = (
        WindowScore.of(Interest(FLAT, each), FLAT, size).over_centre(region, size)
        for each, size, region in (
            (faces, PICTURE, Region(40, 0, WIDTH, 600)),
            (small, Size(400, 300), Region(20, 0, WIDTH / 2, 300)),
        )
    )

    assert large == pytest.approx(half)
