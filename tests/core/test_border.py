"""Trim compared with a naive search of the whole picture that follows sharp's source."""

from unittest.mock import patch

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from handler.core.geometry import Box
from handler.core.trim import border
from handler.core.trim.border import corner_colour, find_content

Ints = npt.NDArray[np.int64]

BANDS = {"L": 1, "RGB": 3, "RGBX": 4, "RGBA": 4, "CMYK": 4}
# Few values, so that colours repeat, and close ones, so that thresholds fall between them.
levels = st.sampled_from([0, 1, 29, 30, 31, 60, 128, 200, 225, 226, 254, 255])
thresholds = st.sampled_from([0, 1, 29, 30, 31, 100, 254, 255])


@st.composite
def pictures(draw: st.DrawFn, modes: tuple[str, ...] = tuple(BANDS)) -> Image.Image:
    """Draw pictures with a few rectangles and specks on a plain background."""
    mode = draw(st.sampled_from(modes))
    width, height = draw(st.integers(1, 14)), draw(st.integers(1, 14))
    pixels = np.empty((height, width, BANDS[mode]), np.uint8)
    pixels[...] = draw(arrays(np.uint8, BANDS[mode], elements=levels))
    for _ in range(draw(st.integers(0, 4))):
        left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
        right, bottom = draw(st.integers(left, width)), draw(st.integers(top, height))
        plain, patterned = (BANDS[mode],), (bottom - top, right - left, BANDS[mode])
        shape = draw(st.sampled_from([plain, patterned]))
        pixels[top:bottom, left:right] = draw(arrays(np.uint8, shape, elements=levels))
    return like(mode, pixels)


def like(mode: str, pixels: npt.NDArray[np.uint8]) -> Image.Image:
    return Image.frombytes(mode, (pixels.shape[1], pixels.shape[0]), pixels.tobytes())


def naive_content(
    image: Image.Image, threshold: int, background: tuple[int, ...], *, line_art: bool = False
) -> Box | None:
    """Search the whole picture with the steps of `vips_find_trim`."""
    pixels = np.asarray(image).astype(np.int64).reshape(image.height, image.width, -1)
    expected = np.array(background)
    if image.mode == "RGBA":
        alpha = pixels[..., 3:]
        flat = (pixels[..., :3] * alpha + expected[:3] * (255 - alpha)) // 255
        pixels = np.concatenate([flat, alpha], axis=2)
    pixels = pixels[..., : len(background)]
    smooth = pixels if line_art else median(pixels)
    content = (np.abs(smooth - expected) > threshold).any(axis=2)
    rows, columns = np.flatnonzero(content.any(axis=1)), np.flatnonzero(content.any(axis=0))
    if not len(rows):
        return None
    left, top = int(columns[0]), int(rows[0])
    return Box(left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top)


def median(pixels: Ints) -> Ints:
    """Return the median of 3x3 pixels, with the edges repeated."""
    height, width = pixels.shape[:2]
    padded = np.pad(pixels, [(1, 1), (1, 1), (0, 0)], mode="edge")
    shifted = [padded[y : y + height, x : x + width] for y in range(3) for x in range(3)]
    return np.asarray(np.median(shifted, axis=0), np.int64)


def white(width: int, height: int, mode: str = "RGB") -> Image.Image:
    return Image.new(mode, (width, height), "white")


def search(image: Image.Image, threshold: int = 30) -> Box | None:
    return find_content(image, threshold, corner_colour(image))


@given(image=pictures(), threshold=thresholds)
def test_the_box_equals_that_of_a_naive_search(image: Image.Image, threshold: int) -> None:
    expected = naive_content(image, threshold, corner_colour(image))

    assert search(image, threshold) == expected


@given(image=pictures(), threshold=thresholds)
def test_line_art_is_searched_without_a_median(image: Image.Image, threshold: int) -> None:
    background = corner_colour(image)
    expected = naive_content(image, threshold, background, line_art=True)

    assert find_content(image, threshold, background, line_art=True) == expected


@given(image=pictures(), threshold=thresholds, lines=st.integers(1, 4))
def test_strips_of_any_height_find_the_same_box(
    image: Image.Image, threshold: int, lines: int
) -> None:
    expected = naive_content(image, threshold, corner_colour(image))

    with patch.multiple(border, _FEWEST_LINES=lines, _STRIP_BYTES=1):
        assert search(image, threshold) == expected


@given(image=pictures(), threshold=thresholds, data=st.data())
def test_any_colour_can_be_the_background(
    image: Image.Image, threshold: int, data: st.DataObject
) -> None:
    bands = len(corner_colour(image))
    background = tuple(data.draw(levels) for _ in range(bands))

    expected = naive_content(image, threshold, background)
    assert find_content(image, threshold, background) == expected


