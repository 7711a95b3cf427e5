"""The attention strategy."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from handler.core.geometry import Size
from handler.core.subject.attention import MAP_SIDE, Attention, choose_window, score
from tests.core.test_geometry import is_inside
from tests.pictures import noise, photo, scene


def attend(picture: Image.Image, resized: Size, target: Size) -> Attention:
    return choose_window(score(picture), resized, target)


untimed = settings(deadline=None)
SIZE = Size(400, 300)
QUARTERS = [(100, 75), (300, 75), (100, 225), (300, 225)]
ASPECTS = [(150, 150), (200, 100), (100, 200), (400, 60), (60, 300), (266, 200)]


def test_a_flat_picture_is_cut_at_the_top_left() -> None:
    """As in libvips, the first of equal scores is chosen."""
    found = attend(Image.new("RGB", (400, 300), (90, 90, 90)), SIZE, Size(100, 100))

    assert (found.window.left, found.window.top) == (0, 0)
    assert np.ptp(found.heat) < 1e-9


@pytest.mark.parametrize("focus", QUARTERS)
@pytest.mark.parametrize("target", ASPECTS)
def test_the_subject_is_found_at_any_position(
    focus: tuple[int, int], target: tuple[int, int]
) -> None:
    found = attend(scene(SIZE.width, SIZE.height, focus), SIZE, Size(*target))

    half = min(SIZE.width, SIZE.height) // 12
    pixel = SIZE.width / MAP_SIDE
    assert abs(found.focus.x - focus[0]) <= half + pixel
    assert abs(found.focus.y - focus[1]) <= half + pixel
    assert found.window.left <= found.focus.x < found.window.right
    assert found.window.top <= found.focus.y < found.window.bottom


def test_red_scores_high_and_green_does_not() -> None:
    picture = Image.new("RGB", (400, 300), (120, 120, 120))
    picture.paste((60, 160, 60), (40, 100, 120, 180))
    picture.paste((200, 60, 60), (280, 100, 360, 180))

    assert attend(picture, SIZE, Size(100, 100)).focus.x > 240


def test_skin_colour_scores_high() -> None:
    picture = Image.new("RGB", (400, 300), (90, 110, 140))
    picture.paste((224, 172, 138), (60, 90, 140, 190))
    picture.paste((140, 172, 224), (260, 90, 340, 190))

    assert attend(picture, SIZE, Size(100, 100)).focus.x < 160


@pytest.mark.parametrize("mode", ["L", "La", "RGB", "RGBX", "RGBa"])
def test_every_mode_is_scored(mode: str) -> None:
    picture = scene(400, 300, (300, 75))
    picture = picture.convert("RGBA").convert(mode) if mode == "RGBa" else picture
    picture = picture.convert("LA").convert(mode) if mode == "La" else picture.convert(mode)

    found = attend(picture, SIZE, Size(150, 150))

    assert found.focus.x > 200
    assert found.focus.y < 150


def test_a_transparent_subject_is_ignored() -> None:
    picture = scene(400, 300, (300, 75)).convert("RGBA")
    picture.paste((255, 0, 0, 0), (250, 25, 350, 125))
    picture.paste((200, 60, 60, 255), (60, 200, 120, 260))

    found = attend(picture.convert("RGBa"), SIZE, Size(150, 150))

    assert found.focus.x < 200


@untimed
@given(
    width=st.integers(1, 200),
    height=st.integers(1, 200),
    share=st.floats(0, 1),
    across=st.booleans(),
)
def test_the_window_is_inside_the_picture_and_the_map_is_32_by_32(
    width: int, height: int, share: float, across: bool
) -> None:
    part = max(1, round(share * (width if across else height)))
    target = Size(part, height) if across else Size(width, part)

    found = attend(noise(width, height), Size(width, height), target)

    assert is_inside(found.window, Size(width, height))
    assert Size(found.window.width, found.window.height) == target
    assert found.heat.shape == (MAP_SIDE, MAP_SIDE)
    assert np.isfinite(found.heat).all()
    assert 0 <= found.focus.x < width
    assert 0 <= found.focus.y < height


def test_a_smaller_picture_gives_nearly_the_same_window() -> None:
    """If the resized picture would be too large, a smaller one is scored."""
    picture, resized, target = photo(size=(900, 600)), Size(900, 600), Size(300, 300)

    fine = attend(picture, resized, target)
    coarse = attend(picture.reduce(3), resized, target)

    cell = resized.width / MAP_SIDE
    assert abs(fine.focus.x - coarse.focus.x) <= cell
    assert abs(fine.focus.y - coarse.focus.y) <= cell
