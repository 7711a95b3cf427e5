"""The runs of rows that are resampled at a time."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from handler.core.geometry import Region, Size
from handler.core.image.resample_spans import Division, parts_of


@st.composite
def divisions(draw: st.DrawFn) -> Division:
    step = draw(st.integers(1, 40))
    return Division(draw(st.integers(step, 200)), step, growing=draw(st.booleans()))


@given(divisions(), st.integers(1, 2000))
def test_all_rows_are_divided_at_multiples_of_the_step(division: Division, rows: int) -> None:
    stops = division.stops(rows)

    assert (stops[0], stops[-1]) == (0, rows)
    assert all(start < stop for start, stop in pairwise(stops))
    assert all(stop % division.step == 0 for stop in stops[:-1])


@given(divisions(), st.integers(1, 2000))
def test_a_part_is_longer_by_those_below_it_at_most(division: Division, rows: int) -> None:
    for start, stop in pairwise(division.stops(rows)):
        below = rows - stop if division.growing else 0
        assert stop - start <= division.length + below


def test_a_photo_of_a_camera_needs_fewer_parts_if_the_memory_of_its_rows_is_reused() -> None:
    whole, size = Size(4000, 3000), Size(1440, 1080)
    region = Region(0, 0, whole.width, whole.height)

    kept, freed = (parts_of(region, size, whole, reused=reused)[1] for reused in (False, True))

    assert [row.length for row in kept] == [135, 189, 189, 189, 189, 189]
    assert [row.length for row in freed] == [513, 378, 189]
    assert [sum(row.length for row in rows) for rows in (kept, freed)] == [1080, 1080]


def test_a_small_photo_is_not_divided() -> None:
    whole, size = Size(1632, 1224), Size(1440, 1080)
    assert len(parts_of(Region(0, 0, 1632, 1224), size, whole)[1]) == 1