@pytest.mark.parametrize("edge", [-1, 0, 1])
@pytest.mark.parametrize("side", ["left", "top", "right", "bottom"])
def test_content_is_found_on_either_side_of_a_strip_boundary(side: str, edge: int) -> None:
    width, height = 900, 700
    strip = 128 * 1024 // (3 * (width if side in ("top", "bottom") else 100)) + edge
    box = {
        "left": (strip, 300, 600, 400),
        "top": (400, strip, 500, 500),
        "right": (400, 300, width - strip, 400),
        "bottom": (400, 300, 500, height - strip),
    }[side]
    image = white(width, height)
    image.paste("black", box)

    left, top, right, bottom = box
    # The median removes corners, but no part of a side.
    assert search(image) == Box(left, top, right - left, bottom - top)


@pytest.mark.parametrize("place", [(0, 0), (90, 0), (0, 70), (90, 70), (40, 0), (0, 30)])
def test_content_at_an_edge_or_corner_is_kept(place: tuple[int, int]) -> None:
    image = white(100, 80)
    image.paste("black", (*place, place[0] + 10, place[1] + 10))

    # The top left corner is the background itself, so the rest of the white is content.
    expected = Box(*place, 10, 10) if place != (0, 0) else Box(0, 0, 100, 80)
    assert search(image) == expected


@pytest.mark.parametrize("place", [(1, 1), (5, 5), (9, 0), (0, 7), (9, 7)])
def test_a_single_pixel_is_a_speck(place: tuple[int, int]) -> None:
    image = white(10, 8)
    image.putpixel(place, (0, 0, 0))

    # In a corner it is repeated three times, which makes four of nine.
    assert search(image) is None


def test_a_line_of_one_pixel_is_a_scratch_and_one_of_two_is_content() -> None:
    image = white(40, 30)
    image.paste("black", (10, 5, 11, 25))
    assert search(image) is None

    image.paste("black", (11, 5, 12, 25))
    assert search(image) == Box(10, 6, 2, 18)  # the median removes its ends


def test_the_threshold_is_the_last_value_that_is_background() -> None:
    image = white(20, 20)
    image.paste((255, 225, 255), (5, 5, 15, 15))

    assert search(image, 30) is None
    assert search(image, 29) == Box(5, 5, 10, 10)


@pytest.mark.parametrize("mode", list(BANDS))
def test_no_picture_exceeds_a_threshold_of_255(mode: str) -> None:
    pixels = np.random.default_rng(1).choice([0, 255], (30, 40, BANDS[mode])).astype(np.uint8)

    assert search(like(mode, pixels), 255) is None


def test_at_threshold_0_any_difference_is_content() -> None:
    image = white(20, 20)
    image.paste((255, 255, 254), (5, 6, 15, 16))

    assert search(image, 0) == Box(5, 6, 10, 10)


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (1, 2), (2, 2)])
@pytest.mark.parametrize("mode", list(BANDS))
def test_the_smallest_pictures_can_be_searched(mode: str, size: tuple[int, int]) -> None:
    assert search(Image.new(mode, size, "white")) is None

    # Of three pixels in a row the last, repeated outside, has the majority in the median.
    row = Image.new(mode, (3, 1), "white")
    row.putpixel((2, 0), Image.new(mode, (1, 1), "black").getpixel((0, 0)) or 0)
    assert search(row) == Box(2, 0, 1, 1)


def test_the_fourth_byte_of_an_rgbx_pixel_is_ignored() -> None:
    pixels = np.full((20, 20, 4), 255, np.uint8)
    pixels[5:15, 5:15, 3] = 0

    assert search(like("RGBX", pixels)) is None


def test_transparent_borders_are_background_regardless_of_their_colour() -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (50, 60, 4), np.uint8)
    pixels[..., 3] = 0
    pixels[10:30, 20:50] = 255

    assert search(like("RGBA", pixels)) == Box(20, 10, 30, 20)


def test_both_colour_and_alpha_are_searched() -> None:
    pixels = np.full((50, 60, 4), 255, np.uint8)
    pixels[10:20, 5:15, :3] = 0  # black on white
    pixels[30:40, 40:55, 3] = 0  # a hole, through which the background shows

    assert search(like("RGBA", pixels)) == Box(5, 10, 50, 30)


def test_content_of_the_hidden_colour_is_found_by_its_alpha() -> None:
    pixels = np.zeros((50, 60, 4), np.uint8)
    pixels[10:20, 5:15, 3] = 31

    assert search(like("RGBA", pixels)) == Box(5, 10, 10, 10)


@given(image=pictures(("RGB", "RGBA")), threshold=thresholds)
def test_a_mirrored_picture_has_the_mirrored_box(image: Image.Image, threshold: int) -> None:
    background = corner_colour(image)
    box = find_content(image, threshold, background)

    mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)

    assert find_content(mirrored, threshold, background) == (
        box and Box(image.width - box.right, box.top, box.width, box.height)
    )


@given(image=pictures(), threshold=st.integers(0, 254))
def test_a_higher_threshold_keeps_no_more(image: Image.Image, threshold: int) -> None:
    background = corner_colour(image)
    larger = find_content(image, threshold, background)
    smaller = find_content(image, threshold + 1, background)

    if smaller is None:
        return
    assert larger is not None
    assert larger.left <= smaller.left
    assert larger.top <= smaller.top
    assert larger.right >= smaller.right
    assert larger.bottom >= smaller.bottom
