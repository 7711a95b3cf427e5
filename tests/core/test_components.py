"""Connected parts against a flood fill; gaps, holes and thin places against their definitions."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from handler.core.trim.components import ConnectedComponents, Mask, closing, fill_holes, opening

# As wide as the widest window below, and then one.
_MARGIN = 6
masks = st.builds(
    lambda mask: np.pad(mask, _MARGIN),
    st.tuples(st.integers(1, 12), st.integers(1, 12)).flatmap(
        lambda shape: arrays(np.bool_, shape)
    ),
)
windows = st.integers(1, 5)
_EDGE_STEPS = [(0, 1), (1, 0), (0, -1), (-1, 0)]
_ALL_STEPS = [*_EDGE_STEPS, (1, 1), (1, -1), (-1, 1), (-1, -1)]


def flood(mask: Mask, steps: list[tuple[int, int]]) -> list[Mask]:
    """The parts in the order of their first pixels."""
    left, components = mask.copy(), []
    while left.any():
        part = np.zeros_like(mask)
        reached = [tuple(np.argwhere(left)[0])]
        while reached:
            y, x = reached.pop()
            if left[y, x]:
                left[y, x], part[y, x] = False, True
                reached += [
                    (y + down, x + across)
                    for down, across in steps
                    if 0 <= y + down < mask.shape[0] and 0 <= x + across < mask.shape[1]
                ]
        components.append(part)
    return components


def windows_of(mask: Mask, side: int) -> npt.NDArray[np.bool_]:
    return np.lib.stride_tricks.sliding_window_view(mask, (side, side))


@given(mask=masks, diagonally=st.booleans())
def test_parts_are_those_of_a_flood_fill(mask: Mask, diagonally: bool) -> None:
    expected = flood(mask, _ALL_STEPS if diagonally else _EDGE_STEPS)

    components = ConnectedComponents.of(mask, diagonally=diagonally)

    assert components.count == len(expected)
    for index, part in enumerate(expected):
        assert np.array_equal(components.mask(np.arange(components.count) == index), part)


@given(mask=masks, seed=st.integers(0, 99))
def test_areas_count_the_pixels_of_another_mask(mask: Mask, seed: int) -> None:
    other = np.random.default_rng(seed).random(mask.shape) < 0.5

    areas = ConnectedComponents.of(mask).areas(other)

    assert areas.tolist() == [int((part & other).sum()) for part in flood(mask, _ALL_STEPS)]


@given(mask=masks)
def test_a_length_is_the_longer_side_of_the_box(mask: Mask) -> None:
    expected = [
        max(int(np.ptp(places)) + 1 for places in np.nonzero(part))
        for part in flood(mask, _ALL_STEPS)
    ]

    assert ConnectedComponents.of(mask).lengths().tolist() == expected


@given(mask=masks)
def test_several_parts_make_one_mask(mask: Mask) -> None:
    components = ConnectedComponents.of(mask)

    assert np.array_equal(components.mask(np.ones(components.count, np.bool_)), mask)
    assert not components.mask(np.zeros(components.count, np.bool_)).any()


@given(mask=masks)
def test_holes_are_what_cannot_be_reached_from_outside(mask: Mask) -> None:
    outside = flood(~mask, _EDGE_STEPS)[0]

    assert np.array_equal(fill_holes(mask), ~outside)


@given(mask=masks, side=windows)
def test_what_stays_is_what_windows_cover_that_lie_within(mask: Mask, side: int) -> None:
    expected = np.zeros_like(mask)
    for y, x in np.argwhere(windows_of(mask, side).all(axis=(2, 3))):
        expected[y : y + side, x : x + side] = True

    assert np.array_equal(opening(mask, side), expected)


@given(mask=masks, side=windows)
def test_gaps_are_what_no_window_covers_that_lies_outside(mask: Mask, side: int) -> None:
    expected = np.ones_like(mask)
    for y, x in np.argwhere(~windows_of(mask, side).any(axis=(2, 3))):
        expected[y : y + side, x : x + side] = False

    assert np.array_equal(closing(mask, side), expected)


def test_thousands_of_parts_are_told_apart() -> None:
    mask = np.zeros((402, 402), np.bool_)
    mask[1:-1:2, 1:-1:2] = True

    assert ConnectedComponents.of(mask).count == 200 * 200


def test_a_line_that_winds_through_the_whole_mask_is_one_part() -> None:
    mask = np.zeros((203, 203), np.bool_)
    mask[1:-1:2, 1:-1] = True
    mask[2:-1:4, -2] = mask[4:-1:4, 1] = True

    components = ConnectedComponents.of(mask, diagonally=False)

    assert components.count == 1
    assert components.lengths().tolist() == [201]
