"""The entropy strategy."""

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from handler.core.geometry import Box, Size
from handler.core.subject.entropy import busiest_window
from tests.core.test_geometry import is_inside
from tests.pictures import scene

untimed = settings(deadline=None)
Pixels = npt.NDArray[np.uint8]
QUARTERS = [(100, 75), (300, 75), (100, 225), (300, 225)]


def _entropy(pixels: Pixels) -> float:
    """Return the entropy over levels and bands, summed in their order so that ties are equal."""
    samples = pixels.astype(int) + 256 * np.arange(pixels.shape[2])
    _, counts = np.unique(samples, return_counts=True)
    share = counts / pixels.size
    return float(-(share * np.log2(share)).sum())


def by_cutting_copies(pixels: Pixels, target: Size) -> tuple[Pixels, int, int]:
    """Return the expected result of `busiest_window`, by removing strips from copies."""
    height, width = pixels.shape[:2]
    strip = max(math.ceil((width - target.width) / 8), math.ceil((height - target.height) / 8))
    left = top = 0
    while pixels.shape[1] > target.width or pixels.shape[0] > target.height:
        if (cut := min(pixels.shape[1] - target.width, strip)) > 0:
            near, far = pixels[:, :cut], pixels[:, -cut:]
            goes_near = _entropy(near) < _entropy(far)
            left += cut * goes_near
            pixels = pixels[:, cut:] if goes_near else pixels[:, :-cut]
        if (cut := min(pixels.shape[0] - target.height, strip)) > 0:
            near, far = pixels[:cut], pixels[-cut:]
            goes_near = _entropy(near) < _entropy(far)
            top += cut * goes_near
            pixels = pixels[cut:] if goes_near else pixels[:-cut]
    return pixels, left, top


@untimed
@given(data=st.data(), bands=st.integers(1, 4))
def test_the_window_equals_the_rest_after_cutting_strips(data: st.DataObject, bands: int) -> None:
    height, width = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40))
    target = Size(data.draw(st.integers(1, width)), data.draw(st.integers(1, height)))
    levels = st.sampled_from([0, 1, 2, 200, 255])
    pixels = data.draw(arrays.arrays(np.uint8, (height, width, bands), elements=levels))

    window = busiest_window(pixels, target)

    left_over, left, top = by_cutting_copies(pixels, target)
    assert is_inside(window, Size(width, height))
    assert window == Box(left, top, target.width, target.height)
    assert np.array_equal(pixels[window.top : window.bottom, window.left : window.right], left_over)


@pytest.mark.parametrize("focus", QUARTERS)
@pytest.mark.parametrize("target", [(150, 150), (200, 100), (120, 300), (400, 90)])
def test_texture_is_kept(focus: tuple[int, int], target: tuple[int, int]) -> None:
    pixels = np.asarray(scene(400, 300, focus))

    window = busiest_window(pixels, Size(*target))

    assert window.left <= focus[0] < window.right
    assert window.top <= focus[1] < window.bottom


def test_of_equal_strips_the_right_or_bottom_one_is_removed() -> None:
    flat = np.full((30, 40, 3), 128, np.uint8)

    assert busiest_window(flat, Size(10, 10)) == Box(0, 0, 10, 10)


def test_a_picture_of_the_targets_size_is_left_whole() -> None:
    flat = np.zeros((7, 5, 1), np.uint8)

    assert busiest_window(flat, Size(5, 7)) == Box(0, 0, 5, 7)


def test_each_band_has_its_own_histogram() -> None:
    """As in libvips, the same level in two bands counts as two values."""
    pixels = np.zeros((8, 16, 2), np.uint8)
    pixels[:, :8] = 255
    pixels[:4, 8:, 0] = 255

    assert busiest_window(pixels, Size(8, 8)) == Box(8, 0, 8, 8)
