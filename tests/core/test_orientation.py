"""EXIF orientation compared with Pillow's operations on real pixels."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageOps

from handler.core.geometry import Box, Orientation, Region, Size
from handler.core.image.orientation import turn_upright
from tests.pictures import encoded, noise

untimed = settings(deadline=None)
orientations = pytest.mark.parametrize("orientation", list(Orientation))
STORED = noise(13, 7)


def _as_pillow_shows_it(stored: Image.Image, orientation: Orientation) -> Image.Image:
    data = encoded(stored, "PNG", orientation=orientation)
    return ImageOps.exif_transpose(Image.open(io.BytesIO(data)))


def _pixels(image: Image.Image, box: Box) -> bytes:
    return image.crop((box.left, box.top, box.right, box.bottom)).tobytes()


@orientations
def test_pictures_are_turned_as_in_pillow(orientation: Orientation) -> None:
    expected = _as_pillow_shows_it(STORED, orientation)

    upright = turn_upright(STORED, orientation)

    assert np.array_equal(np.asarray(upright), np.asarray(expected))
    assert orientation.size(Size(*STORED.size)) == Size(*expected.size)


@orientations
def test_turning_the_size_twice_restores_it(orientation: Orientation) -> None:
    assert orientation.size(orientation.size(Size(13, 7))) == Size(13, 7)


@orientations
@untimed
@given(data=st.data())
def test_a_stored_region_has_the_pixels_of_the_upright_one(
    orientation: Orientation, data: st.DataObject
) -> None:
    upright = turn_upright(STORED, orientation)
    left = data.draw(st.integers(0, upright.width - 1))
    top = data.draw(st.integers(0, upright.height - 1))
    width = data.draw(st.integers(1, upright.width - left))
    height = data.draw(st.integers(1, upright.height - top))
    box = Box(left, top, width, height)

    region = orientation.stored_region(box.region(), Size(*upright.size))
    stored_box = region.box_in(Size(*STORED.size))
    part = STORED.crop((stored_box.left, stored_box.top, stored_box.right, stored_box.bottom))

    assert stored_box.region() == region
    assert turn_upright(part, orientation).tobytes() == _pixels(upright, box)


@orientations
@untimed
@given(
    left=st.floats(-50, 50), top=st.floats(-50, 50), width=st.floats(1, 99), height=st.floats(1, 99)
)
def test_a_stored_region_keeps_its_area(
    orientation: Orientation, left: float, top: float, width: float, height: float
) -> None:
    region = Region(left, top, width, height)

    stored = orientation.stored_region(region, Size(40, 30))

    sides = (
        (stored.height, stored.width) if orientation.swaps_axes else (stored.width, stored.height)
    )
    assert sides == (width, height)
