"""The cover resize: sharp's sizes, and the area that each window is read from."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handler.core.geometry import Box, Size
from handler.core.image.fit import Cover

untimed = settings(deadline=None)
sizes = st.builds(Size, st.integers(1, 20_000), st.integers(1, 20_000))
targets = st.builds(Size, st.integers(1, 5_000), st.integers(1, 5_000))


def _whole(cover: Cover) -> Box:
    return Box(0, 0, cover.resized.width, cover.resized.height)


@untimed
@given(sizes, targets)
def test_the_resized_picture_covers_the_target_and_touches_it(source: Size, target: Size) -> None:
    resized = Cover.of(source, target).resized

    assert resized.width >= target.width
    assert resized.height >= target.height
    assert resized.width == target.width or resized.height == target.height


@untimed
@given(sizes, targets)
def test_the_aspect_is_kept_to_half_a_pixel(source: Size, target: Size) -> None:
    cover = Cover.of(source, target)

    for side, resized, least in (
        (source.width, cover.resized.width, target.width),
        (source.height, cover.resized.height, target.height),
    ):
        assert abs(max(side / cover.shrink, least) - resized) <= 0.5 + 1e-6


@untimed
@given(sizes, targets)
def test_the_whole_picture_and_at_most_half_a_resized_pixel_more_are_read(
    source: Size, target: Size
) -> None:
    cover = Cover.of(source, target)

    region = cover.region_of(_whole(cover))

    slack = cover.shrink / 2 * (1 + 1e-6)
    assert -slack <= region.left <= slack
    assert -slack <= region.top <= slack
    # An enlargement starts half a resized pixel early, and rounding adds or removes another half.
    assert abs(region.right - source.width) <= 2 * slack
    assert abs(region.bottom - source.height) <= 2 * slack


@untimed
@given(sizes, targets)
def test_pixels_of_a_window_are_square_in_the_source(source: Size, target: Size) -> None:
    cover = Cover.of(source, target)

    region = cover.region_of(Box(0, 0, target.width, target.height))

    assert region.width == pytest.approx(target.width * cover.shrink)
    assert region.height == pytest.approx(target.height * cover.shrink)


@untimed
@given(sizes, targets, st.integers(0, 100), st.integers(0, 100))
def test_windows_of_one_picture_share_a_grid(
    source: Size, target: Size, across: int, down: int
) -> None:
    cover = Cover.of(source, target)

    here, there = (cover.region_of(Box(x, y, 1, 1)) for x, y in ((0, 0), (across, down)))

    assert there.left - here.left == pytest.approx(across * cover.shrink)
    assert there.top - here.top == pytest.approx(down * cover.shrink)


@pytest.mark.parametrize(
    ("source", "target", "resized"),
    [
        # Results of sharp 0.35.5.
        (Size(4000, 3000), Size(1080, 1080), Size(1440, 1080)),
        (Size(109, 96), Size(1080, 1080), Size(1226, 1080)),
        (Size(109, 96), Size(1920, 1080), Size(1920, 1691)),
        (Size(109, 96), Size(1080, 1350), Size(1533, 1350)),
        (Size(100, 100), Size(100, 100), Size(100, 100)),
        (Size(1, 1), Size(7, 3), Size(7, 7)),
    ],
)
def test_resized_sizes_equal_those_of_sharp(source: Size, target: Size, resized: Size) -> None:
    assert Cover.of(source, target).resized == resized


def test_a_window_is_not_moved_without_resizing() -> None:
    cover = Cover.of(Size(300, 200), Size(100, 200))

    assert cover.region_of(Box(7, 0, 100, 200)) == Box(7, 0, 100, 200).region()
