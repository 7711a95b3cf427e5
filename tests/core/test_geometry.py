"""Properties of all rectangles."""

from hypothesis import given, settings
from hypothesis import strategies as st

from handler.core.geometry import Box, Region, Size, half_up

untimed = settings(deadline=None)
sizes = st.builds(Size, st.integers(1, 70_000), st.integers(1, 70_000))
boxes = st.builds(
    Box,
    st.integers(-100_000, 100_000),
    st.integers(-100_000, 100_000),
    st.integers(1, 100_000),
    st.integers(1, 100_000),
)
lengths = st.floats(0.001, 1e6)
places = st.floats(-1e6, 1e6)
regions = st.builds(Region, places, places, lengths, lengths)


def is_inside(box: Box, frame: Size) -> bool:
    return (
        box.left >= 0 and box.top >= 0 and box.right <= frame.width and box.bottom <= frame.height
    )


@untimed
@given(boxes, sizes)
def test_a_clamped_box_is_inside_and_as_large_as_possible(box: Box, frame: Size) -> None:
    clamped = box.clamp_to(frame)

    assert is_inside(clamped, frame)
    assert clamped.width == min(box.width, frame.width)
    assert clamped.height == min(box.height, frame.height)


@untimed
@given(boxes, sizes)
def test_a_box_that_is_inside_is_not_moved(box: Box, frame: Size) -> None:
    inside = box.clamp_to(frame)

    assert inside.clamp_to(frame) == inside


@untimed
@given(boxes, sizes)
def test_a_clamped_box_moves_no_further_than_necessary(box: Box, frame: Size) -> None:
    clamped = box.clamp_to(frame)

    if box.left > clamped.left:
        assert clamped.right == frame.width
    if box.left < clamped.left:
        assert clamped.left == 0
    if box.top > clamped.top:
        assert clamped.bottom == frame.height
    if box.top < clamped.top:
        assert clamped.top == 0


@untimed
@given(regions, sizes)
def test_a_region_always_has_a_box_in_a_picture(region: Region, frame: Size) -> None:
    box = region.box_in(frame)

    assert is_inside(box, frame)
    assert box.width >= 1
    assert box.height >= 1


@untimed
@given(boxes, sizes)
def test_a_box_equals_the_box_of_its_region(box: Box, frame: Size) -> None:
    inside = box.clamp_to(frame)

    assert inside.region().box_in(frame) == inside


@untimed
@given(st.floats(0, 100), st.floats(0, 100), st.floats(1, 100), st.floats(1, 100))
def test_the_box_of_a_region_inside_differs_by_half_a_pixel_at_most(
    left: float, top: float, width: float, height: float
) -> None:
    box = Region(left, top, width, height).box_in(Size(1000, 1000))

    assert abs(box.left - left) <= 0.5
    assert abs(box.top - top) <= 0.5
    assert abs(box.right - (left + width)) <= 0.5
    assert abs(box.bottom - (top + height)) <= 0.5


@untimed
@given(regions, sizes, sizes)
def test_a_rescaled_region_covers_the_same_share(
    region: Region, picture: Size, other: Size
) -> None:
    there = region.rescaled(picture, other)

    for place, size in (("left", "width"), ("right", "width"), ("top", "height")):
        share = getattr(region, place) / getattr(picture, size)
        assert abs(getattr(there, place) / getattr(other, size) - share) <= 1e-9 * (1 + abs(share))


@untimed
@given(st.integers(-1000, 1000))
def test_halves_of_positive_numbers_round_up(number: int) -> None:
    assert half_up(abs(number) + 0.5) == abs(number) + 1
    assert half_up(abs(number) + 0.49) == abs(number)


@untimed
@given(boxes)
def test_edges_and_area_agree(box: Box) -> None:
    assert (box.right - box.left) * (box.bottom - box.top) == box.area
    assert Size(box.width, box.height).swapped.swapped == Size(box.width, box.height)
