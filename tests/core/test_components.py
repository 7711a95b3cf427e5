"""Components compared with a flood fill, and morphology with its definitions."""

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from handler.core.image.components import ConnectedComponents, Mask, closing, fill_holes, opening

# One more than the widest window below.
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
    """Return the components in the order of their first pixels."""
    remaining, components = mask.copy(), []
    while remaining.any():
        part = np.zeros_like(mask)
        reached = [tuple(np.argwhere(remaining)[0])]
        while reached:
            y, x = reached.pop()
            if remaining[y, x]:
                remaining[y, x], part[y, x] = False, True
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
def test_components_equal_those_of_a_flood_fill(mask: Mask, diagonally: bool) -> None:
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
def test_the_length_is_the_longer_side_of_the_bounding_box(mask: Mask) -> None:
    expected = [
        max(int(np.ptp(places)) + 1 for places in np.nonzero(part))
        for part in flood(mask, _ALL_STEPS)
    ]

    assert ConnectedComponents.of(mask).lengths().tolist() == expected


@given(mask=masks)
def test_boxes_and_pixels_are_those_of_each_component(mask: Mask) -> None:
    components = ConnectedComponents.of(mask)

    for number, (part, box) in enumerate(
        zip(flood(mask, _ALL_STEPS), zip(*components.boxes(), strict=True), strict=True)
    ):
        rows, columns = np.nonzero(part)
        assert box == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        found = components.pixels(number)
        assert np.array_equal(found, [rows, columns])


@given(mask=masks)
def test_the_mask_of_all_components_is_the_original(mask: Mask) -> None:
    components = ConnectedComponents.of(mask)

    assert np.array_equal(components.mask(np.ones(components.count, np.bool_)), mask)
    assert not components.mask(np.zeros(components.count, np.bool_)).any()


@given(mask=masks)
def test_pixels_that_cannot_be_reached_from_outside_are_filled(mask: Mask) -> None:
    outside = flood(~mask, _EDGE_STEPS)[0]

    assert np.array_equal(fill_holes(mask), ~outside)


@given(mask=masks, side=windows)
def test_opening_keeps_the_pixels_covered_by_windows_inside_the_mask(mask: Mask, side: int) -> None:
    expected = np.zeros_like(mask)
    for y, x in np.argwhere(windows_of(mask, side).all(axis=(2, 3))):
        expected[y : y + side, x : x + side] = True

    assert np.array_equal(opening(mask, side), expected)


@given(mask=masks, side=windows)
def test_closing_sets_the_pixels_that_no_window_outside_the_mask_covers(
    mask: Mask, side: int
) -> None:
    expected = np.ones_like(mask)
    for y, x in np.argwhere(~windows_of(mask, side).any(axis=(2, 3))):
        expected[y : y + side, x : x + side] = False

    assert np.array_equal(closing(mask, side), expected)


def test_thousands_of_components_are_labelled() -> None:
    mask = np.zeros((402, 402), np.bool_)
    mask[1:-1:2, 1:-1:2] = True

    assert ConnectedComponents.of(mask).count == 200 * 200


def test_a_line_that_winds_through_the_whole_mask_is_one_component() -> None:
    mask = np.zeros((203, 203), np.bool_)
    mask[1:-1:2, 1:-1] = True
    mask[2:-1:4, -2] = mask[4:-1:4, 1] = True

    components = ConnectedComponents.of(mask, diagonally=False)

    assert components.count == 1
    assert components.lengths().tolist() == [201]
