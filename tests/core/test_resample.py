"""Resampling compared with the same kernels on a picture with repeated edges."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from handler.core.geometry import Box, Region, Size
from handler.core.image.fit import Cover
from handler.core.image.resample import resample
from tests.core.compare import decibels, levels_apart
from tests.pictures import gradient, photo

untimed = settings(deadline=None)
PHOTO = photo(size=(90, 60))


def _padded(image: Image.Image, margin: int) -> Image.Image:
    pixels = np.asarray(image)
    around = [(margin, margin)] * 2 + [(0, 0)] * (pixels.ndim - 2)
    padded = np.pad(pixels, around, mode="edge")
    size = (image.width + 2 * margin, image.height + 2 * margin)
    return Image.frombytes(image.mode, size, padded.tobytes())


def by_whole_padding(image: Image.Image, region: Region, size: Size) -> Image.Image:
    """Return the expected result of `resample`: all edges repeated as far as any kernel reaches."""
    shrink = max(region.width / size.width, region.height / size.height, 1)
    overhang = max(
        -region.left, -region.top, region.right - image.width, region.bottom - image.height, 0
    )
    margin = math.ceil(overhang + 4 * shrink) + 4
    enlarging = region.width < size.width and region.height < size.height
    return _padded(image, margin).resize(
        (size.width, size.height),
        Image.Resampling.BICUBIC if enlarging else Image.Resampling.LANCZOS,
        box=(
            region.left + margin,
            region.top + margin,
            region.right + margin,
            region.bottom + margin,
        ),
        reducing_gap=None if enlarging else 2.0,
    )


@st.composite
def reads(draw: st.DrawFn, largest: int = 120) -> tuple[Region, Size]:
    """Draw the region and size that a plan reads: a window of a cover resize, or all of it."""
    target = Size(draw(st.integers(8, largest)), draw(st.integers(8, largest)))
    cover = Cover.of(Size(*PHOTO.size), target)
    if cover.resized.area < 100_000 and draw(st.booleans()):
        window = Box(0, 0, cover.resized.width, cover.resized.height)
    else:
        left = draw(st.integers(0, cover.resized.width - target.width))
        top = draw(st.integers(0, cover.resized.height - target.height))
        window = Box(left, top, target.width, target.height)
    return cover.region_of(window), Size(window.width, window.height)


@untimed
@given(reads())
def test_edges_are_repeated_on_all_sides(read: tuple[Region, Size]) -> None:
    region, size = read

    image = resample(PHOTO, region, size)

    # If the region is inside, the kernel may still reach over the edge, and Pillow then drops that
    # part of the kernel. If it reduces by four or more, its blocks also start at other pixels.
    assert decibels(image, by_whole_padding(PHOTO, region, size)) > 40


@untimed
@given(reads())
def test_a_gradient_stays_the_same_gradient(read: tuple[Region, Size]) -> None:
    region, size = read
    ramp = gradient(*PHOTO.size)

    image = resample(ramp, region, size)

    assert levels_apart(image, by_whole_padding(ramp, region, size)) <= 2


@untimed
@given(reads(), st.tuples(*[st.integers(0, 255)] * 3))
def test_one_colour_stays_that_colour(
    read: tuple[Region, Size], colour: tuple[int, int, int]
) -> None:
    region, size = read
    image = resample(Image.new("RGB", PHOTO.size, colour), region, size)

    assert image.size == (size.width, size.height)
    assert image.getextrema() == tuple((level, level) for level in colour)


def test_the_whole_picture_at_its_own_size_is_the_picture() -> None:
    region = Region(0, 0, PHOTO.width, PHOTO.height)

    assert resample(PHOTO, region, Size(*PHOTO.size)) is PHOTO


@pytest.mark.parametrize(("left", "top"), [(0, 0), (11, 7), (40, 30)])
def test_a_part_at_its_own_size_is_a_crop(left: int, top: int) -> None:
    part = resample(PHOTO, Region(left, top, 50, 30), Size(50, 30))

    assert part.tobytes() == PHOTO.crop((left, top, left + 50, top + 30)).tobytes()


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBX", "RGBa", "La"])
def test_every_mode_is_kept(mode: str) -> None:
    image = PHOTO.convert("RGBA").convert("RGBa") if mode == "RGBa" else None
    image = image or (PHOTO.convert("LA").convert("La") if mode == "La" else PHOTO.convert(mode))

    smaller = resample(image, Region(-0.5, -0.5, 91, 61), Size(45, 30))

    assert smaller.mode == mode
    assert decibels(smaller, by_whole_padding(image, Region(-0.5, -0.5, 91, 61), Size(45, 30))) > 45


def test_enlarging_starts_half_a_pixel_early() -> None:
    """Libvips samples at x·shrink, not at the centre of the new pixel."""
    ramp = gradient(64, 64)
    cover = Cover.of(Size(64, 64), Size(128, 128))

    larger = resample(ramp, cover.region_of(Box(0, 0, 128, 128)), Size(128, 128))

    levels = np.asarray(larger)[64, :, 0].astype(float)
    positions = np.arange(128) / 2 - 0.5
    expected = np.interp(positions, np.arange(64), np.asarray(ramp)[32, :, 0].astype(float))
    assert np.abs(levels - expected)[4:-4].max() <= 1


def test_transparent_pixels_do_not_bleed() -> None:
    """The edge of a red square on transparent green stays red."""
    image = Image.new("RGBA", (64, 64), (0, 255, 0, 0))
    image.paste((255, 0, 0, 255), (16, 16, 48, 48))

    small = resample(image.convert("RGBa"), Region(0, 0, 64, 64), Size(21, 21)).convert("RGBA")

    pixels = np.asarray(small).reshape(-1, 4)
    edge = pixels[pixels[:, 3] > 16]
    assert len(edge) > 100
    assert edge[:, 1].max() <= 8
    assert edge[:, 0].min() >= 247


@pytest.mark.parametrize("wide", [True, False])
def test_a_long_picture_is_reduced_one_axis_after_the_other(
    wide: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = photo().resize((300, 12)) if wide else photo().resize((12, 300))
    region = Region(0, -8, 300, 28) if wide else Region(-8, 0, 28, 300)
    size = Size(30, 3) if wide else Size(3, 30)
    both = np.asarray(resample(image, region, size), np.int16)
    monkeypatch.setattr("handler.core.image.resample._PADDED_TIMES", 0)
    monkeypatch.setattr("handler.core.image.resample._PADDED_PIXELS", 0)
    by_axis = np.asarray(resample(image, region, size), np.int16)
    # Each axis is rounded by itself.
    assert np.abs(both - by_axis).max() <= 2
