"""The square that the presets multiply, for heads in any orientation."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.core.face import Face
from handler.core.geometry import Region, Size
from handler.faces.detections import Detections
from handler.faces.pyramid import UPRIGHT_AFTER
from handler.faces.reference_box import to_faces

VIEW = Size(640, 480)
SOURCE = Size(6400, 4800)
MARKS = np.array([(0.3, 0.35), (0.7, 0.35), (0.5, 0.55), (0.35, 0.8), (0.65, 0.8)])


def detection(left: float, top: float, width: float, height: float) -> Detections:
    """Return the detection of an upright face."""
    box = np.array([[left, top, left + width, top + height]], np.float32)
    marks = MARKS * (width, height) + (left, top)
    return Detections(box, np.array([0.9], np.float32), marks[None].astype(np.float32))


def only(faces: list[Face]) -> Face:
    (face,) = faces
    return face


def test_an_upright_face_has_the_references_square() -> None:
    face = only(to_faces(detection(200, 100, 90, 117), 0, VIEW, SOURCE))

    # The side is 117 / 1.17 = 100, and the centre (245, 158.5) moves up by 4.7.
    assert (face.box.left, face.box.top) == (1950, 1038)
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
    upright = only(to_faces(detection(left, top, width, height), 0, VIEW, VIEW))
    orientation = UPRIGHT_AFTER[turn]
    stored = orientation.size(VIEW)

    turned = only(to_faces(detection(left, top, width, height), turn, stored, stored))

    def place(region: Region) -> Region:
        return orientation.stored_region(region, VIEW)

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
def test_a_rotated_head_has_its_square_along_its_own_axis(lean: int) -> None:
    """A face has the same box whether the picture was turned upright first or not."""
    orientation = UPRIGHT_AFTER[lean]
    stored = orientation.size(VIEW)
    turned = detection(200, 100, 90, 117)
    boxes, marks = turned.boxes[0].tolist(), turned.landmarks[0].tolist()
    region = orientation.stored_region(Region(boxes[0], boxes[1], 90, 117), VIEW)
    points = [orientation.stored_region(Region(x, y, 0, 0), VIEW) for x, y in marks]
    leaning = Detections(
        np.array([[region.left, region.top, region.right, region.bottom]], np.float32),
        turned.scores,
        np.array([[(point.left, point.top) for point in points]], np.float32),
    )

    without_turn = only(to_faces(leaning, 0, stored, stored))
    after_turn = only(to_faces(turned, lean, stored, stored))

    assert without_turn.turn == after_turn.turn == lean
    assert without_turn.box == after_turn.box


@given(st.floats(-200, 700), st.floats(-200, 500), st.floats(1, 400), st.floats(1, 400))
def test_boxes_stay_inside_the_picture(
    left: float, top: float, width: float, height: float
) -> None:
    box = only(to_faces(detection(left, top, width, height), 0, VIEW, SOURCE)).box

    assert 0 <= box.left < box.right <= SOURCE.width
    assert 0 <= box.top < box.bottom <= SOURCE.height
