"""Products on uneven, noisy and dirty backgrounds."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from handler.core.geometry import Box
from handler.core.trim.uneven_background import find_product
from tests.core import silhouettes as shapes
from tests.core.product_shots import (
    Scene,
    cloth,
    edge_of_the_scanner,
    fibres,
    make,
    slope,
    speck_in_the_corner,
    spot,
    sweep,
    vignette,
    waves,
)
from tests.pictures import noise, photo

# The default of the setting.
THRESHOLD = 30
OFF_WHITE, CREAM, GREY, DARK = (246, 244, 240), (240, 232, 214), (128, 128, 130), (18, 18, 22)
ON_DARK = (90, 250)

SCENES = {
    "white": Scene(shapes.ellipse),
    "off-white": Scene(shapes.bottle, background=OFF_WHITE),
    "grey": Scene(shapes.star, background=GREY, tone=(200, 250)),
    "black": Scene(shapes.slab, background=DARK, tone=ON_DARK),
    "a colour": Scene(shapes.ellipse, background=(40, 150, 90), texture="chelsea.png"),
    "noise on white": Scene(shapes.star, noise=8),
    "noise on off-white": Scene(shapes.ellipse, background=OFF_WHITE, noise=12),
    "strong noise on grey": Scene(shapes.slab, background=GREY, tone=(0, 60), noise=20),
    "noise of a small picture": Scene(shapes.ellipse, background=CREAM, noise=15, size=(400, 300)),
    "noise of a large picture": Scene(
        shapes.chair, background=GREY, noise=20, size=(2000, 1500), tone=(0, 60)
    ),
    "noise in the dark": Scene(shapes.bottle, background=DARK, tone=ON_DARK, noise=10),
    "JPEG of quality 30": Scene(shapes.star, background=OFF_WHITE, jpeg=30),
    "JPEG of quality 50, noise": Scene(shapes.ellipse, background=CREAM, noise=6, jpeg=50),
    "JPEG of quality 30, small": Scene(
        shapes.bottle, jpeg=30, size=(320, 400), place=(0.1, 0.15, 0.6)
    ),
    "JPEG of quality 90, colour": Scene(
        shapes.star, background=(200, 60, 70), jpeg=90, texture="chelsea.png", tone=(0, 255)
    ),
    "light from the left": Scene(shapes.ellipse, background=(250, 250, 250), light=slope(-60, 0)),
    "light from a corner": Scene(
        shapes.star, background=(250, 248, 240), light=slope(-50, -70), noise=4
    ),
    "light from above on grey": Scene(
        shapes.slab, background=(190, 190, 190), light=slope(0, -110), tone=(0, 40)
    ),
    "light from below on black": Scene(
        shapes.bottle, background=(10, 10, 10), light=slope(0, 60), tone=(150, 250)
    ),
    "vignette": Scene(shapes.ellipse, background=(240, 240, 240), light=vignette(90)),
    "vignette with noise and JPEG": Scene(
        shapes.star, background=OFF_WHITE, light=vignette(60), noise=6, jpeg=70
    ),
    "spotlight": Scene(shapes.bottle, background=(235, 230, 225), light=spot(110)),
    "spotlight with noise": Scene(
        shapes.ellipse, background=(200, 200, 205), light=spot(80), noise=8, tone=(0, 50)
    ),
    "paper sweep": Scene(shapes.lamp, background=(245, 245, 245), light=sweep(70)),
    "paper sweep with noise": Scene(
        shapes.chair, background=(235, 235, 235), light=sweep(50), noise=6
    ),
    "wavy paper": Scene(shapes.text, background=(225, 222, 212), light=waves(30), texture=None),
    "wavy paper, much": Scene(
        shapes.slab, background=(220, 220, 215), light=waves(50), tone=(0, 90)
    ),
    "grain of paper": Scene(shapes.slab, background=CREAM, damage=fibres),
    "cloth": Scene(shapes.bottle, background=GREY, tone=(180, 255), damage=cloth),
    "specks": Scene(shapes.ellipse, dust=(40, 0.004)),
    "many specks": Scene(shapes.star, background=OFF_WHITE, dust=(150, 0.003), noise=5),
    "large specks": Scene(shapes.bottle, background=CREAM, dust=(25, 0.008)),
    "scratches": Scene(shapes.ellipse, background=DARK, tone=ON_DARK, scratches=6),
    "scratches on a scan": Scene(
        shapes.slab, background=CREAM, scratches=5, dust=(60, 0.003), noise=5
    ),
    "a speck in the corner": Scene(shapes.star, damage=speck_in_the_corner),
    "a speck in the corner, light": Scene(
        shapes.bottle,
        background=OFF_WHITE,
        light=slope(-30, -30),
        damage=speck_in_the_corner,
        noise=5,
    ),
    "the scanner's edge": Scene(shapes.slab, background=CREAM, damage=edge_of_the_scanner, noise=4),
    "soft shadow": Scene(shapes.ellipse, shadow=28),
    "deeper shadow": Scene(shapes.bottle, shadow=70),
    "shadow on a gradient": Scene(
        shapes.star, background=(245, 245, 245), light=slope(-20, -40), shadow=40, noise=3
    ),
    "shadow of a chair": Scene(shapes.chair, background=OFF_WHITE, shadow=60),
    "cut off below": Scene(shapes.slab, place=(0.2, 0.3, 0.6)),
    "cut off at the right": Scene(
        shapes.ellipse, place=(0.6, 0.1, 0.55), background=CREAM, noise=6
    ),
    "cut off at the left, light": Scene(
        shapes.star, place=(-0.2, 0.1, 0.55), background=(245, 245, 245), light=slope(0, -60)
    ),
    "all of one side": Scene(
        shapes.slab, place=(-0.05, 0.4, 1.1), background=OFF_WHITE, light=slope(0, -20), noise=4
    ),
    "cut off at a corner": Scene(
        shapes.slab, place=(0.5, 0.35, 0.7), background=GREY, tone=(200, 250), light=vignette(30)
    ),
    "thin legs": Scene(shapes.chair),
    "thin legs, noise and JPEG": Scene(shapes.chair, background=OFF_WHITE, noise=6, jpeg=60),
    "a cord": Scene(shapes.lamp, background=CREAM, light=slope(-25, 0)),
    "a thin ring": Scene(shapes.ring, background=OFF_WHITE, light=vignette(40), texture=None),
    "two of a pair": Scene(shapes.pair, background=OFF_WHITE, dust=(30, 0.003)),
    "a kit with screws": Scene(shapes.kit, light=slope(-30, 0)),
    "a page of text": Scene(shapes.text, background=OFF_WHITE, texture=None, jpeg=50),
    "a page of text, dusty": Scene(
        shapes.text, background=CREAM, texture=None, dust=(30, 0.003), noise=6
    ),
    "text with air between the lines": Scene(
        shapes.wide_text, background=OFF_WHITE, texture=None, noise=4, place=(0.1, 0.05, 0.6)
    ),
    "a form": Scene(shapes.form, background=OFF_WHITE, light=slope(-20, 20), texture=None, noise=4),
    "written by hand": Scene(
        shapes.hand, background=CREAM, texture=None, dust=(30, 0.003), noise=4
    ),
    "low contrast": Scene(
        shapes.ellipse, background=(215, 215, 215), texture=None, tone=(165, 165), noise=4
    ),
    "low contrast, strong noise": Scene(
        shapes.slab, background=GREY, texture=None, tone=(70, 70), noise=16
    ),
    "low contrast in colour": Scene(
        shapes.star, background=(200, 190, 180), texture="chelsea.png", tone=(100, 160), noise=6
    ),
    "a small product": Scene(
        shapes.star, place=(0.6, 0.5, 0.06), background=OFF_WHITE, noise=5, dust=(20, 0.003)
    ),
    "a product that fills the picture": Scene(
        shapes.ellipse, place=(0.02, -0.09, 0.93), light=slope(-20, 0)
    ),
    "large": Scene(
        shapes.lamp,
        background=CREAM,
        light=vignette(50),
        noise=8,
        size=(2400, 1800),
        dust=(80, 0.002),
    ),
    "upright": Scene(
        shapes.bottle,
        size=(800, 1200),
        background=OFF_WHITE,
        light=slope(-20, -50),
        place=(0.05, 0.2, 0.55),
    ),
    "a panorama": Scene(
        shapes.chair,
        size=(1600, 400),
        place=(0.5, 0.03, 0.2),
        background=GREY,
        tone=(0, 60),
        light=slope(60, 0),
        noise=6,
    ),
}


def misses(box: Box, expected: Box, size: tuple[int, int]) -> float:
    """Return the largest error of an edge, in percent of the picture's side."""
    width, height = size
    across = max(abs(box.left - expected.left), abs(box.right - expected.right))
    down = max(abs(box.top - expected.top), abs(box.bottom - expected.bottom))
    return max(across / width, down / height) * 100


