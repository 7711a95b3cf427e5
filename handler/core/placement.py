"""The position of a window: inside the picture, around kept areas, outside avoided ones.

Positions are (x, y) and spans ``[[left, right], [top, bottom]]``, in pixels of the upright picture.
"""

import dataclasses
from collections.abc import Callable
from typing import Self

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from handler.core.face import Head
from handler.core.geometry import Box, Point, Region, Size, half_up
from handler.core.plan import Plan
from handler.core.request import PixelConstraints
from handler.core.spans import EPSILON, Floats, X, Y, bounds_of, spans_of

# Given the left edges (n,) and the top edges (m,) of windows: the score of each, (m, n).
Score = Callable[[Floats, Floats], Floats]

# Number of positions that are tried along either axis of a picture. Over the widest range, the
# whole side, two adjacent windows share 97 % of the picture.
_PLACES = 33
# Only the 64 largest boxes constrain the window.
_MOST_BOXES = 64
# The reason of a window that a focus placed.
ON_FOCUS = "Centred on the given focus, as far as the picture and the areas to keep allow."


class PlacementRange(Struct, frozen=True, eq=False):
    """The positions at which a window of a given size may start.

    Attributes:
        extent: width and height of the window, (2,).
        lowest: the smallest left and top edge, (2,).
        highest: the largest left and top edge, (2,).
        farthest: the largest left and top edge inside the picture, (2,).
    """

    extent: Floats
    lowest: Floats
    highest: Floats
    farthest: Floats

    @classmethod
    def inside(cls, picture: Size, extent: Floats) -> Self:
        """Return every position inside a picture."""
        farthest = np.maximum(0, bounds_of(picture) - extent)
        return cls(extent, np.zeros(2), farthest, farthest)

    def holding(self, spans: Floats) -> "PlacementRange":
        """Return the positions at which the window contains every box.

        Without such a position, return those at which it contains the set of boxes whose longer
        sides have the largest sum. Of equal sets the one nearest to the middle is chosen.

        Args:
            spans: spans of the boxes, (n, 2, 2).
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
        return PlacementRange(
            self.extent,
            np.maximum(self.lowest, spans[held, :, 1].max(axis=0) - self.extent),
            np.minimum(self.highest, spans[held, :, 0].min(axis=0)),
            self.farthest,
        )

    def best(self, score: Score, preferred: Floats, avoid: Floats) -> Region:
        """Return the window at the best position.

        The window covers as little of the avoided boxes as possible. Of such windows the one with
        the highest score is chosen, and of equal ones the nearest to ``preferred``.

        Args:
            score: the score of positions.
            preferred: preferred left and top edge, (2,).
            avoid: spans of the avoided boxes, (n, 2, 2).
        """
        xs, ys = self._tried(preferred, avoid, X), self._tried(preferred, avoid, Y)
        down, across = self._overlap(avoid, ys, Y), self._overlap(avoid, xs, X)
        distance = np.abs(ys - preferred[Y])[:, np.newaxis] + np.abs(xs - preferred[X])
        row, column = _first_best(-(down @ across.T), score(xs, ys), -distance)
        return Region(float(xs[column]), float(ys[row]), *map(float, self.extent))

    def _best_held(self, spans: Floats, sides: Floats) -> NDArray[np.bool_]:
        """Return a mask of the boxes to contain, (n,)."""
        xs, ys = self._edges(spans, X), self._edges(spans, Y)
        across, down = self._holds(spans, xs, X), self._holds(spans, ys, Y)
        worth = (down * sides) @ across.T.astype(float)
        middle = (spans[..., 0].min(axis=0) + spans[..., 1].max(axis=0) - self.extent) / 2
        distance = np.abs(ys - middle[Y])[:, np.newaxis] + np.abs(xs - middle[X])
        row, column = _first_best(worth, -distance)
        return np.asarray(down[row] & across[column])

    def _edges(self, spans: Floats, axis: int) -> Floats:
        """Return the starts at which a window shares an edge with a box.

        At one of them the window contains the most.
        """
        starts = np.concatenate([spans[:, axis, 0], spans[:, axis, 1] - self.extent[axis]])
        return np.unique(np.clip(starts, self.lowest[axis], self.highest[axis]))

    def _holds(self, spans: Floats, starts: Floats, axis: int) -> NDArray[np.bool_]:
        """Return which windows contain which boxes along an axis, (starts, boxes)."""
        first, last = spans[:, axis].T
        early = first >= starts[:, np.newaxis] - EPSILON
        return np.asarray(early & (last <= starts[:, np.newaxis] + self.extent[axis] + EPSILON))

    def _tried(self, preferred: Floats, avoid: Floats, axis: int) -> Floats:
        """Return the starts that are tried along an axis.

        They are the same ones for all ranges of a picture, and the ends of this range. Places
        between its ends would move with the box of a face.
        """
        low, high = self.lowest[axis], self.highest[axis]
        off_boxes = np.concatenate([avoid[:, axis, 1], avoid[:, axis, 0] - self.extent[axis]])
        exact = np.clip([low, high, preferred[axis], *off_boxes], low, high)
        places = np.linspace(0, self.farthest[axis], _PLACES)
        allowed = places[(places >= low) & (places <= high)]
        return np.unique(np.concatenate([allowed, exact]))

    def _overlap(self, spans: Floats, starts: Floats, axis: int) -> Floats:
        """Return the overlap of windows and boxes along an axis, in pixels, (starts, boxes)."""
        first = np.maximum(spans[:, axis, 0], starts[:, np.newaxis])
        last = np.minimum(spans[:, axis, 1], starts[:, np.newaxis] + self.extent[axis])
        return np.asarray(np.maximum(0, last - first))


def largest_extent(picture: Size, target: Size) -> Floats:
    """Return width and height of the largest window of the target's aspect in a picture, (2,)."""
    if picture.width * target.height <= picture.height * target.width:
        return np.array([picture.width, picture.width * target.height / target.width])
    return np.array([picture.height * target.width / target.height, picture.height])


