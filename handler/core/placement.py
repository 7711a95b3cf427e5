"""Where a window goes: what it must hold, what it should leave out, what it had best be at.

Positions are (x, y) and spans [[left, right], [top, bottom]], in pixels of the upright picture.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from handler.core.geometry import Box, Point, Region, Size, half_up

Floats = NDArray[np.float64]
X, Y = 0, 1

# Given the left edges (n,) and the top edges (m,) of windows: how good each is, (m, n).
Score = Callable[[Floats, Floats], Floats]

# Places that a window is tried at along either axis. Of the widest range, the whole side, two
# neighbours share 97 % of the picture.
_PLACES = 33
# A crowd has faces without number. Beyond this many boxes the smaller ones have no say.
_MOST_BOXES = 64
# Why a window is where a focus has it.
ON_FOCUS = "Centred on the focus given, as far as the picture and what is to be kept allow."
# Far below a pixel, far above what rounding costs.
_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Guides:
    """What was said by hand of a picture, in its pixels.

    Attributes:
        focus: what the window is to be centred on.
        keep: what it must hold whole.
        avoid: what it should leave out.
        beside: how many boxes were beside the picture.
    """

    focus: tuple[float, float] | None = None
    keep: tuple[Region, ...] = ()
    avoid: tuple[Region, ...] = ()
    beside: int = 0

    def __bool__(self) -> bool:
        return bool(self.focus is not None or self.keep or self.avoid)

    def warnings(self, window: Region) -> tuple[str, ...]:
        """What a window does not comply with."""
        lost = sum(not _holds_whole(window, box) for box in self.keep)
        seen = sum(_overlaps(window, box) for box in self.avoid)
        told = (
            (self.beside, "keep and avoid: {} of the boxes beside the picture"),
            (lost, "keep: the window cannot hold {} of the boxes whole"),
            (seen, "avoid: {} of the boxes reach into the window"),
        )
        return tuple(line.format(count) for count, line in told if count)


@dataclass(frozen=True, slots=True, eq=False)
class Play:
    """Where a window of some size may start.

    Attributes:
        extent: the window's width and height.
        lowest: the least left and top edge.
        highest: the greatest.
    """

    extent: Floats
    lowest: Floats
    highest: Floats

    @classmethod
    def inside(cls, picture: Size, extent: Floats) -> Self:
        """Anywhere in the picture."""
        bounds = np.array([picture.width, picture.height], float)
        return cls(extent, np.zeros(2), np.maximum(0, bounds - extent))

    def holding(self, spans: Floats) -> "Play":
        """What is left of it when boxes are to stay whole.

        All of them, if there is a place for that. Otherwise those that fit together and are
        largest in sum of their longer sides, in the middle among equals.

        Args:
            spans: of the boxes, (n, 2, 2).
        """
        if not len(spans):
            return self
        sides = (spans[..., 1] - spans[..., 0]).max(axis=1)
        if len(spans) > _MOST_BOXES:
            largest = np.argsort(-sides, kind="stable")[:_MOST_BOXES]
            spans, sides = spans[largest], sides[largest]
        held = self._best_held(spans, sides)
        if not held.any():
            return self
        return Play(
            self.extent,
            np.maximum(self.lowest, spans[held, :, 1].max(axis=0) - self.extent),
            np.minimum(self.highest, spans[held, :, 0].min(axis=0)),
        )

    def _best_held(self, spans: Floats, sides: Floats) -> NDArray[np.bool_]:
        """Which boxes to hold, (n,)."""
        xs, ys = self._edges(spans, X), self._edges(spans, Y)
        across, down = self._holds(spans, xs, X), self._holds(spans, ys, Y)
        worth = (down * sides) @ across.T.astype(float)
        middle = (spans[..., 0].min(axis=0) + spans[..., 1].max(axis=0) - self.extent) / 2
        off = np.abs(ys - middle[Y])[:, np.newaxis] + np.abs(xs - middle[X])
        row, column = _first_best(worth, -off)
        return np.asarray(down[row] & across[column])

    def _edges(self, spans: Floats, axis: int) -> Floats:
        """Starts at which a window begins or ends with a box: it holds most at one of them."""
        starts = np.concatenate([spans[:, axis, 0], spans[:, axis, 1] - self.extent[axis]])
        return np.unique(np.clip(starts, self.lowest[axis], self.highest[axis]))

    def _holds(self, spans: Floats, starts: Floats, axis: int) -> NDArray[np.bool_]:
        """Whether windows hold boxes along an axis, (starts, boxes)."""
        first, last = spans[:, axis].T
        early = first >= starts[:, np.newaxis] - _EPSILON
        return np.asarray(early & (last <= starts[:, np.newaxis] + self.extent[axis] + _EPSILON))

    def best(self, score: Score, preferred: Floats, avoid: Floats) -> Region:
        """The best place.

        That is where least of what is to be avoided is in the window; of such places the one of
        the best score; and among equals the one nearest to ``preferred``.

        Args:
            score: how good places are.
            preferred: left and top edge, (2,).
            avoid: spans of boxes to leave out, (n, 2, 2).
        """
        xs, ys = self._tried(preferred, avoid, X), self._tried(preferred, avoid, Y)
        down, across = self._overlap(avoid, ys, Y), self._overlap(avoid, xs, X)
        off = np.abs(ys - preferred[Y])[:, np.newaxis] + np.abs(xs - preferred[X])
        row, column = _first_best(-(down @ across.T), score(xs, ys), -off)
        return Region(float(xs[column]), float(ys[row]), *map(float, self.extent))

    def _tried(self, preferred: Floats, avoid: Floats, axis: int) -> Floats:
        low, high = self.lowest[axis], self.highest[axis]
        beside = np.concatenate([avoid[:, axis, 1], avoid[:, axis, 0] - self.extent[axis]])
        exact = np.clip([preferred[axis], *beside], low, high)
        return np.unique(np.concatenate([np.linspace(low, high, _PLACES), exact]))

    def _overlap(self, spans: Floats, starts: Floats, axis: int) -> Floats:
        """How much of boxes windows hold along an axis, in pixels, (starts, boxes)."""
        first = np.maximum(spans[:, axis, 0], starts[:, np.newaxis])
        last = np.minimum(spans[:, axis, 1], starts[:, np.newaxis] + self.extent[axis])
        return np.asarray(np.maximum(0, last - first))


def largest_extent(picture: Size, target: Size) -> Floats:
    """Width and height of the largest window of the target's aspect in the picture."""
    if picture.width * target.height <= picture.height * target.width:
        return np.array([picture.width, picture.width * target.height / target.width])
    return np.array([picture.height * target.width / target.height, picture.height])