@pytest.mark.parametrize("name", SCENES)
def test_the_box_is_within_one_percent_of_the_true_one(name: str) -> None:
    shot = make(SCENES[name])

    box, _ = find_product(shot.image, THRESHOLD)

    assert box is not None
    assert misses(box, shot.box, shot.image.size) <= 1, (box, shot.box)


LIT = Scene(shapes.bottle, background=OFF_WHITE, light=slope(-20, -50), noise=4, size=(600, 450))


@pytest.mark.parametrize("mode", ["L", "RGBX", "RGBA", "CMYK"])
def test_pictures_of_any_mode_are_searched(mode: str) -> None:
    shot = make(LIT)
    plain, colour = find_product(shot.image, THRESHOLD)

    box, median = find_product(shot.image.convert(mode), THRESHOLD)

    assert plain is not None
    assert box is not None
    assert misses(box, shot.box, shot.image.size) <= 1
    if mode == "CMYK":  # the same colour in inks
        assert median == (*(255 - value for value in colour), 0)
    elif mode != "L":
        assert (box, median[:3]) == (plain, colour)
    assert len(median) == {"L": 1, "RGBX": 3, "RGBA": 4, "CMYK": 4}[mode]


def test_transparent_pixels_are_not_content() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (150, 200, 4), np.uint8)
    pixels[..., 3] = 0
    pixels[30:110, 40:160, 3] = 255

    assert find_product(Image.fromarray(pixels), THRESHOLD)[0] == Box(40, 30, 120, 80)


