"""The one enclosed thing in a picture, which windows contain whole."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from handler.codec import Limits, open_picture
from handler.core.geometry import Box
from handler.core.planner import make_plan
from handler.core.saliency.maps import compute_saliency
from handler.settings import validate_settings
from tests.pictures import encoded

SIZE = (600, 400)


def canvas(*boxes: tuple[int, int, int, int]) -> Image.Image:
    image = Image.new("RGB", SIZE, "dimgrey")
    draw = ImageDraw.Draw(image)
    for box in boxes:
        draw.rectangle(box, "gold")
    return image


def window(image: Image.Image, width: int, height: int) -> Box:
    settings = {"strategy": "saliency", "width": width, "height": height}
    picture = open_picture(encoded(image, "PNG"), Limits(10**7))
    return make_plan(picture, validate_settings(settings)[0].request()).crop


@pytest.mark.parametrize("box", [(40, 60, 230, 220), (380, 150, 560, 340), (200, 150, 400, 250)])
def test_a_thing_on_an_even_background_is_found(box: tuple[int, int, int, int]) -> None:
    (found,) = compute_saliency(canvas(box)).whole * np.array(SIZE)[:, np.newaxis]

    assert found == pytest.approx(np.array([[box[0], box[2]], [box[1], box[3]]]), abs=14)


def test_of_two_equal_things_none_is_the_only_one() -> None:
    assert not len(compute_saliency(canvas((60, 150, 200, 250), (400, 150, 540, 250))).whole)


def test_a_thing_that_is_most_of_the_picture_is_none() -> None:
    assert not len(compute_saliency(canvas((40, 40, 560, 360))).whole)


def test_a_flat_picture_has_none() -> None:
    assert not len(compute_saliency(canvas()).whole)


def test_a_faint_thing_is_none() -> None:
    image = canvas()
    ImageDraw.Draw(image).rectangle((380, 150, 560, 340), (112, 112, 112))

    assert not len(compute_saliency(image).whole)


@pytest.mark.parametrize("left", [8, 370])
@pytest.mark.parametrize("aspect", [(1, 1), (4, 5), (9, 16)])
def test_it_is_contained_even_next_to_an_edge(left: int, aspect: tuple[int, int]) -> None:
    box = (left, 150, left + 180, 340)

    found = window(canvas(box), aspect[0] * 20, aspect[1] * 20)

    assert found.left <= box[0]
    assert found.right >= box[2]
