"""Subject mode from the file to the result: the plan and its rendering."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from handler.codec import Limits, Picture, open_picture
from handler.core.geometry import Box, Orientation, Size
from handler.core.image.fit import Cover
from handler.core.plan import Plan
from handler.core.planner import make_plan
from handler.core.render import render
from handler.settings import CropSettings, validate_settings
from tests.core.compare import decibels, levels_apart
from tests.core.test_frame import stored_as
from tests.core.test_geometry import is_inside
from tests.pictures import encoded, noise, photo, scene

untimed = settings(deadline=None)
strategies = st.sampled_from(["attention", "entropy"])
sides = st.integers(1, 90)
STRATEGIES = ["attention", "entropy"]


def _open(image: Image.Image, name: str = "PNG", **options: Any) -> Picture:
    return open_picture(encoded(image, name, **options), Limits(100_000_000))


def _settings(width: int, height: int, **others: object) -> CropSettings:
    return validate_settings({"width": width, "height": height, **others})[0]


def _cut(picture: Picture, crop_settings: CropSettings) -> tuple[Plan, Image.Image]:
    plan = make_plan(picture, crop_settings.request())
    return plan, render(picture, plan)


def _resized(image: Image.Image, box: Box, size: Size) -> Image.Image:
    return image.resize(
        (size.width, size.height),
        Image.Resampling.LANCZOS,
        box=(box.left, box.top, box.right, box.bottom),
        reducing_gap=3,
    )


@untimed
@given(width=sides, height=sides, across=sides, down=sides, strategy=strategies)
def test_the_result_has_the_requested_size(
    width: int, height: int, across: int, down: int, strategy: str
) -> None:
    picture = _open(noise(width, height))

    plan, image = _cut(picture, _settings(across, down, strategy=strategy))

    assert image.size == (across, down)
    assert plan.output == Size(across, down)
    assert plan.source == Size(width, height)
    assert is_inside(plan.crop, plan.source)
    assert plan.crop.area >= 1
    assert 0 <= plan.focus.x < width
    assert 0 <= plan.focus.y < height


@untimed
@given(
    width=st.integers(30, 200),
    height=st.integers(30, 200),
    across=st.integers(8, 60),
    down=st.integers(8, 60),
    padding=st.integers(0, 50),
    strategy=strategies,
)
def test_the_window_is_the_largest_of_its_aspect_reduced_by_the_padding(
    width: int, height: int, across: int, down: int, padding: int, strategy: str
) -> None:
    plan = make_plan(
        _open(noise(width, height)),
        _settings(across, down, padding=padding, strategy=strategy).request(),
    )

    factor = 1 + padding / 100
    oversized = Size(int(across * factor + 0.5), int(down * factor + 0.5))
    shrink = Cover.of(plan.source, oversized).shrink
    # Edges are rounded to whole pixels, and may exceed the picture by half a resized pixel.
    slack = 1 + shrink
    assert abs(plan.crop.width - across * shrink) <= slack
    assert abs(plan.crop.height - down * shrink) <= slack


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
@pytest.mark.parametrize("target", [(120, 120), (40, 90), (60, 20), (700, 700)])
def test_the_result_shows_the_window_of_the_plan(
    name: str, target: tuple[int, int], strategy: str
) -> None:
    original = photo(size=(450, 300))
    picture = _open(original, name, **({"quality": 95} if name in ("JPEG", "WEBP") else {}))

    plan, image = _cut(picture, _settings(*target, strategy=strategy))

    shown = _resized(original, plan.crop, Size(*target))
    # The plan is in whole pixels and the result is not. A shift by a pixel would cost far more.
    assert decibels(image.convert("RGB"), shown) > 26


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("focus", [(150, 100), (450, 100), (150, 300), (450, 300)])
@pytest.mark.parametrize("target", [(80, 80), (160, 90), (90, 160), (400, 400)])
def test_the_subject_is_in_the_window(
    focus: tuple[int, int], target: tuple[int, int], strategy: str
) -> None:
    picture = _open(scene(600, 400, focus))

    plan = make_plan(picture, _settings(*target, strategy=strategy).request())

    assert plan.crop.left <= focus[0] < plan.crop.right
    assert plan.crop.top <= focus[1] < plan.crop.bottom


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_plan_is_rendered_the_same_from_a_new_frame(strategy: str) -> None:
    data = encoded(photo(size=(450, 300)))
    crop_settings = _settings(60, 60, strategy=strategy)
    picture = open_picture(data, Limits(10**6))
    plan = make_plan(picture, crop_settings.request())

    again = open_picture(data, Limits(10**6))

    assert make_plan(again, crop_settings.request()) == plan
    assert render(again, plan).tobytes() == render(picture, plan).tobytes()
    # The renderer needs only the plan, and no state that the planner left in the frame.
    fresh = render(open_picture(data, Limits(10**6)), plan)
    assert decibels(fresh, render(picture, plan)) > 40


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_padding_keeps_the_centre_of_a_larger_window(strategy: str) -> None:
    """As in the reference, the target is enlarged to 150 %, and the middle is kept."""
    picture = _open(scene(600, 400, (450, 100)))
    large, _ = _cut(picture, _settings(150, 150, strategy=strategy))

    plan, image = _cut(picture, _settings(100, 100, strategy=strategy, padding=50))

    inner = large.crop
    quarter = inner.width / 6
    assert abs(plan.crop.left - (inner.left + quarter)) <= 2
    assert abs(plan.crop.top - (inner.top + quarter)) <= 2
    assert abs(plan.crop.width - inner.width * 2 / 3) <= 2
    assert image.size == (100, 100)


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("name", ["PNG", "JPEG"])
@pytest.mark.parametrize("orientation", list(Orientation))
def test_the_result_does_not_depend_on_the_exif_orientation(
    orientation: Orientation, name: str, strategy: str
) -> None:
    upright = photo("astronaut.png", size=(320, 240))
    options = {"quality": 98, "subsampling": 0} if name == "JPEG" else {}
    crop_settings = _settings(90, 120, strategy=strategy)
    plan, image = _cut(_open(upright, name, **options), crop_settings)
    turned = stored_as(upright, orientation)

    turned_plan, turned_image = _cut(
        _open(turned, name, orientation=int(orientation), **options), crop_settings
    )

    assert turned_plan.source == plan.source
    assert abs(turned_plan.crop.left - plan.crop.left) <= 1
    assert abs(turned_plan.crop.top - plan.crop.top) <= 1
    if turned_plan.crop == plan.crop:
        assert decibels(turned_image, image) > 34


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (2, 2), (3000, 2), (2, 3000)])
@pytest.mark.parametrize("target", [(1, 1), (64, 64), (100, 1), (1, 100)])
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_smallest_and_thinnest_pictures_are_cropped(
    size: tuple[int, int], target: tuple[int, int], strategy: str
) -> None:
    plan, image = _cut(_open(noise(*size)), _settings(*target, strategy=strategy))

    assert image.size == target
    assert is_inside(plan.crop, Size(*size))


@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize(
    ("mode", "level"), [("L", 90), ("RGB", 90), ("RGBA", 90), ("LA", 90), ("P", 255), ("1", 255)]
)
def test_one_colour_stays_that_colour(mode: str, level: int, strategy: str) -> None:
    image = Image.new("RGB", (70, 50), (level, level, level)).convert(mode)
    expected = image.convert("RGBA").getpixel((0, 0))

    _, result = _cut(_open(image), _settings(31, 33, strategy=strategy))

    assert {expected} == {pixel for _, pixel in result.convert("RGBA").getcolors() or ()}


@pytest.mark.parametrize("target", [(48, 48), (300, 300)])
def test_the_edge_of_a_transparent_area_is_not_darkened(target: tuple[int, int]) -> None:
    image = Image.new("RGBA", (150, 150), (0, 0, 0, 0))
    image.paste((250, 200, 150, 255), (30, 30, 120, 120))

    _, result = _cut(_open(image), _settings(*target))

    pixels = np.asarray(result).reshape(-1, 4).astype(int)
    half = pixels[(pixels[:, 3] > 30) & (pixels[:, 3] < 225)]
    assert len(half) > 20
    # One level of a premultiplied colour is 255 / alpha levels of the colour itself. At the corners
    # the kernel overshoots in both directions, and values above 255 are clipped between the passes.
    error = np.abs(half[:, :3] - [250, 200, 150]) * half[:, 3:] / 255
    assert error.mean() <= 1
    assert error.max() <= 8


def test_a_scaled_decode_gives_nearly_the_same_picture() -> None:
    """A JPEG is decoded at a half, a quarter or an eighth if that is fine enough."""
    original = photo("astronaut.png", size=(1600, 1600))
    as_png, as_jpeg = _open(original), _open(original, "JPEG", quality=97, subsampling=0)
    for side in (150, 330, 700):
        plan, exact = _cut(as_png, _settings(side, side))

        _, scaled = _cut(as_jpeg, _settings(side, side))

        assert plan.crop == Box(0, 0, 1600, 1600)
        assert decibels(scaled.convert("RGB"), exact) > 33


def test_a_picture_of_the_targets_size_is_not_changed() -> None:
    original = photo(size=(120, 80))

    _, image = _cut(_open(original), _settings(120, 80))

    assert levels_apart(image, original) == 0
