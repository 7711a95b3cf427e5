"""Reading parts of a decoded picture."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from handler.core.geometry import Box, Orientation, Region, Size
from handler.core.image.alpha import DecodedImage
from handler.core.image.fit import Cover
from handler.core.image.frame import Pixels
from handler.core.image.orientation import turn_upright
from tests.core.compare import decibels
from tests.pictures import noise, photo

untimed = settings(deadline=None)
PHOTO = photo(size=(90, 60))
# The operations that undo a turn.
INVERSE = {
    Orientation.TURN_RIGHT: Orientation.TURN_LEFT,
    Orientation.TURN_LEFT: Orientation.TURN_RIGHT,
}


def stored_as(upright: Image.Image, orientation: Orientation) -> Image.Image:
    """Return a picture as a camera with that orientation stores it."""
    return turn_upright(upright, INVERSE.get(orientation, orientation))


def _pixels(image: Image.Image = PHOTO) -> Pixels:
    return Pixels(DecodedImage(image.copy()), Orientation.UPRIGHT)


@untimed
@given(data=st.data(), width=st.integers(4, 60), height=st.integers(4, 60))
def test_a_part_of_the_last_reading_resembles_a_fresh_one(
    data: st.DataObject, width: int, height: int
) -> None:
    target = Size(width, height)
    cover = Cover.of(Size(*PHOTO.size), target)
    left = data.draw(st.integers(0, cover.resized.width - target.width))
    top = data.draw(st.integers(0, cover.resized.height - target.height))
    window = cover.region_of(Box(left, top, width, height))
    whole = cover.region_of(Box(0, 0, cover.resized.width, cover.resized.height))
    pixels = _pixels()
    pixels.read(whole, cover.resized)

    part = pixels.read(window, target)

    # A fresh reading ignores pixels outside its own region, and its blocks start at other pixels if
    # it reduces by four or more.
    assert decibels(part, _pixels().read(window, target)) > 38


@untimed
@given(data=st.data())
def test_a_part_of_the_last_reading_is_cut_from_it(data: st.DataObject) -> None:
    left, top = data.draw(st.integers(0, 20)), data.draw(st.integers(0, 10))
    width, height = data.draw(st.integers(1, 20)), data.draw(st.integers(1, 15))
    pixels = _pixels()
    whole = pixels.read(Region(0, 0, 90, 60), Size(45, 30))

    part = pixels.read(Region(2 * left, 2 * top, 2 * width, 2 * height), Size(width, height))

    assert part.tobytes() == whole.crop((left, top, left + width, top + height)).tobytes()


@pytest.mark.parametrize(
    ("region", "size"),
    [
        (Region(1, 0, 60, 40), Size(30, 20)),  # off the grid by half a pixel
        (Region(0, 0, 60, 40), Size(20, 20)),  # another scale across
        (Region(-2, 0, 60, 40), Size(30, 20)),  # outside what was read
        (Region(40, 30, 60, 40), Size(30, 20)),
    ],
)
def test_any_other_reading_is_resampled_again(region: Region, size: Size) -> None:
    pixels = _pixels()
    pixels.read(Region(0, 0, 90, 60), Size(45, 30))

    assert pixels.read(region, size).tobytes() == _pixels().read(region, size).tobytes()


@pytest.mark.parametrize("orientation", list(Orientation))
def test_a_picture_is_read_upright(orientation: Orientation) -> None:
    upright = noise(91, 60)
    region, size = Region(7.5, 3.25, 70, 40), Size(35, 20)

    pixels = Pixels(DecodedImage(stored_as(upright, orientation)), orientation)

    assert pixels.size == Size(91, 60)
    # The axes are resampled one after the other, with rounding between them.
    assert decibels(pixels.read(region, size), _pixels(upright).read(region, size)) > 48


@pytest.mark.parametrize("orientation", list(Orientation))
def test_a_crop_is_upright_and_exact_to_the_pixel(orientation: Orientation) -> None:
    upright = noise(31, 20)

    part = Pixels(DecodedImage(stored_as(upright, orientation)), orientation).crop(Box(3, 5, 11, 7))

    assert part.tobytes() == upright.crop((3, 5, 14, 12)).tobytes()


def test_colours_are_converted_once_at_the_first_reading() -> None:
    calls = []

    def to_srgb(image: Image.Image) -> Image.Image:
        calls.append(image.mode)
        return image.convert("RGB")

    pixels = Pixels(DecodedImage(PHOTO.convert("CMYK")), Orientation.UPRIGHT, to_srgb)
    assert calls == []
    pixels.read(Region(0, 0, 90, 60), Size(9, 6))
    pixels.read(Region(0, 0, 45, 30), Size(9, 6))

    assert calls == ["CMYK"]


def test_alpha_is_premultiplied_before_it_is_resampled() -> None:
    image = Image.new("RGBA", (64, 64), (0, 255, 0, 0))
    image.paste((255, 0, 0, 255), (16, 16, 48, 48))

    small = Pixels(DecodedImage(image), Orientation.UPRIGHT).read(Region(0, 0, 64, 64), Size(9, 9))

    assert small.mode == "RGBa"
    assert small.getextrema()[1] == (0, 0)
