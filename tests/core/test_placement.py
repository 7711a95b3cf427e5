"""The position of windows with kept and avoided boxes."""

from itertools import product

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from handler.core.geometry import Region, Size
from handler.core.placement import (
    PlacementRange,
    constrained,
    largest_extent,
    nearest_to,
    unmet,
    whole_pixels,
)
from handler.core.request import PixelConstraints
from handler.core.spans import spans_of

untimed = settings(deadline=None)
PICTURE = Size(60, 40)
NONE = spans_of(())


@st.composite
def boxes_in(draw: st.DrawFn, picture: Size, most: int) -> list[Region]:
    """Draw boxes of whole pixels."""
    boxes = []
    for _ in range(draw(st.integers(0, most))):
        left, top = (
            draw(st.integers(0, picture.width - 1)),
            draw(st.integers(0, picture.height - 1)),
        )
        width = draw(st.integers(1, picture.width - left))
        height = draw(st.integers(1, picture.height - top))
        boxes.append(Region(left, top, width, height))
    return boxes


targets = st.builds(Size, st.integers(1, 60), st.integers(1, 60))


def held(window: Region, boxes: list[Region]) -> list[Region]:
    return [
        box
        for box in boxes
        if window.left <= box.left + 1e-6
        and box.right <= window.right + 1e-6
        and window.top <= box.top + 1e-6
        and box.bottom <= window.bottom + 1e-6
    ]


def worth(boxes: list[Region]) -> float:
    return sum(max(box.width, box.height) for box in boxes)


def is_in(window: Region, picture: Size) -> bool:
    inside = window.left >= -1e-6 and window.top >= -1e-6
    return (
        inside and window.right <= picture.width + 1e-6 and window.bottom <= picture.height + 1e-6
    )


@pytest.mark.parametrize("moved", [0.0, 0.3, -0.4])
def test_a_window_inside_its_range_does_not_move_with_the_range(moved: float) -> None:
    places = PlacementRange.inside(PICTURE, np.array([20.0, 40.0]))
    held = places.holding(spans_of([Region(18 + moved, 10, 12, 12)]))

    window = held.best(nearest_to(np.array([13.6, 0])), np.array([30.0, 0]), NONE)

    # The 33 places of a range of 40 pixels are 1.25 pixels apart.
    assert window.left == 13.75


@untimed
@given(boxes_in(PICTURE, 4), targets, st.floats(0.3, 1), st.floats(0, 60), st.floats(0, 40))
def test_no_window_contains_more_of_the_boxes(
    boxes: list[Region], target: Size, scale: float, x: float, y: float
) -> None:
    extent = largest_extent(PICTURE, target) * scale
    places = PlacementRange.inside(PICTURE, extent).holding(spans_of(boxes))

    window = places.best(nearest_to(np.array([x, y])), np.array([x, y]), NONE)

    assert is_in(window, PICTURE)
    # One of the best windows always has a box at its edge.
    lefts, tops = [0.0, PICTURE.width - extent[0]], [0.0, PICTURE.height - extent[1]]
    for box in boxes:
        lefts += [box.left, box.right - extent[0]]
        tops += [box.top, box.bottom - extent[1]]
    windows = [Region(left, top, *extent) for left, top in product(lefts, tops)]
    most = max(worth(held(one, boxes)) for one in windows if is_in(one, PICTURE))
    assert worth(held(window, boxes)) == pytest.approx(most)


