"""Second looks: at weak faces, at crowds, at turned heads, and in auto mode."""

import numpy as np
import pytest
from PIL import Image

from handler.codec import Limits, open_picture
from handler.core.geometry import Size
from handler.faces import FaceDetector
from handler.faces.detections import Detections
from handler.faces.second_look import is_crowd, is_in_doubt
from tests.pictures import encoded, photo


def detections(*rows: tuple[float, float]) -> Detections:
    """Return detections with the given sides and scores."""
    boxes = [
        (100.0 * index, 50, 100 * index + side, 50 + side) for index, (side, _) in enumerate(rows)
    ]
    scores = np.array([score for _, score in rows], np.float32)
    marks = np.zeros((len(rows), 5, 2), np.float32)
    return Detections(np.array(boxes, np.float32).reshape(-1, 4), scores, marks)


def crowd(side: int, across: int) -> Image.Image:
    """Return two rows of people, whose faces have a fifth of the side."""
    canvas = Image.new("RGB", (1920, 1280), (110, 130, 120))
    person = photo("astronaut.png").convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
    for index in range(2 * across):
        row, column = divmod(index, across)
        canvas.paste(person, (60 + column * (1800 // across), 150 + row * 550))
    return canvas


def found_in(detector: FaceDetector, image: Image.Image, sensitivity: float = 0.5) -> int:
    return len(detector.find(open_picture(encoded(image, "PNG"), Limits(10**8)), sensitivity))


@pytest.mark.parametrize(
    ("rows", "doubt"),
    [
        ((), False),
        (((20, 0.22),), False),
        (((20, 0.3),), True),
        (((20, 0.9),), False),
        (((20, 0.6),), True),
        (((20, 0.9), (10, 0.4)), True),
        (((20, 0.9), (5, 0.4)), False),
        (((20, 0.9), (20, 0.9), (20, 0.9), (20, 0.4)), False),
    ],
)
def test_a_face_that_may_matter_is_in_doubt(
    rows: tuple[tuple[float, float], ...], doubt: bool
) -> None:
    assert is_in_doubt(detections(*rows)) is doubt


def test_a_crowd_has_at_least_three_small_faces() -> None:
    assert is_crowd(detections((20, 0.5), (20, 0.5), (20, 0.5), (90, 0.9)))
    assert not is_crowd(detections((20, 0.5), (20, 0.5), (90, 0.9)))
    assert not is_crowd(detections((20, 0.5), (20, 0.5), (20, 0.3)))


def test_a_headlight_is_no_face(detector: FaceDetector) -> None:
    assert found_in(detector, photo("motorcycle_right.png")) == 0


def test_small_faces_of_a_crowd_are_found(detector: FaceDetector) -> None:
    assert found_in(detector, crowd(200, 6)) == 12


def test_small_heads_in_a_turned_picture_are_found(detector: FaceDetector) -> None:
    turned = crowd(330, 4).transpose(Image.Transpose.ROTATE_90)

    faces = detector.find(open_picture(encoded(turned, "PNG"), Limits(10**8)), 0.5)

    assert [face.turn for face in faces] == [270] * 8


def test_auto_finds_a_small_face_by_a_second_look(detector: FaceDetector) -> None:
    canvas = Image.new("RGB", (1280, 960), (120, 130, 140))
    canvas.paste(photo("astronaut.png").convert("RGB").resize((230, 230)), (900, 500))
    small, fine = (canvas.resize((side, side * 3 // 4)) for side in (320, 640))

    first = detector.inspect(small, Size(1280, 960), 0.5)

    assert all(face.score < 0.65 for face in first.faces)
    assert first.second_look is not None
    (face,) = first.second_look(fine)
    assert face.score > 0.65
    assert 900 < face.box.left < face.box.right < 1130


def test_mirrored_detections_are_those_of_the_mirror_image() -> None:
    found = Detections(
        np.array([[10, 20, 40, 60]], np.float32),
        np.array([0.9], np.float32),
        np.array([[(18, 35), (32, 35), (26, 42), (20, 50), (31, 50)]], np.float32),
    )

    mirror = found.mirrored(100)

    assert mirror.boxes.tolist() == [[60, 20, 90, 60]]
    assert mirror.landmarks[0, 0].tolist() == [68, 35]
    assert mirror.mirrored(100).landmarks.tolist() == found.landmarks.tolist()