def grown_to_hold(extent: Floats, limit: Floats, spans: Floats) -> Floats:
    """Return the size of a window, enlarged as far as boxes need, with its aspect kept.

    Args:
        extent: width and height, (2,).
        limit: width and height of the largest window in the picture, (2,).
        spans: spans of the boxes, (n, 2, 2). Boxes that no window can contain together count one
            by one.
    """
    if not len(spans):
        return extent
    sizes = [spans[:, :, 1].max(axis=0) - spans[:, :, 0].min(axis=0)]
    sizes += list(spans[:, :, 1] - spans[:, :, 0])
    fitting = [(size / limit).max() for size in sizes if (size <= limit + EPSILON).all()]
    needed = fitting[0] if (sizes[0] <= limit + EPSILON).all() else max(fitting, default=0)
    return np.asarray(limit * min(1.0, max(extent[X] / limit[X], needed)))


def apply_constraints(plan: Plan, constraints: PixelConstraints) -> Plan:
    """Return a plan whose window is moved to honour the client's focus, keep and avoid.

    Args:
        plan: a plan of any mode but trim, whose window was chosen without the constraints.
        constraints: the client's focus, keep and avoid.

    Returns:
        The plan with the window on the focus, or else with the window nearest to its own that
        contains the kept areas and the chosen faces.
    """
    if not constraints:
        warnings = unmet(constraints, plan.cut.region)
        return dataclasses.replace(plan, constraints=constraints, warnings=warnings)
    heads = [Head.of(plan.faces[index], plan.source) for index in plan.chosen]
    hold = np.array([head.box for head in heads]).reshape(-1, 2, 2)
    region = constrained(plan.cut.region, plan.source, plan.cut.size, constraints, hold)
    crop = whole_pixels(region, plan.source)
    x, y = constraints.focus or (plan.focus.x, plan.focus.y)
    reason = f"{plan.reason} Moved only as far as keep and avoid require."
    if constraints.focus is not None:
        reason = ON_FOCUS
    return dataclasses.replace(
        plan,
        crop=crop,
        cut=replace(plan.cut, region=region),
        focus=point_in(crop, x, y),
        reason=reason,
        faces_cut=sum(not head.is_inside(crop) for head in heads),
        constraints=constraints,
        warnings=(*plan.warnings, *unmet(constraints, region)),
    )


