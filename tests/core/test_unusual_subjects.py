"""Windows on pictures that mislead a cropper: rings, repetition, frames, stamps and screens."""

from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from handler.codec import Limits, open_picture
from handler.core.detection import Inspection
from handler.core.face import Face
from handler.core.geometry import Box, Size
from handler.core.image.frame import Frame
from handler.core.planner import make_plan
from handler.settings import validate_settings
from tests.core.lettered import lettered
from tests.pictures import encoded, photo

SIZE = (640, 480)
ASPECTS = [(1, 1), (4, 5), (16, 9), (9, 16), (3, 1)]


def window(image: Image.Image, aspect: tuple[int, int]) -> Box:
    settings = {"strategy": "saliency", "width": aspect[0] * 30, "height": aspect[1] * 30}
    picture = open_picture(encoded(image, "PNG"), Limits(10**8))
    return make_plan(picture, validate_settings(settings)[0].request()).crop


def canvas(colour: str = "lightgrey") -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", SIZE, colour)
    return image, ImageDraw.Draw(image)


def contains(window: Box, box: tuple[int, int, int, int]) -> bool:
    left, top, right, bottom = box
    across = window.left <= left and right <= window.right
    return across and window.top <= top and bottom <= window.bottom


@pytest.mark.parametrize("left", [40, 340])
@pytest.mark.parametrize("aspect", [(1, 1), (4, 5)])
def test_a_ring_is_kept_whole(left: int, aspect: tuple[int, int]) -> None:
    ring = (left, 120, left + 260, 380)
    image, draw = canvas()
    draw.ellipse(ring, outline="darkred", width=24)

    assert contains(window(image, aspect), ring)


@pytest.mark.parametrize("count", [2, 3, 5])
@pytest.mark.parametrize("aspect", ASPECTS)
def test_of_equal_subjects_as_many_are_whole_as_in_the_centre(
    count: int, aspect: tuple[int, int]
) -> None:
    image, draw = canvas()
    subjects = [
        (round(middle) - 35, 205, round(middle) + 35, 275)
        for middle in np.linspace(0, 640, 2 * count + 1)[1::2]
    ]
    for subject in subjects:
        draw.ellipse(subject, "navy")

    found = window(image, aspect)

    centre = Box(320 - found.width // 2, 240 - found.height // 2, found.width, found.height)
    whole, whole_in_centre = (
        sum(contains(box, subject) for subject in subjects) for box in (found, centre)
    )
    assert whole >= whole_in_centre


@pytest.mark.parametrize("colour", ["black", "white", "gold"])
@pytest.mark.parametrize("aspect", [(1, 1), (9, 16)])
def test_a_frame_does_not_move_the_window_off_the_subject(
    colour: str, aspect: tuple[int, int]
) -> None:
    subject = (400, 180, 520, 300)
    image, draw = canvas("tan")
    draw.ellipse(subject, "navy")
    draw.rectangle((0, 0, 639, 479), outline=colour, width=16)

    assert contains(window(image, aspect), subject)


@pytest.mark.parametrize("corner", [(20, 440), (500, 440), (500, 20)])
def test_a_date_stamp_in_a_corner_does_not_attract_the_window(corner: tuple[int, int]) -> None:
    subject = (60, 160, 240, 340)
    image, draw = canvas("seagreen")
    draw.ellipse(subject, "ivory")
    stamped, _ = lettered("27.11.2026", SIZE, corner, 2, background=image, ink="orange")

    plain, found = window(image, (4, 5)), window(stamped, (4, 5))

    assert contains(found, subject)
    assert abs(found.left - plain.left) <= 40


@pytest.mark.parametrize("aspect", [(1, 1), (4, 5)])
def test_a_screen_in_a_screen_is_kept_with_the_inner_one(aspect: tuple[int, int]) -> None:
    image, draw = canvas("dimgrey")
    screens = [(300, 140, 560, 340), (330, 165, 530, 315), (380, 195, 480, 285)]
    for screen, colour in zip(screens, ("black", "skyblue", "white"), strict=True):
        draw.rectangle(screen, colour)

    assert contains(window(image, aspect), screens[1])


@pytest.mark.parametrize("colour", ["black", "white", "tan"])
@pytest.mark.parametrize("aspect", [*ASPECTS, (1, 6)])
@pytest.mark.parametrize("size", [(640, 480), (641, 479), (480, 640)])
def test_a_flat_picture_has_its_exact_centre(
    colour: str, aspect: tuple[int, int], size: tuple[int, int]
) -> None:
    found = window(Image.new("RGB", size, colour), aspect)

    assert abs(found.left + found.right - size[0]) <= 1
    assert abs(found.top + found.bottom - size[1]) <= 1


@pytest.mark.parametrize("aspect", ASPECTS)
@pytest.mark.parametrize("name", ["astronaut.png", "coffee.png", "rocket.jpg"])
def test_a_mirrored_picture_has_the_mirrored_window(name: str, aspect: tuple[int, int]) -> None:
    image = photo(name).convert("RGB")

    found, mirrored = window(image, aspect), window(ImageOps.mirror(image), aspect)

    assert abs(mirrored.left - (image.width - found.right)) <= 1
    assert mirrored.top == found.top


class Bodies:
    """A detector that finds red squares, as faces that look to the right."""

    def find(self, _: Frame) -> Sequence[Face]:
        raise NotImplementedError

    def inspect(self, view: Image.Image, source: Size) -> Inspection:
        pixels = np.asarray(view.convert("RGB"), int)
        red = (pixels[..., 0] > 200) & (pixels[..., 1] < 80)
        scale = source.width / view.width
        columns = np.flatnonzero(red.any(axis=0))
        rows = np.flatnonzero(red.any(axis=1)) * scale
        faces = []
        for run in np.split(columns, np.flatnonzero(np.diff(columns) > 1) + 1):
            left, right = run[0] * scale, (run[-1] + 1) * scale
            top, side = float(rows[0]), right - left
            places = ((0.3, 0.3), (0.8, 0.3), (0.6, 0.5), (0.4, 0.7), (0.7, 0.7))
            marks = tuple((left + x * side, top + y * side) for x, y in places)
            box = Box(round(left), round(top), round(side), round(rows[-1] + scale - top))
            faces.append(Face(box, 0.9, marks))
        return Inspection(tuple(faces), [])


def test_mirrored_people_are_found_where_they_are() -> None:
    people = (120, 430)
    image, draw = canvas("black")
    draw.rectangle((320, 0, 639, 479), "dimgrey")  # the lighter half is on the right
    for left in people:
        draw.rectangle((left, 100, left + 79, 179), "red")
    picture = open_picture(encoded(image, "PNG"), Limits(10**8))
    settings = {"mode": "auto", "width": 270, "height": 480}

    plan = make_plan(picture, validate_settings(settings)[0].request(), Bodies())

    assert sorted(face.box.left for face in plan.faces) == pytest.approx(people, abs=3)
    for face in plan.faces:
        # The right eye is still the one on the left of the picture.
        assert face.box.left < face.landmarks[0][0] < face.landmarks[1][0] < face.box.right
    # No window holds both, so one of them is whole.
    assert plan.faces_cut == 1
