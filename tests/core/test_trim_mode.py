"""Trim mode from the file to the result: the plan and its rendering."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from handler.codec import Limits, Picture, open_picture
from handler.core.geometry import Box, Orientation, Size
from handler.core.plan import Plan
from handler.core.planner import make_plan
from handler.core.render import render
from handler.settings import validate_settings
from tests.core.compare import decibels
from tests.core.test_frame import stored_as
from tests.pictures import encoded, noise, photo

PRODUCT = Box(30, 20, 120, 80)


def shot(
    background: str | tuple[int, ...] = "white", mode: str = "RGB", product: Box = PRODUCT
) -> Image.Image:
    """Return a photo on a plain background of 200 x 150 pixels."""
    image = Image.new(mode, (200, 150), background)
    part = photo(size=(product.width, product.height)).convert(mode)
    # No pixel of it is close to white, so its box is known.
    image.paste(part.point([min(value, 200) for value in range(256)] * len(part.getbands())),
                (product.left, product.top))  # fmt: skip
    return image


def opened(image: Image.Image, name: str = "PNG", **options: Any) -> Picture:
    return open_picture(encoded(image, name, **options), Limits(100_000_000))


def trimmed(picture: Picture, **settings: object) -> tuple[Plan, Image.Image]:
    plan = make_plan(picture, validate_settings({"mode": "trim", **settings})[0].request())
    return plan, render(picture, plan)


def pixels(image: Image.Image) -> list[object]:
    return [image.mode, image.size, image.tobytes()]


def part(image: Image.Image, box: Box) -> Image.Image:
    return image.crop((box.left, box.top, box.right, box.bottom))


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_the_content_is_not_changed(mode: str) -> None:
    image = shot(mode=mode)

    plan, result = trimmed(opened(image))

    assert (plan.crop, plan.output) == (PRODUCT, Size(120, 80))
    assert pixels(result) == pixels(part(image, PRODUCT))


def test_colours_of_transparent_pixels_are_not_changed() -> None:
    image = noise(60, 40).convert("RGBA")
    image.putalpha(Image.fromarray(np.tile(np.arange(60, dtype=np.uint8), (40, 1))))
    image.putpixel((0, 0), (255, 255, 255, 0))

    plan, result = trimmed(opened(image), threshold=20)

    assert plan.crop == Box(21, 0, 39, 40)
    assert pixels(result) == pixels(part(image, plan.crop))


def test_the_plan_describes_the_content_found() -> None:
    plan, _ = trimmed(opened(shot((250, 240, 230))))

    assert (plan.mode, plan.fallback, plan.strategy) == ("trim", None, None)
    assert plan.source == Size(200, 150)
    assert plan.background == (250, 240, 230)
    assert (plan.focus.x, plan.focus.y) == (90, 60)
    assert plan.reason == "The content that differs from the background."
    assert (plan.canvas, plan.warnings, plan.faces) == (None, (), ())


@pytest.mark.parametrize("background", ["corner", "auto", "#fff"])
def test_a_blank_picture_stays_whole_with_a_warning(background: str) -> None:
    plan, result = trimmed(opened(Image.new("RGB", (60, 40), "white")), background=background)

    assert plan.crop == Box(0, 0, 60, 40)
    assert plan.warnings == ("The picture is blank: nothing was trimmed",)
    assert plan.reason == "Only background was found."
    assert result.size == (60, 40)


def test_a_blank_picture_is_padded_like_any_other() -> None:
    image = Image.new("RGB", (60, 40), "white")

    plan, result = trimmed(opened(image), padToSquare=True, padColor="#123", trimMargin=50)

    assert plan.crop == Box(0, 0, 60, 40)
    assert result.size == (60, 60)
    assert [result.getpixel((0, y)) for y in (9, 10, 49, 50)] == [
        (0x11, 0x22, 0x33),
        *[(255, 255, 255)] * 2,
        (0x11, 0x22, 0x33),
    ]


@pytest.mark.parametrize("size", [(1, 1), (2, 2), (1, 3), (3, 1)])
@pytest.mark.parametrize("background", ["corner", "auto", "#000"])
def test_the_smallest_pictures_are_trimmed(size: tuple[int, int], background: str) -> None:
    plan, result = trimmed(opened(noise(*size)), background=background, targetSize=5, trimMargin=50)

    assert 1 <= plan.crop.width <= size[0]
    assert 1 <= plan.crop.height <= size[1]
    assert result.size == (5, 5)


@pytest.mark.parametrize("orientation", list(Orientation))
@pytest.mark.parametrize("background", ["corner", "auto"])
def test_the_background_is_that_of_the_upright_picture(
    orientation: Orientation, background: str
) -> None:
    upright = shot((255, 255, 250))
    upright.paste((0, 90, 0), (199, 0, 200, 150))  # the other three corners have another colour
    upright.paste((0, 0, 90), (0, 149, 200, 150))
    stored = stored_as(upright, orientation)

    plan, result = trimmed(
        opened(stored, "PNG", orientation=int(orientation)), background=background
    )

    assert plan.source == Size(200, 150)
    assert plan.background == (255, 255, 250)
    assert pixels(result) == pixels(part(upright, plan.crop))
    if background == "auto":  # a line along an edge is not content
        assert plan.crop == PRODUCT


def test_a_colour_can_be_given_for_the_background() -> None:
    image = shot((0, 200, 0))
    image.paste("white", (0, 0, 200, 10))

    assert trimmed(opened(image))[0].crop == Box(0, 10, 200, 140)
    assert trimmed(opened(image), background="#0c8")[0].crop == Box(0, 0, 200, 150)
    plan, _ = trimmed(opened(part(image, Box(0, 10, 200, 140))), background="#00C800")
    assert plan.crop == Box(30, 10, 120, 80)
    assert plan.background == (0, 200, 0)


@pytest.mark.parametrize(
    ("mode", "background", "expected"),
    [
        ("L", "#ffffff", (255,)),
        ("L", "#00000000", (0,)),
        ("RGBA", "#fff", (255, 255, 255, 255)),
        ("RGBA", "#00000000", (0, 0, 0, 0)),
    ],
)
def test_the_background_is_in_the_colours_of_the_file(
    mode: str, background: str, expected: tuple[int, ...]
) -> None:
    image = Image.new(mode, (40, 30), expected if len(expected) > 1 else expected[0])
    image.paste(128, (10, 10, 30, 20)) if mode == "L" else image.paste(
        (128, 128, 128, 128), (10, 10, 30, 20)
    )

    plan, _ = trimmed(opened(image), background=background)

    assert plan.background == expected
    assert plan.crop == Box(10, 10, 20, 10)


def test_a_cmyk_picture_is_searched_in_its_own_inks() -> None:
    image = Image.new("CMYK", (64, 48), (0, 0, 0, 0))
    image.paste((0, 0, 200, 0), (16, 8, 48, 40))  # yellow is nearly as light as paper

    plan, result = trimmed(opened(image, "TIFF"))

    assert plan.background == (0, 0, 0, 0)
    assert plan.crop == Box(16, 8, 32, 32)
    assert (result.mode, result.size) == ("RGB", (32, 32))


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        (0, PRODUCT),
        (5, Box(24, 14, 132, 92)),
        (10, Box(18, 8, 144, 104)),
        (20, Box(6, 0, 168, 124)),
        (50, Box(0, 0, 200, 150)),
    ],
)
def test_the_margin_is_a_share_of_the_longer_side_inside_the_picture(
    percent: int, expected: Box
) -> None:
    image = shot()

    plan, result = trimmed(opened(image), trimMargin=percent)

    assert plan.crop == expected
    assert pixels(result) == pixels(part(image, expected))


def test_a_square_is_as_large_as_its_content_needs() -> None:
    image = shot()

    plan, result = trimmed(opened(image), padToSquare=True, padColor="#ff8000")

    assert plan.output == Size(120, 120)
    assert plan.crop == PRODUCT
    expected = Image.new("RGB", (120, 120), "#ff8000")
    expected.paste(part(image, PRODUCT), (0, 20))
    assert pixels(result) == pixels(expected)


def test_a_square_size_implies_the_square() -> None:
    one, other = (
        trimmed(opened(shot()), targetSize=300, **more) for more in ({}, {"padToSquare": True})
    )

    assert one[0] == other[0]
    assert pixels(one[1]) == pixels(other[1])
    assert one[1].size == (300, 300)


@pytest.mark.parametrize("side", [37, 60, 120, 121, 250])
def test_content_is_resized_to_the_square_and_centred(side: int) -> None:
    image = shot()

    plan, result = trimmed(opened(image), targetSize=side, padColor="#000")

    assert plan.canvas is not None
    left, top, size = plan.canvas.left, plan.canvas.top, plan.cut.size
    assert (left, size.width) == (0, side)
    assert abs(size.height - side * 2 / 3) <= 0.5
    assert 0 <= side - size.height - 2 * top <= 1
    content = result.crop((0, top, side, top + size.height))
    exact = part(image, PRODUCT).resize((size.width, size.height), Image.Resampling.LANCZOS)
    assert decibels(content, exact) > 26
    background = [result.crop((0, 0, side, top)), result.crop((0, top + size.height, side, side))]
    assert all(
        strip.getcolors() == [(strip.width * strip.height, (0, 0, 0))] for strip in background
    )


@pytest.mark.parametrize("side", [40, 300])
def test_the_background_does_not_bleed_in_at_the_edges(side: int) -> None:
    image = Image.new("RGB", (200, 150), "white")
    image.paste((10, 20, 30), (30, 20, 150, 100))

    _, result = trimmed(opened(image), targetSize=side, padColor="#0a141e")

    assert result.getcolors() == [(side * side, (10, 20, 30))]


@pytest.mark.parametrize(
    ("colour", "expected"),
    [
        ("transparent", (255, 255, 255, 0)),
        ("#00000000", (0, 0, 0, 0)),
        ("#ff000080", (255, 0, 0, 128)),
    ],
)
def test_padding_may_be_transparent(colour: str, expected: tuple[int, ...]) -> None:
    _, result = trimmed(opened(shot()), padToSquare=True, padColor=colour)

    assert result.mode == "RGBA"
    assert result.getpixel((5, 5)) == expected
    assert result.crop((0, 20, 120, 100)).getchannel("A").getextrema() == (255, 255)


def test_a_transparent_product_stays_transparent_on_an_opaque_square() -> None:
    image = Image.new("RGBA", (200, 150), (0, 0, 0, 0))
    image.paste((200, 100, 50, 128), (30, 20, 150, 100))

    _, result = trimmed(opened(image), targetSize=60, padColor="#fff")

    assert result.mode == "RGBA"
    assert result.getpixel((30, 5)) == (255, 255, 255, 255)
    red, green, blue, alpha = np.asarray(result)[30, 30].tolist()
    assert alpha == 128
    assert (
        max(abs(red - 200), abs(green - 100), abs(blue - 50)) <= 1
    )  # premultiplied while it is resampled


def strokes() -> Image.Image:
    """Return lines of one pixel on white paper."""
    image = Image.new("RGB", (200, 150), "white")
    image.paste("black", (40, 30, 41, 90))
    image.paste("black", (60, 99, 170, 100))
    return image


@pytest.mark.parametrize("background", ["corner", "#fff"])
def test_line_art_keeps_lines_of_one_pixel(background: str) -> None:
    plan, _ = trimmed(opened(strokes()), background=background, lineArt=True)
    without, _ = trimmed(opened(strokes()), background=background)

    assert (plan.crop, plan.warnings) == (Box(40, 30, 130, 70), ())
    assert without.warnings == ("The picture is blank: nothing was trimmed",)


def test_auto_keeps_lines_of_one_pixel_anyway() -> None:
    plan, _ = trimmed(opened(strokes()), background="auto", lineArt=True)

    assert plan.crop == Box(40, 30, 130, 70)
    assert plan.warnings == ("lineArt: ignored, because background: auto keeps thin lines",)


sides = st.integers(1, 40)


@given(
    width=sides,
    height=sides,
    seed=st.integers(0, 9),
    margin=st.integers(0, 50),
    side=st.none() | st.integers(1, 64),
    background=st.sampled_from(["corner", "auto", "#808080"]),
    threshold=st.integers(0, 255),
)
def test_the_window_is_inside_the_picture_and_is_rendered_as_planned(
    width: int,
    height: int,
    seed: int,
    margin: int,
    side: int | None,
    background: str,
    threshold: int,
) -> None:
    source = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    picture = opened(Image.fromarray(source))
    settings: dict[str, object] = {"trimMargin": margin, "background": background}
    if side is not None:
        settings["targetSize"] = side

    plan, result = trimmed(picture, threshold=threshold, **settings)

    assert 0 <= plan.crop.left < plan.crop.right <= width
    assert 0 <= plan.crop.top < plan.crop.bottom <= height
    assert result.size == (plan.output.width, plan.output.height)
    assert side is None or result.size == (side, side)
    assert plan.background is not None
    assert len(plan.background) == 3
