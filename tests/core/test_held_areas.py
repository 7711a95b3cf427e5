"""The heads of people and pets that a window of auto mode contains."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handler.core.detection import DetectedObjects
from handler.core.face import Face
from handler.core.geometry import Box, Size
from handler.core.saliency.interest import Interest
from handler.core.saliency.interest_map import combine
from handler.core.saliency.selection import Selection, select_window

PICTURE = Size(800, 600)
TALL = Size(9, 16)


def a_face(left: int, top: int, side: int, score: float = 0.9) -> Face:
    places = ((0.29, 0.28), (0.72, 0.27), (0.51, 0.52), (0.33, 0.72), (0.68, 0.71))
    marks = tuple((left + x * side, top + y * side) for x, y in places)
    return Face(Box(left, top, side, side), score, marks)


def interest_at(x: float, y: float, **evidence: Any) -> Interest:
    """Return interest at a spot, in shares of the picture's sides, and nowhere else."""
    place = np.linspace(0, 1, 64)
    values = np.exp(-((place[:, np.newaxis] - y) ** 2 + (place - x) ** 2) / (2 * 0.05**2))
    return Interest(combine([("spot", values**2)]), **{"faces": (), **evidence})


def pet(left: float, top: float, right: float, bottom: float) -> np.ndarray[Any, Any]:
    return np.array([[[left, right], [top, bottom]]])


def test_a_quarter_of_the_head_is_left_above_it() -> None:
    face = a_face(350, 140, 100)

    found = select_window(interest_at(0.5, 0.62, faces=(face,)), PICTURE, Size(16, 9))

    # 0.55 of the box is hair, so the head has 155 pixels and the space above it 39. The centred
    # window begins at 75.
    assert found.crop.top <= 140 - 55 - 38


@pytest.mark.parametrize("target", [Size(640, 360), Size(1200, 300)])
def test_a_wide_window_contains_the_head_with_its_hair(target: Size) -> None:
    face = a_face(350, 120, 90)

    found = select_window(interest_at(0.5, 0.3, faces=(face,)), PICTURE, target)

    assert found.faces_cut == 0
    assert found.crop.top <= 120 - 49
    assert face.box.bottom <= found.crop.bottom


def test_a_tall_window_contains_the_back_of_the_head() -> None:
    face = a_face(350, 200, 100)

    found = select_window(interest_at(0.65, 0.5, faces=(face,)), PICTURE, TALL)

    # The window that is centred on the interest begins at 351.
    assert found.crop.left <= 350 - 25


def test_the_back_of_the_head_does_not_cost_much_interest() -> None:
    face = a_face(350, 200, 100)
    at_side = interest_at(0.85, 0.5, faces=(face,))

    found = select_window(at_side, PICTURE, TALL)

    assert found.faces_cut == 0
    assert found.crop.left == 350


def test_padding_leaves_room_for_the_hair() -> None:
    face = a_face(300, 150, 250)

    found = select_window(interest_at(0.5, 0.5, faces=(face,)), PICTURE, Size(16, 9), padding=50)

    assert found.crop.top <= 150 - 137
    assert face.box.bottom <= found.crop.bottom


def test_a_window_shows_the_features_of_a_face_that_does_not_fit() -> None:
    face = a_face(150, 100, 400)

    found = select_window(interest_at(0.5, 0.05, faces=(face,)), PICTURE, Size(800, 300))

    assert found.faces_cut == 1
    assert found.crop.top <= 100 + 0.15 * 400
    assert found.crop.bottom + 1 >= 100 + 0.85 * 400


def test_a_very_flat_window_shows_the_eyes() -> None:
    found = select_window(
        interest_at(0.5, 0.95, faces=(a_face(150, 100, 400),)), PICTURE, Size(800, 100)
    )

    assert found.crop.top <= 100 + 0.2 * 400
    assert found.crop.bottom + 1 >= 100 + 0.4 * 400