def constrained(
    region: Region, picture: Size, target: Size, constraints: PixelConstraints, hold: Floats
) -> Region:
    """Return a window, moved and enlarged only as far as the constraints require.

    Args:
        region: the window.
        picture: size of the picture.
        target: size of the output, of which only the aspect matters.
        constraints: the client's focus, keep and avoid.
        hold: spans of further boxes to contain, (n, 2, 2). A focus overrides them.
    """
    limit, keep = largest_extent(picture, target), spans_of(constraints.keep)
    extent = grown_to_hold(limit * min(1.0, region.width / limit[X]), limit, keep)
    if constraints.focus is not None:
        return centred_on_focus(picture, extent, constraints)
    extent = grown_to_hold(extent, limit, np.concatenate([keep, hold]))
    middle = np.array([region.left + region.width / 2, region.top + region.height / 2])
    start = middle - extent / 2
    places = PlacementRange.inside(picture, extent).holding(keep).holding(hold)
    return places.best(nearest_to(start), start, spans_of(constraints.avoid))


def centred_on_focus(picture: Size, extent: Floats, constraints: PixelConstraints) -> Region:
    """Return the window that contains the kept areas and whose centre is nearest to the focus.

    Avoided areas do not move it: the focus overrides them.

    Args:
        picture: size of the picture.
        extent: width and height of the window, (2,).
        constraints: constraints with a focus.
    """
    start = np.array(constraints.focus) - extent / 2
    places = PlacementRange.inside(picture, extent).holding(spans_of(constraints.keep))
    return places.best(nearest_to(start), start, spans_of(()))


def unmet(constraints: PixelConstraints, window: Region) -> tuple[str, ...]:
    """Return a warning for each kind of constraint that a window does not meet."""
    cut = sum(not _contains(window, area) for area in constraints.keep)
    covered = sum(_overlaps(window, area) for area in constraints.avoid)
    return (
        *outside_picture(constraints),
        *_counted(cut, "keep: {} not whole in the window"),
        *_counted(covered, "avoid: {} partly or wholly in the window"),
    )


def outside_picture(constraints: PixelConstraints) -> tuple[str, ...]:
    """Return a warning for each kind of constraint that lies outside the picture."""
    focus = ("focus: outside the picture, ignored",) if constraints.focus_outside else ()
    boxes = _counted(constraints.outside, "keep and avoid: {} outside the picture, ignored")
    return (*focus, *boxes)


def _counted(count: int, line: str) -> tuple[str, ...]:
    return (line.format("1 box" if count == 1 else f"{count} boxes"),) if count else ()


def nearest_to(start: Floats) -> Score:
    """Return a score that is higher the nearer a window starts to a position."""

    def score(xs: Floats, ys: Floats) -> Floats:
        return np.asarray(-(np.abs(ys - start[Y])[:, np.newaxis] + np.abs(xs - start[X])))

    return score


def whole_pixels(region: Region, picture: Size) -> Box:
    """Return a window in whole pixels, of the nearest size and inside the picture."""
    width, height = max(1, half_up(region.width)), max(1, half_up(region.height))
    return Box(half_up(region.left), half_up(region.top), width, height).clamp_to(picture)


def point_in(window: Box, x: float, y: float) -> Point:
    """Return the pixel of a window that is nearest to a point."""
    return Point(
        min(max(int(x), window.left), window.right - 1),
        min(max(int(y), window.top), window.bottom - 1),
    )


def _contains(window: Region, box: Region) -> bool:
    across = window.left <= box.left + EPSILON and box.right <= window.right + EPSILON
    return across and window.top <= box.top + EPSILON and box.bottom <= window.bottom + EPSILON


def _overlaps(window: Region, box: Region) -> bool:
    across = min(window.right, box.right) - max(window.left, box.left)
    return min(across, min(window.bottom, box.bottom) - max(window.top, box.top)) > EPSILON


def _first_best(*scores: Floats) -> tuple[int, int]:
    """Return row and column of the best by the first score, then by the next, and so on."""
    best = np.ones(scores[0].shape, bool)
    for score in scores:
        top = score[best].max()
        best &= score >= top - EPSILON * max(1.0, abs(top))
    row, column = np.argwhere(best)[0]
    return int(row), int(column)
