"""The square that the presets multiply, whichever way the head lies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.core.face import Face
from handler.core.geometry import Region, Size
from handler.faces.detections import Detections
from handler.faces.pyramid import UPRIGHT_AFTER
from handler.faces.reference_box import to_faces

SEEN = Size(640, 480)
SOURCE = Size(6400, 4800)
MARKS = np.array([(0.3, 0.35), (0.7, 0.35), (0.5, 0.55), (0.35, 0.8), (0.65, 0.8)])


def detection(left: float, top: float, width: float, height: float) -> Detections:
    """An upright face."""
    box = np.array([[left, top, left + width, top + height]], np.float32)
    marks = MARKS * (width, height) + (left, top)
    return Detections(box, np.array([0.9], np.float32), marks[None].astype(np.float32))


def only(faces: list[Face]) -> Face:
    (face,) = faces
    return face


def test_the_square_of_an_upright_face() -> None:
    face = only(to_faces(detection(200, 100, 90, 117), 0, SEEN, SOURCE))

    # 117 / 1.17 is 100; the centre (245, 158.5) goes down by 7.
    assert (face.box.left, face.box.top) == (1950, 1155)
    assert (face.box.width, face.box.height) == (1000, 1000)
    assert face.landmarks[0] == pytest.approx((2270, 1409.5), abs=0.1)
    assert face.score == pytest.approx(0.9)
    assert face.turn == 0


@given(
    st.sampled_from(sorted(UPRIGHT_AFTER)),
    st.floats(60, 300),
    st.floats(60, 220),
    st.floats(10, 60),
    st.floats(10, 60),
)
def test_a_turned_picture_turns_its_faces(
    turn: int, left: float, top: float, width: float, height: float
) -> None:
    upright = only(to_faces(detection(left, top, width, height), 0, SEEN, SEEN))
    orientation = UPRIGHT_AFTER[turn]
    stored = orientation.size(SEEN)

    turned = only(to_faces(detection(left, top, width, height), turn, stored, stored))

    def place(region: Region) -> Region:
        return orientation.stored_region(region, SEEN)

    expected = place(upright.box.region())
    box = turned.box
    assert turned.turn == turn
    assert np.allclose(
        (box.left, box.top, box.right, box.bottom),
        (expected.left, expected.top, expected.right, expected.bottom),
        atol=1.01,
    )
    for mark, original in zip(turned.landmarks, upright.landmarks, strict=True):
        corner = place(Region(*original, 0, 0))
        assert mark == pytest.approx((corner.left, corner.top), abs=1e-3)


@given(st.sampled_from((90, 180, 270)))
def test_a_head_that_leans_in_an_upright_picture_is_squared_along_its_own_axis(lean: int) -> None:
    """The same face, seen upright after turning, or leaning without."""
    orientation = UPRIGHT_AFTER[lean]
    stored = orientation.size(SEEN)
    turned = detection(200, 100, 90, 117)
    boxes, marks = turned.boxes[0].tolist(), turned.landmarks[0].tolist()
    region = orientation.stored_region(Region(boxes[0], boxes[1], 90, 117), SEEN)
    points = [orientation.stored_region(Region(x, y, 0, 0), SEEN) for x, y in marks]
    leaning = Detections(
        np.array([[region.left, region.top, region.right, region.bottom]], np.float32),
        turned.scores,
        np.array([[(point.left, point.top) for point in points]], np.float32),
    )

    seen_leaning = only(to_faces(leaning, 0, stored, stored))
    seen_upright = only(to_faces(turned, lean, stored, stored))

    assert seen_leaning.turn == seen_upright.turn == lean
    assert seen_leaning.box == seen_upright.box


@given(st.floats(-200, 700), st.floats(-200, 500), st.floats(1, 400), st.floats(1, 400))
def test_boxes_stay_inside_the_picture(
    left: float, top: float, width: float, height: float
) -> None:
    box = only(to_faces(detection(left, top, width, height), 0, SEEN, SOURCE)).box

    assert 0 <= box.left < box.right <= SOURCE.width
    assert 0 <= box.top < box.bottom <= SOURCE.height
