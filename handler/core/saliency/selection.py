"""The window that keeps most of the interest, and all faces that fit into it."""

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
from handler.core.saliency.boundaries import cut_price
from handler.core.saliency.interest import GRID, Interest, InterestMap
from handler.core.spans import Floats, X, Y, bounds_of, spans_of

# Price of a window at the edge whose range of positions is as long as itself, in shares of the
# interest: a window leaves the centre only if it contains that much more. Photographers frame well,
# and maps prefer rocks and roofs to the view. On 568 annotated pictures these prices keep the
# windows from losing to the centre where there is no subject. The map of auto mode is a product of
# more maps, so it is more concentrated and needs a higher price, and the more so if objects were
# looked for and not found. A certain face or object confirms a subject.
_PRICE, _PRICE_WITHOUT_FACE, _PRICE_WITHOUT_OBJECT, _PRICE_OF_SUBJECT = 0.3, 0.4, 0.6, 0.05
# Longest range of positions that raises the price, in lengths of the window. A square picture has
# it at 3:8; narrower windows must be able to reach a subject.
_LONGEST_RANGE = 5 / 3
# Scores of the best face between which it begins to count, and counts fully. Dolls, statues and
# headlights have scores between them.
_NO_FACE, _CERTAIN_FACE = 0.35, 0.65
# The same for objects. The quartiles of the confidence are 0.35, 0.46 and 0.55 on photos with
# subjects (OSIE), and 0.08, 0.16 and 0.30 on photos of which many have none (FLMS).
_NO_OBJECT, _CERTAIN_OBJECT = 0.25, 0.5
# Faces below this score do not hold the window, nor do more faces than this: viewers look at the
# faces of three people, but at the middle of a crowd.
_LEAST_HELD, _MOST_HELD = 0.5, 3
# A difference below this share of the interest is not mentioned in the reason.
_NEGLIGIBLE = 0.005
# Distances from the top of a face's box, at the brow, to the hairline and the end of the hair, in
# sides of the box. Each is kept in the window if possible.
_MARGINS_ABOVE = 0.25, 0.55