def test_half_transparent_pixels_are_content_by_their_alpha() -> None:
    image = Image.new("RGBA", (200, 150))
    image.paste((0, 0, 0, 128), (40, 30, 160, 110))

    assert find_product(image, THRESHOLD) == (Box(40, 30, 120, 80), (0, 0, 0, 0))


def test_the_background_is_the_median_colour_of_the_edge() -> None:
    image = Image.new("RGB", (200, 150), (250, 240, 230))
    image.paste("black", (0, 100, 120, 150))

    box, colour = find_product(image, THRESHOLD)

    assert box == Box(0, 100, 120, 50)
    assert colour == (250, 240, 230)


def test_a_clean_edge_is_found_to_the_pixel() -> None:
    image = Image.new("RGB", (400, 300), "white")
    image.paste(photo(size=(173, 91)).point(lambda value: min(value, 200)), (67, 101))

    assert find_product(image, THRESHOLD)[0] == Box(67, 101, 173, 91)


@pytest.mark.parametrize("name", ["white", "light from a corner", "spotlight with noise", "cloth"])
@pytest.mark.parametrize("dust", [(0, 0), (40, 0.006)])
def test_a_background_alone_has_no_content(name: str, dust: tuple[int, float]) -> None:
    empty = replace(SCENES[name], tone=(0, 0), texture=None, place=(0.5, 0.5, 0.004), dust=dust)

    assert find_product(make(empty).image, THRESHOLD)[0] is None


@pytest.mark.parametrize("name", ["chelsea.png", "astronaut.png", "coffee.png", "rocket.jpg"])
def test_a_photo_without_a_plain_background_is_kept_almost_whole(name: str) -> None:
    image = photo(name)

    box, _ = find_product(image, THRESHOLD)

    assert box is not None
    assert box.width * box.height > 0.8 * image.width * image.height


def test_a_higher_threshold_ignores_more() -> None:
    image = Image.new("RGB", (200, 150), (230, 230, 230))
    image.paste((180, 180, 180), (20, 20, 180, 130))
    image.paste((60, 60, 60), (50, 50, 100, 100))

    boxes = [find_product(image, threshold)[0] for threshold in (0, 49, 50, 169, 170, 255)]

    assert boxes == [Box(20, 20, 160, 110)] * 2 + [Box(50, 50, 50, 50)] * 2 + [None] * 2


@pytest.mark.parametrize(
    "turn", [Image.Transpose.FLIP_LEFT_RIGHT, Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180]
)
def test_a_turned_picture_has_the_turned_box(turn: Image.Transpose) -> None:
    shot = make(LIT)
    mask = Image.new("1", shot.image.size)
    mask.paste(1, (shot.box.left, shot.box.top, shot.box.right, shot.box.bottom))
    turned = shot.image.transpose(turn)
    left, top, right, bottom = mask.transpose(turn).getbbox() or (0, 0, 0, 0)

    box, _ = find_product(turned, THRESHOLD)

    assert box is not None
    assert misses(box, Box(left, top, right - left, bottom - top), turned.size) <= 1


@pytest.mark.parametrize("size", [(5000, 1), (1, 5000), (3000, 2), (2, 2), (1, 1), (17, 900)])
@pytest.mark.parametrize("threshold", [0, 30, 255])
def test_any_size_is_searched(size: tuple[int, int], threshold: int) -> None:
    box, _ = find_product(noise(*size), threshold)

    if box is not None:
        assert 0 <= box.left < box.right <= size[0]
        assert 0 <= box.top < box.bottom <= size[1]