def grown_to_hold(extent: Floats, limit: Floats, spans: Floats) -> Floats:
    """The window's size, made as much larger as boxes need, keeping its aspect.

    Args:
        extent: width and height.
        limit: those of the largest window in the picture.
        spans: of the boxes, (n, 2, 2). Where they are too far apart for any window, each by
            itself.
    """
    if not len(spans):
        return extent
    sizes = [spans[:, :, 1].max(axis=0) - spans[:, :, 0].min(axis=0)]
    sizes += list(spans[:, :, 1] - spans[:, :, 0])
    fitting = [(size / limit).max() for size in sizes if (size <= limit + _EPSILON).all()]
    needed = fitting[0] if (sizes[0] <= limit + _EPSILON).all() else max(fitting, default=0)
    return np.asarray(limit * min(1.0, max(extent[X] / limit[X], needed)))


def guided(region: Region, picture: Size, target: Size, guides: Guides, hold: Floats) -> Region:
    """A window that was chosen otherwise, moved as little as what was said by hand needs.

    Args:
        region: the window.
        picture: size of the picture.
        target: size of the output, of which only the aspect matters.
        guides: what was said by hand.
        hold: spans of what it is to hold beside that, (n, 2, 2); a focus leaves it no say.
    """
    limit, keep = largest_extent(picture, target), spans_of(guides.keep)
    extent = grown_to_hold(limit * min(1.0, region.width / limit[X]), limit, keep)
    if guides.focus is not None:
        return centred_on_focus(picture, extent, guides)
    extent = grown_to_hold(extent, limit, np.concatenate([keep, hold]))
    middle = np.array([region.left + region.width / 2, region.top + region.height / 2])
    start = middle - extent / 2
    play = Play.inside(picture, extent).holding(keep).holding(hold)
    return play.best(nearest_to(start), start, spans_of(guides.avoid))


def centred_on_focus(picture: Size, extent: Floats, guides: Guides) -> Region:
    """The window whose centre is nearest to the focus, of those that hold what is to be kept.

    What is to be avoided has no say: the focus is where the window is wanted.

    Args:
        picture: size of the picture.
        extent: width and height of the window.
        guides: with a focus.
    """
    start = np.array(guides.focus) - extent / 2
    play = Play.inside(picture, extent).holding(spans_of(guides.keep))
    return play.best(nearest_to(start), start, spans_of(()))


def nearest_to(start: Floats) -> Score:
    """Prefer windows that start near a place."""

    def score(xs: Floats, ys: Floats) -> Floats:
        return np.asarray(-(np.abs(ys - start[Y])[:, np.newaxis] + np.abs(xs - start[X])))

    return score


def spans_of(areas: Sequence[Region] | Sequence[Box]) -> Floats:
    """As spans, (n, 2, 2)."""
    edges = [[[area.left, area.right], [area.top, area.bottom]] for area in areas]
    return np.array(edges, float).reshape(-1, 2, 2)


def whole_pixels(region: Region, picture: Size) -> Box:
    """The window in whole pixels, of the nearest size and inside the picture."""
    width, height = max(1, half_up(region.width)), max(1, half_up(region.height))
    return Box(half_up(region.left), half_up(region.top), width, height).clamp_to(picture)


def point_in(window: Box, x: float, y: float) -> Point:
    """The nearest pixel of the window."""
    return Point(
        min(max(int(x), window.left), window.right - 1),
        min(max(int(y), window.top), window.bottom - 1),
    )


def _holds_whole(window: Region, box: Region) -> bool:
    across = window.left <= box.left + _EPSILON and box.right <= window.right + _EPSILON
    return across and window.top <= box.top + _EPSILON and box.bottom <= window.bottom + _EPSILON


def _overlaps(window: Region, box: Region) -> bool:
    across = min(window.right, box.right) - max(window.left, box.left)
    return min(across, min(window.bottom, box.bottom) - max(window.top, box.top)) > _EPSILON


def _first_best(*scores: Floats) -> tuple[int, int]:
    """Row and column of the best, by the first score, then by the next, and so on."""
    best = np.ones(scores[0].shape, bool)
    for score in scores:
        top = score[best].max()
        best &= score >= top - _EPSILON * max(1.0, abs(top))
    row, column = np.argwhere(best)[0]
    return int(row), int(column)
