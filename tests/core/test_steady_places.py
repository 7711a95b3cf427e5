"""The preference for few places, so that similar pictures have the same window."""

import numpy as np
import pytest

from handler.core.geometry import Size
from handler.core.placement import PlacementRange, Score
from handler.core.saliency.steady_places import on_steady_places
from handler.core.spans import Floats, spans_of

# The window's range is as long as the window, in 32 steps of 10 pixels.
PICTURE = Size(640, 300)
EXTENT = np.array([320.0, 300.0])


def score_with(best: int, gain: float) -> Score:
    """Return a score of 0 that is higher by a gain at one of the places, by number."""

    def score(xs: Floats, ys: Floats) -> Floats:
        return np.where(np.abs(xs - 10 * best) < 1, gain, 0.0) + np.zeros((len(ys), 1))

    return score


def left_of(score: Score) -> float:
    places = PlacementRange.inside(PICTURE, EXTENT)
    return places.best(score, np.array([160.0, 0]), spans_of(())).left


@pytest.mark.parametrize(("place", "gain"), [(13, 0.004), (14, 0.002)])
def test_a_place_between_the_eighths_is_not_worth_a_small_gain(place: int, gain: float) -> None:
    score = score_with(place, gain)

    assert left_of(score) == 10 * place
    assert left_of(on_steady_places(score, EXTENT, PICTURE)) == 160


@pytest.mark.parametrize(("place", "gain"), [(12, 0.001), (13, 0.006), (14, 0.003)])
def test_a_larger_gain_decides(place: int, gain: float) -> None:
    assert left_of(on_steady_places(score_with(place, gain), EXTENT, PICTURE)) == 10 * place


def test_a_window_without_a_range_has_no_price() -> None:
    whole = np.array([640.0, 300.0])
    score = on_steady_places(score_with(0, 0.0), whole, PICTURE)

    assert score(np.zeros(1), np.zeros(1)) == pytest.approx(0)
