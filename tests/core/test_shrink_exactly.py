"""The integer shrink, exact to the bit as in libvips."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from handler.core.geometry import Region, Size
from handler.core.image.vips_shrink import shrink_exactly
from tests.pictures import gradient, noise

# Results of sharp 0.35.5 (libvips 8.18.7) for `pattern`: resize(width, height, {fit: "fill"}).
SHRUNK_BY_SHARP = {
    Size(9, 7): """
         25 115 151 147 146 137 105 151 123
        119 153 120 142 129 135 138 123 129
        198 107 140 111 141 140 132 134 125
        115 128 147 122  99 121 128 137 150
         99 156 120 134 118 132 112 145 105
        174 124 128 141 121  98  81 147 132
        125 124 123 141 106 179 141  98 153
    """,
    Size(5, 3): """
        108 141 141 133 131
        142 127 116 128 133
        131 132 129 121 130
    """,
}


def pattern() -> Image.Image:
    """Return a picture of 23 x 17 pixels that are unlike their neighbours."""
    y, x = np.mgrid[:17, :23]
    return Image.fromarray((x * x * 7 + y * 31 + x * y * 3).astype(np.uint8))


def whole(image: Image.Image) -> Region:
    return Region(0, 0, image.width, image.height)


@pytest.mark.parametrize("size", SHRUNK_BY_SHARP, ids=str)
def test_every_pixel_equals_that_of_sharp(size: Size) -> None:
    expected = np.array(SHRUNK_BY_SHARP[size].split(), int).reshape(size.height, size.width)
    image = pattern()
    assert shrink_exactly(image, whole(image), size)[..., 0].tolist() == expected.tolist()


@given(
    width=st.integers(8, 90),
    height=st.integers(8, 90),
    shrink=st.floats(1, 7),
    cut=st.tuples(*[st.floats(0, 1)] * 4),
)
def test_a_window_is_shrunk_on_the_grid_of_the_whole(
    width: int, height: int, shrink: float, cut: tuple[float, float, float, float]
) -> None:
    image = noise(width, height)
    size = Size(max(1, round(width / shrink)), max(1, round(height / shrink)))
    x, y = (width - size.width * shrink) / 2, (height - size.height * shrink) / 2
    left, right = sorted(int(share * (size.width - 1)) for share in cut[:2])
    top, bottom = sorted(int(share * (size.height - 1)) for share in cut[2:])
    part = Size(right - left + 1, bottom - top + 1)
    window = shrink_exactly(
        image,
        Region(x + left * shrink, y + top * shrink, part.width * shrink, part.height * shrink),
        part,
    )
    region = Region(x, y, size.width * shrink, size.height * shrink)
    expected = shrink_exactly(image, region, size)[top : bottom + 1, left : right + 1]
    # A centre on the boundary between two of the 64 phases may be rounded to either.
    assert np.abs(window.astype(int) - expected).max() <= 255 * 4 / 64


@given(value=st.integers(0, 255), width=st.integers(1, 200), height=st.integers(1, 200))
def test_a_flat_picture_stays_flat(value: int, width: int, height: int) -> None:
    image = Image.new("L", (width, height), value)
    shrunk = shrink_exactly(image, whole(image), Size(max(1, width // 3), max(1, height // 3)))
    # Weights are truncated to 1/4096, which may lose one level on each axis.
    assert np.abs(shrunk.astype(int) - value).max() <= 2


def test_edge_pixels_are_repeated_outside_the_picture() -> None:
    image = gradient(30, 20)
    outside = shrink_exactly(image, Region(-30, -20, 9, 6), Size(6, 4))
    assert (np.abs(outside.astype(int) - image.getpixel((0, 0))) <= 2).all()
