"""The window that keeps most of what is interesting, and all faces that it can."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from handler.core.face import Head
from handler.core.framing import choose_heads
from handler.core.geometry import Box, Point, Region, Size
from handler.core.placement import (
    ON_FOCUS,
    PlacementRange,
    Score,
    centred_on_focus,
    grown_to_hold,
    largest_extent,
    point_in,
    whole_pixels,
)
from handler.core.request import FaceChoice, PixelConstraints
from handler.core.saliency.interest import GRID, Interest, InterestMap
from handler.core.spans import Floats, X, Y, bounds_of, spans_of

# What a window at the very edge must hold more of the interest than the one in the centre, as a
# share of it all. People who crop leave the centre unwillingly; and where nothing is of interest
# the window stays there exactly. As it counts in shares of the room there is, a wide window, whose
# place matters little, stays where it is, and a narrow one goes where the interest is.
_COST_OF_EDGE = 0.05
# Less than this of the interest is not worth a word.
_NEGLIGIBLE = 0.005
# In sides of a face's box, which ends at the brow: up to the hairline.
_HAIRLINE = 0.25


@dataclass(frozen=True, slots=True)
class Selection:
    """A window, in pixels of the upright picture.

    Attributes:
        region: the window, with exactly the target's aspect.
        crop: the same to whole pixels.
        focus: the most interesting place in it, or what was said by hand.
        gain_over_centre: share of the interest inside it, minus that of the centre window.
        chosen: indices of the faces that it was to hold.
        faces_cut: how many of them it does not hold whole.
        reason: why it is what it is, in one sentence for people.
    """

    region: Region
    crop: Box
    focus: Point
    gain_over_centre: float
    chosen: tuple[int, ...]
    faces_cut: int
    reason: str


def select_window(
    interest: Interest,
    picture: Size,
    target: Size,
    *,
    padding: int = 0,
    choose: FaceChoice = "all",
    constraints: PixelConstraints | None = None,
) -> Selection:
    """Choose a window.

    The rules, the first having the last word:

    1. The window lies inside the picture and has the target's aspect. It is the largest such
       window, or smaller by the padding, but no smaller than what it is to hold needs.
    2. What was said by hand: it holds what is to be kept, and is centred on the focus.
    3. It holds every chosen face whole if any such window can, as in face mode, and otherwise
       those that fit together and are largest in sum. A focus by hand leaves no say to faces.
    4. It holds them up to the hairline, as far as that goes.
    5. It leaves out what is to be avoided.
    6. It keeps as much of the interest as it can, at the price of leaving the centre.

    Args:
        interest: the interest map and the faces of the picture.
        picture: its size.
        target: size of the output, of which only the aspect matters.
        padding: how much smaller than the largest window, as in subject mode, in percent.
        choose: the faces to hold: every clear one, or the largest.
        constraints: what was said by hand.
    """
    constraints = constraints or PixelConstraints()
    heads = [Head.of(face, picture) for face in interest.faces or ()]
    chosen = choose_heads(heads, choose) if heads else ()
    held = [heads[index] for index in chosen]
    heat = interest.map.without(constraints.avoid, picture)
    limit = largest_extent(picture, target)
    extent = grown_to_hold(limit / (1 + padding / 100), limit, spans_of(constraints.keep))
    if constraints.focus is None:
        region = _place(heat, held, picture, extent, limit, constraints)
    else:
        region = centred_on_focus(picture, extent, constraints)
    crop = whole_pixels(region, picture)
    centre = Region(
        (picture.width - region.width) / 2,
        (picture.height - region.height) / 2,
        region.width,
        region.height,
    )
    kept, kept_by_centre = _kept(heat, region, picture), _kept(heat, centre, picture)
    cut = sum(not head.is_inside(crop) for head in held)
    return Selection(
        region=region,
        crop=crop,
        focus=point_in(crop, *(constraints.focus or _hottest(heat, region, picture))),
        gain_over_centre=kept - kept_by_centre,
        chosen=chosen,
        faces_cut=cut,
        reason=_explain(kept, kept_by_centre, len(held), cut)
        if constraints.focus is None
        else ON_FOCUS,
    )


def _place(
    interest: InterestMap,
    heads: Sequence[Head],
    picture: Size,
    extent: Floats,
    limit: Floats,
    constraints: PixelConstraints,
) -> Region:
    """Where the interest is best kept, of all places that hold what is to be held."""
    keep, avoid = spans_of(constraints.keep), spans_of(constraints.avoid)
    boxes = np.array([head.box for head in heads]).reshape(-1, 2, 2)
    margins = [head.margin_box(0.0, picture, _HAIRLINE) for head in heads]
    extent = grown_to_hold(extent, limit, np.concatenate([keep, boxes]))
    places = PlacementRange.inside(picture, extent).holding(keep).holding(boxes)
    places = places.holding(np.array(margins).reshape(-1, 2, 2))
    middle = (bounds_of(picture) - extent) / 2
    return places.best(_interest_score(interest, extent, picture), middle, avoid)


def _interest_score(interest: InterestMap, extent: Floats, picture: Size) -> Score:
    bounds = bounds_of(picture)
    window = extent / bounds
    travel = np.maximum(bounds - extent, 1e-9)

    def score(xs: Floats, ys: Floats) -> Floats:
        kept = interest.kept(xs / bounds[X], ys / bounds[Y], (window[X], window[Y]))
        # From 0 in the centre to 1 at the edge.
        distance = np.abs(ys / travel[Y] - 0.5)[:, np.newaxis] + np.abs(xs / travel[X] - 0.5)
        return np.asarray(kept - _COST_OF_EDGE * 2 * distance)

    return score


def _kept(interest: InterestMap, region: Region, picture: Size) -> float:
    left, top = np.array([region.left / picture.width]), np.array([region.top / picture.height])
    window = region.width / picture.width, region.height / picture.height
    return float(interest.kept(left, top, window)[0, 0])


def _hottest(interest: InterestMap, region: Region, picture: Size) -> tuple[float, float]:
    """The middle of the most interesting cell in the window."""
    middles = (np.arange(GRID) + 0.5) / GRID
    xs, ys = middles * picture.width, middles * picture.height
    across = (xs >= region.left) & (xs <= region.right)
    down = (ys >= region.top) & (ys <= region.bottom)
    inside = np.where(down[:, np.newaxis] & across, interest.heat, -1)
    row, column = divmod(int(inside.argmax()), GRID)
    return float(xs[column]), float(ys[row])


def _explain(kept: float, kept_by_centre: float, faces: int, cut: int) -> str:
    what = f"{kept:.0%} of what draws the eye, where the centre has {kept_by_centre:.0%}"
    if abs(kept - kept_by_centre) < _NEGLIGIBLE:
        what = f"{kept:.0%} of what draws the eye, as the centre does"
    if not faces:
        return f"Holds {what}."
    who = "the face" if faces == 1 else f"all {faces} faces"
    return f"Holds {f'{faces - cut} of {faces} faces whole' if cut else who}, and {what}."