@untimed
@given(boxes_in(PICTURE, 3), targets, st.floats(0, 1), st.floats(0, 1), st.floats(0.4, 1))
def test_a_constrained_window_keeps_its_aspect_and_contains_all_that_fits(
    boxes: list[Region], target: Size, x: float, y: float, scale: float
) -> None:
    limit = largest_extent(PICTURE, target)
    width, height = limit * scale
    left, top = x * (PICTURE.width - width), y * (PICTURE.height - height)

    window = constrained(
        Region(left, top, width, height), PICTURE, target, PixelConstraints(keep=tuple(boxes)), NONE
    )

    assert is_in(window, PICTURE)
    assert window.width * target.height == pytest.approx(window.height * target.width)
    if boxes:
        hull = spans_of(boxes)
        sides = hull[:, :, 1].max(axis=0) - hull[:, :, 0].min(axis=0)
        if (sides <= limit).all():
            assert held(window, boxes) == boxes
            crop = whole_pixels(window, PICTURE)
            assert held(crop.region(), boxes) == boxes
    else:
        # Positions whose scores differ by up to 1e-6 pixels count as equal, also near 0, where the
        # default tolerance of `approx` is far smaller.
        assert (window.left, window.top) == pytest.approx((left, top), abs=2e-6)


@untimed
@given(targets, st.floats(0, 60), st.floats(0, 40), st.floats(0.2, 1))
def test_the_window_is_centred_on_the_focus_as_far_as_the_picture_allows(
    target: Size, x: float, y: float, scale: float
) -> None:
    width, height = largest_extent(PICTURE, target) * scale

    window = constrained(
        Region(0, 0, width, height), PICTURE, target, PixelConstraints(focus=(x, y)), spans_of([])
    )

    assert window.left == pytest.approx(min(max(0, x - width / 2), PICTURE.width - width), abs=1e-3)
    assert window.top == pytest.approx(
        min(max(0, y - height / 2), PICTURE.height - height), abs=1e-3
    )


@untimed
@given(boxes_in(PICTURE, 2), st.floats(0, 40))
def test_the_window_covers_as_little_of_the_avoided_boxes_as_possible(
    boxes: list[Region], left: float
) -> None:
    window = constrained(
        Region(left, 10, 20, 20), PICTURE, Size(1, 1), PixelConstraints(avoid=tuple(boxes)), NONE
    )

    def covered(one: Region) -> float:
        return sum(
            max(0, min(one.right, box.right) - max(one.left, box.left))
            * max(0, min(one.bottom, box.bottom) - max(one.top, box.top))
            for box in boxes
        )

    everywhere = [Region(x, y, 20, 20) for x in range(41) for y in range(21)]
    assert covered(window) <= min(map(covered, everywhere)) + 1e-3


def test_a_window_without_avoided_boxes_stays() -> None:
    constraints = PixelConstraints(avoid=(Region(50, 0, 10, 40),))

    window = constrained(Region(7.5, 3.25, 30, 30), PICTURE, Size(1, 1), constraints, NONE)

    assert (window.left, window.top) == (7.5, 3.25)


@untimed
@given(boxes_in(PICTURE, 3), boxes_in(PICTURE, 3), targets)
def test_warnings_count_the_unmet_constraints(
    keep: list[Region], avoid: list[Region], target: Size
) -> None:
    constraints = PixelConstraints(keep=tuple(keep), avoid=tuple(avoid), outside=2)
    assume(keep or avoid)

    window = constrained(
        Region(0, 0, *largest_extent(PICTURE, target)), PICTURE, target, constraints, NONE
    )

    lost = len(keep) - len(held(window, keep))
    warnings = unmet(constraints, window)
    assert warnings[0].startswith("keep and avoid: 2 boxes outside the picture")
    assert any(line.startswith(f"keep: {lost} box") for line in warnings) == (lost > 0)


def test_only_the_larger_boxes_of_a_crowd_constrain_the_window() -> None:
    crowd = [Region(x % 600, 0, 2, 2) for x in range(0, 6000, 7)]
    large = [Region(700, 0, 20, 20), Region(760, 0, 20, 20)]

    places = PlacementRange.inside(Size(800, 100), np.array([100.0, 100.0])).holding(
        spans_of(crowd + large)
    )

    assert places.lowest[0] >= 680
    assert places.highest[0] <= 700
