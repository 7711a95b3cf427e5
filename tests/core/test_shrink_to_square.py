"""The shrink of the attention map, exact to the bit."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from handler.core.image.vips_shrink import shrink_to_square
from tests.pictures import gradient, noise, photo

untimed = settings(deadline=None)
SIDE = 32


def _averaged(line: Sequence[int], factor: int) -> list[int]:
    """Compute vips_shrinkv on one column: sums of blocks, times a reciprocal of 32 bits."""
    blocks = math.ceil(len(line) / factor)
    extended = [*line, *[line[-1]] * (blocks * factor - len(line))]
    reciprocal = 2**32 // (256 * factor)
    sums = (sum(extended[i * factor : (i + 1) * factor]) for i in range(blocks))
    return [(total + factor // 2) * reciprocal >> 24 for total in sums]


def _lanczos(x: float) -> float:
    if x == 0:
        return 1
    if abs(x) >= 3:
        return 0
    angle = math.pi * x
    return 3 * math.sin(angle) * math.sin(angle / 3) / angle**2


def _reduced(line: Sequence[int], shrink: float, length: int) -> list[int]:
    """Compute vips_reducev on one column: 2·rint(3·shrink)+1 taps, in units of 1/4096."""
    taps = 2 * round(3 * shrink) + 1
    out = []
    for position in range(length):
        centre = (position + 0.5) * shrink
        whole = math.floor(centre)
        phase = (int((centre - whole) * 128) + 1) // 2 / 64
        weights = [_lanczos((i - (phase + taps / 2 - 1)) / shrink) for i in range(taps)]
        fixed = [int(weight / sum(weights) * 4096) for weight in weights]
        first = whole - (math.ceil(taps / 2) - 1)
        pixels = [line[min(max(first + i, 0), len(line) - 1)] for i in range(taps)]
        total = sum(weight * pixel for weight, pixel in zip(fixed, pixels, strict=True))
        out.append(min(max((total + 2048) >> 12, 0), 255))
    return out


def _shrunk(line: Sequence[int], length: int) -> list[int]:
    shrink = len(line) / length
    factor = max(1, math.floor(shrink / 2))
    return _reduced(_averaged(line, factor), shrink / factor, length)


def by_plain_loops(image: Image.Image, side: int) -> npt.NDArray[np.uint8]:
    """Return the expected result of `shrink_to_square`, by integer loops over the pixels."""
    pixels = np.asarray(image).reshape(image.height, image.width, -1).tolist()
    bands = len(pixels[0][0])
    result = np.empty((side, side, bands), np.uint8)
    for band in range(bands):
        columns = [_shrunk([row[x][band] for row in pixels], side) for x in range(image.width)]
        for y in range(side):
            result[y, :, band] = _shrunk([column[y] for column in columns], side)
    return result


@pytest.mark.parametrize("size", [(33, 32), (40, 70), (64, 64), (65, 130), (97, 33), (160, 45)])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_the_result_equals_the_integer_arithmetic_of_libvips(
    size: tuple[int, int], mode: str
) -> None:
    image = noise(*size).convert(mode)

    assert np.array_equal(shrink_to_square(image, SIDE), by_plain_loops(image, SIDE))


@untimed
@given(
    width=st.integers(1, 300),
    height=st.integers(1, 300),
    colour=st.tuples(*[st.integers(0, 255)] * 3),
)
def test_one_colour_stays_that_colour(
    width: int, height: int, colour: tuple[int, int, int]
) -> None:
    small = shrink_to_square(Image.new("RGB", (width, height), colour), SIDE)

    # The weights are truncated, not rounded, to 1/4096.
    assert small.shape == (SIDE, SIDE, 3)
    assert np.abs(small.astype(int) - colour).max() <= 1


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBX", "La", "RGBa"])
def test_every_mode_keeps_its_bands(mode: str) -> None:
    image = Image.new(mode, (100, 50))

    assert shrink_to_square(image, SIDE).shape == (SIDE, SIDE, len(image.getbands()))


@pytest.mark.parametrize("size", [(1, 1), (1, 5), (16, 16), (24, 36), (31, 500), (500, 3)])
def test_a_small_picture_is_enlarged(size: tuple[int, int]) -> None:
    small = shrink_to_square(gradient(*size), SIDE).astype(int)

    reds, greens = small[..., 0], small[..., 1]
    assert (np.diff(reds, axis=1) >= -1).all()
    assert (np.diff(greens, axis=0) >= -1).all()
    assert np.ptp(reds) > 200 if size[0] > 1 else np.ptp(reds) <= 1
    assert np.ptp(greens) > 200 if size[1] > 1 else np.ptp(greens) <= 1


def test_a_picture_of_the_maps_size_is_unchanged() -> None:
    image = photo(size=(SIDE, SIDE))

    assert np.array_equal(shrink_to_square(image, SIDE), np.asarray(image))