@dataclass(frozen=True, slots=True)
class Selection:
    """A window, in pixels of the upright picture.

    Attributes:
        region: the window, with exactly the target's aspect.
        crop: the window in whole pixels.
        focus: the most interesting position in it, or the client's focus.
        gain_over_centre: share of the interest inside it, minus that of the centred window.
        chosen: indices of the faces that it should contain.
        faces_cut: number of chosen faces that it does not contain whole.
        reason: the reason for the window, as one sentence for people.
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
    """Choose the window that keeps most of the interest.

    These are the rules; an earlier one overrides a later one.

    1. The window lies inside the picture and has the target's aspect. It is the largest such
       window, reduced by the padding, but large enough for the areas and faces to contain.
    2. It contains the areas to keep and is centred on the focus, if the client gives them.
    3. It contains every chosen face whole if any such window can, and otherwise the faces that fit
       together and have the largest sum of sizes. Faces are chosen as in face mode, but only
       certain ones, and none in a crowd, where the interest decides. A focus overrides the faces.
    4. It contains these faces up to the hairline, and then with all their hair, if possible.
    5. It leaves out the areas to avoid.
    6. It contains as much of the interest as possible, minus a price for its distance from the
       centre and one for lettering that it cuts. The first price is low if there is a certain face
       or object.

    Args:
        interest: the interest map and the faces of the picture.
        picture: size of the upright picture.
        target: size of the output, of which only the aspect matters.
        padding: reduction of the largest window, as in subject mode, in percent.
        choose: the faces to contain: every clear one, or only the largest.
        constraints: the client's focus, keep and avoid.
    """
    constraints = constraints or PixelConstraints()
    heads = [Head.of(face, picture) for face in interest.faces or ()]
    chosen = _choose(heads, choose)
    held = [heads[index] for index in chosen]
    heat = interest.map.without(constraints.avoid, picture)
    limit = largest_extent(picture, target)
    extent = grown_to_hold(limit / (1 + padding / 100), limit, spans_of(constraints.keep))
    if constraints.focus is None:
        score = _Score(heat, _price(interest), interest.lettering)
        region = _place(score, held, picture, extent, limit, constraints)
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


@dataclass(frozen=True, slots=True)
class _Score:
    """The score of windows: the interest that they contain, minus a price.

    Attributes:
        interest: the interest map.
        price: price of leaving the centre; see `_PRICE`.
        lettering: lines that the edges should not cut; see `boundaries`.
    """

    interest: InterestMap
    price: float
    lettering: Floats | None

    def of(self, extent: Floats, picture: Size) -> Score:
        """Return the score of windows of one size."""
        bounds = bounds_of(picture)
        window = extent / bounds
        travel = np.maximum(bounds - extent, 1e-9)
        prices = self.price * np.minimum((bounds - extent) / extent, _LONGEST_RANGE)
        cut = cut_price(self.lettering, extent, picture)

        def score(xs: Floats, ys: Floats) -> Floats:
            kept = self.interest.kept(xs / bounds[X], ys / bounds[Y], (window[X], window[Y]))
            # From 0 in the centre to 1 at the edge.
            across, down = 2 * np.abs(xs / travel[X] - 0.5), 2 * np.abs(ys / travel[Y] - 0.5)
            kept = kept - prices[Y] * down[:, np.newaxis] - prices[X] * across
            return np.asarray(kept - cut(xs, ys))

        return score


def _choose(heads: Sequence[Head], choose: FaceChoice) -> tuple[int, ...]:
    """Return the indices of the heads that the window should contain."""
    chosen = choose_heads(heads, choose) if heads else ()
    certain = tuple(index for index in chosen if heads[index].score >= _LEAST_HELD)
    return certain if len(certain) <= _MOST_HELD else ()


def _price(interest: Interest) -> float:
    """Return the price of leaving the centre."""
    if interest.faces is None:
        return _PRICE
    best = max((face.score for face in interest.faces), default=0.0)
    subject = np.interp(best, [_NO_FACE, _CERTAIN_FACE], [0, 1])
    highest = _PRICE_WITHOUT_FACE
    if interest.objects is not None:
        objects = np.interp(interest.objects, [_NO_OBJECT, _CERTAIN_OBJECT], [0, 1])
        subject, highest = max(subject, objects), _PRICE_WITHOUT_OBJECT
    return float(highest + (_PRICE_OF_SUBJECT - highest) * subject)


def _place(
    score: _Score,
    heads: Sequence[Head],
    picture: Size,
    extent: Floats,
    limit: Floats,
    constraints: PixelConstraints,
) -> Region:
    """Return the window with the highest score that contains the areas and faces."""
    keep, avoid = spans_of(constraints.keep), spans_of(constraints.avoid)
    boxes = np.array([head.box for head in heads]).reshape(-1, 2, 2)
    extent = grown_to_hold(extent, limit, np.concatenate([keep, boxes]))
    places = PlacementRange.inside(picture, extent).holding(keep).holding(boxes)
    for above in _MARGINS_ABOVE:
        margins = [head.margin_box(0.0, picture, above) for head in heads]
        places = places.holding(np.array(margins).reshape(-1, 2, 2))
    middle = (bounds_of(picture) - extent) / 2
    return places.best(score.of(extent, picture), middle, avoid)


def _kept(interest: InterestMap, region: Region, picture: Size) -> float:
    left, top = np.array([region.left / picture.width]), np.array([region.top / picture.height])
    window = region.width / picture.width, region.height / picture.height
    return float(interest.kept(left, top, window)[0, 0])


def _hottest(interest: InterestMap, region: Region, picture: Size) -> tuple[float, float]:
    """Return the centre of the most interesting cell in the window, as (x, y) in pixels."""
    middles = (np.arange(GRID) + 0.5) / GRID
    xs, ys = middles * picture.width, middles * picture.height
    across = (xs >= region.left) & (xs <= region.right)
    down = (ys >= region.top) & (ys <= region.bottom)
    inside = np.where(down[:, np.newaxis] & across, interest.heat, -1)
    row, column = divmod(int(inside.argmax()), GRID)
    return float(xs[column]), float(ys[row])


def _explain(kept: float, kept_by_centre: float, faces: int, cut: int) -> str:
    what = f"{kept:.0%} of the interest; a centred window contains {kept_by_centre:.0%}"
    if abs(kept - kept_by_centre) < _NEGLIGIBLE:
        what = f"{kept:.0%} of the interest, as much as a centred window"
    if not faces:
        return f"Contains {what}."
    who = "the face" if faces == 1 else f"all {faces} faces"
    return f"Contains {f'{faces - cut} of {faces} faces whole' if cut else who} and {what}."