@settings(deadline=None)
@given(st.integers(80, 200), st.floats(0, 1))
def test_of_two_people_that_do_not_fit_one_is_whole_and_none_is_halved(
    side: int, interest: float
) -> None:
    faces = (a_face(80, 200, side), a_face(720 - side, 200, side))

    found = select_window(interest_at(interest, 0.5, faces=faces), PICTURE, TALL)

    assert found.faces_cut == 1
    window = found.crop
    inside = [min(face.box.right, window.right) - max(face.box.left, window.left) for face in faces]
    assert max(inside) == side
    assert min(inside) <= 1


def chosen(animal: Any, x: float, y: float, target: Size = TALL) -> Selection:
    return select_window(interest_at(x, y, objects=0.6, pets=animal), PICTURE, target)


def test_a_whole_pet_is_held_if_it_fits() -> None:
    found = chosen(pet(0.6, 0.2, 0.95, 0.9), 0.65, 0.5)

    assert found.crop.left <= 0.6 * 800
    assert found.crop.right >= 0.95 * 800


@pytest.mark.parametrize("x", [0.12, 0.88])
def test_the_head_of_a_pet_is_held_if_the_whole_does_not_fit(x: float) -> None:
    found = chosen(pet(0.02, 0.3, 0.98, 0.9), x, 0.4)

    assert found.crop.left <= x * 800 - 50
    assert found.crop.right >= x * 800 + 50


def test_a_pet_does_not_hold_the_window_if_the_interest_is_elsewhere() -> None:
    found = chosen(pet(0.6, 0.2, 0.95, 0.9), 0.1, 0.5)

    assert found.crop.right < 0.6 * 800


def test_a_face_is_held_before_a_pet() -> None:
    face = a_face(20, 200, 100)
    evidence = interest_at(0.8, 0.5, faces=(face,), objects=0.6, pets=pet(0.6, 0.3, 0.95, 0.9))

    found = select_window(evidence, PICTURE, TALL)

    assert found.faces_cut == 0


def test_a_small_pet_decides_nothing() -> None:
    with_pet, without = (
        chosen(animal, 0.2, 0.5) for animal in (pet(0.8, 0.7, 0.9, 0.9), np.zeros((0, 2, 2)))
    )

    assert with_pet.crop == without.crop


def test_a_flat_window_contains_the_space_above_a_head() -> None:
    face = a_face(350, 140, 90)

    found = select_window(interest_at(0.5, 0.45, faces=(face,)), PICTURE, Size(3, 1))

    # The head has 140 pixels with its hair, and the space above it is a quarter of that.
    assert found.crop.top <= 140 - 49 - 34
    assert face.box.bottom <= found.crop.bottom


def test_the_ears_of_a_pet_are_held() -> None:
    # The whole animal does not fit, and its most interesting part is below the ears.
    found = chosen(pet(0.2, 0.05, 0.8, 0.98), 0.5, 0.4, Size(16, 9))

    assert found.crop.top <= 0.05 * 600


def objects(*boxes: tuple[float, float, float, float]) -> DetectedObjects:
    spans = [[[left, right], [top, bottom]] for left, top, right, bottom in boxes]
    return DetectedObjects(np.array(spans), np.full(len(boxes), 0.5))


@pytest.mark.parametrize("left", [0.2, 0.5])
def test_the_only_object_is_whole(left: float) -> None:
    box = (left, 0.4, left + 0.3, 0.7)
    evidence = interest_at(0.5, 0.55, objects=0.5, boxes=objects(box))

    found = select_window(evidence, PICTURE, TALL)

    assert found.crop.left <= left * 800
    assert found.crop.right >= (left + 0.3) * 800


def test_the_single_enclosed_thing_is_whole() -> None:
    thing = pet(0.6, 0.3, 0.95, 0.8)

    found = select_window(interest_at(0.7, 0.5, whole=thing), PICTURE, TALL)

    assert found.crop.left <= 0.6 * 800
    assert found.crop.right >= 0.95 * 800
