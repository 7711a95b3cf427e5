"""The square around a trimmed picture."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from handler.core.geometry import Box, Size
from handler.core.image.fit import Contained, contain
from handler.core.plan import Canvas
from handler.core.render import paste_on_canvas
from handler.core.request import Colour
from tests.pictures import gradient

WHITE, CLEAR, HALF_RED = (255, 255, 255, 255), (255, 255, 255, 0), (255, 0, 0, 128)


# Results of sharp 0.35.5 for pictures of these sizes: resize(side, side, {fit: "contain"}).
@pytest.mark.parametrize(
    ("content", "side", "fitted", "place"),
    [
        ((200, 100), 300, (300, 150), (0, 75)),
        ((100, 200), 300, (150, 300), (75, 0)),
        ((7, 4), 10, (10, 6), (0, 2)),
        ((5, 10), 4, (2, 4), (1, 0)),
        ((400, 3), 1, (1, 1), (0, 0)),
        ((3, 400), 2, (1, 2), (0, 0)),
        # Odd remainders: the smaller half comes first.
        ((100, 67), 100, (100, 67), (0, 16)),
        ((66, 99), 99, (66, 99), (16, 0)),
        # Sides that end in a half, so that the order of the divisions matters.
        ((130, 45), 117, (117, 41), (0, 38)),
        ((292, 219), 286, (286, 215), (0, 35)),
        ((398, 199), 7, (7, 3), (0, 2)),
        ((82, 41), 25, (25, 12), (0, 6)),
        ((171, 342), 375, (187, 375), (94, 0)),
        ((222, 111), 323, (323, 161), (0, 81)),
    ],
)
def test_the_fit_equals_that_of_sharp(
    content: tuple[int, int], side: int, fitted: tuple[int, int], place: tuple[int, int]
) -> None:
    contained = contain(Box(0, 0, *content), side)

    assert contained.size == Size(*fitted)
    assert (contained.left, contained.top) == place


@given(
    left=st.integers(0, 5000),
    top=st.integers(0, 5000),
    width=st.integers(1, 5000),
    height=st.integers(1, 5000),
    side=st.integers(1, 10_000),
)
def test_the_content_touches_two_sides_is_centred_and_keeps_its_aspect(
    left: int, top: int, width: int, height: int, side: int
) -> None:
    content = Box(left, top, width, height)

    contained = contain(content, side)
    region, size = contained.region, contained.size

    assert max(size.width, size.height) == side
    assert 0 <= side - size.width - 2 * contained.left <= 1
    assert 0 <= side - size.height - 2 * contained.top <= 1
    shrink = max(width, height) / side
    assert abs(size.width - width / shrink) <= 0.5 + 1e-6 or size.width == 1
    assert abs(size.height - height / shrink) <= 0.5 + 1e-6 or size.height == 1
    # The area that is read equals the content to half a pixel of the result.
    assert abs(region.left - left) <= shrink / 2 + 1e-6
    assert abs(region.top - top) <= shrink / 2 + 1e-6
    assert region.width == pytest.approx(size.width * shrink)
    assert region.height == pytest.approx(size.height * shrink)


def test_content_as_large_as_the_square_is_not_resampled() -> None:
    content = Box(3, 5, 40, 20)

    contained = contain(content, 40)

    assert contained == Contained(content.region(), Size(40, 20), 0, 10)


@pytest.mark.parametrize(
    ("mode", "colour", "expected"),
    [
        ("L", WHITE, "RGB"),
        ("RGB", WHITE, "RGB"),
        ("RGBX", WHITE, "RGB"),
        ("RGBA", WHITE, "RGBA"),
        ("L", CLEAR, "RGBA"),
        ("RGB", HALF_RED, "RGBA"),
        ("RGBX", CLEAR, "RGBA"),
        ("RGBA", HALF_RED, "RGBA"),
    ],
)
def test_the_canvas_has_its_colour_and_the_picture_is_unchanged(
    mode: str, colour: Colour, expected: str
) -> None:
    image = gradient(30, 20).convert(mode)
    if mode == "RGBA":
        image.putalpha(Image.linear_gradient("L").resize(image.size))

    result = paste_on_canvas(Canvas(Size(40, 40), 5, 10, colour), image)

    assert (result.mode, result.size) == (expected, (40, 40))
    inside = result.crop((5, 10, 35, 30))
    assert np.array_equal(np.asarray(inside), np.asarray(image.convert(expected)))
    canvas = np.asarray(result).copy()
    canvas[10:30, 5:35] = colour[: len(expected)]
    assert (canvas == colour[: len(expected)]).all()
