"""The window with the best score that contains the faces which fit into it."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct

from handler.core.face import Head
from handler.core.framing import choose_heads
from handler.core.geometry import Box, Point, Region, Size
from handler.core.placement import (
    ON_FOCUS,
    PlacementRange,
    centred_on_focus,
    grown_to_hold,
    largest_extent,
    point_in,
    whole_pixels,
)
from handler.core.request import FaceChoice, PixelConstraints
from handler.core.saliency.face_certainty import MOST_FACES, face_certainties
from handler.core.saliency.held_areas import HeldAreas
from handler.core.saliency.interest import Interest
from handler.core.saliency.interest_map import GRID, InterestMap
from handler.core.saliency.window_score import WindowScore
from handler.core.spans import Floats, bounds_of, spans_of

# Faces below this certainty do not hold the window.
_LEAST_HELD = 0.3
# A difference below this share of the interest is not mentioned in the reason.
_NEGLIGIBLE = 0.005


class Selection(Struct, frozen=True):
    """A window, in pixels of the upright picture.

    Attributes:
        region: the window, with exactly the target's aspect.
        crop: the window in whole pixels.
        focus: the most interesting position in it, or the client's focus.
        gain_over_centre: expected gain over the centred window: the difference of their scores, in
            shares of the interest. On annotated photos with a subject, people agree better with
            more than 90 % of the windows above 0.1 than with the centre.
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
       certain ones that are not tiny, and none in a picture with more than three, where the score
       decides. A focus overrides the faces.
    4. It leaves out the areas to avoid, and chosen faces that do not fit.
    5. It contains as much of the interest and the faces as possible, cuts as little of heads,
       objects and lettering, and pays a price for its distance from the centre. The price is low if
       there is a certain face or object; see `handler.core.saliency.window_score`.
    6. If that costs little of the score, it contains the faces up to the hairline, with all their
       hair, with a quarter of the head above it, and with the back of the head, the heads of large
       cats and dogs and the whole animals, and the one thing that differs from everything around
       it.
    7. Of positions with about the same score it is at the one that is nearest to a common division
       of its range; see `handler.core.saliency.steady_places`.

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
    chosen = _choose(heads, choose, picture)
    held = [heads[index] for index in chosen]
    heat = interest.map.without(constraints.avoid, picture)
    limit = largest_extent(picture, target)
    extent = grown_to_hold(limit / (1 + padding / 100), limit, spans_of(constraints.keep))
    score = WindowScore.of(interest, heat, picture)
    if constraints.focus is None:
        areas = HeldAreas.of(interest, held, picture)
        region = _place(score, areas, picture, extent, limit, constraints)
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
        gain_over_centre=score.over_centre(region, picture),
        chosen=chosen,
        faces_cut=cut,
        reason=_explain(kept, kept_by_centre, len(held), cut)
        if constraints.focus is None
        else ON_FOCUS,
    )


def _choose(heads: Sequence[Head], choose: FaceChoice, picture: Size) -> tuple[int, ...]:
    """Return the indices of the heads that the window should contain."""
    if not heads or (choose == "all" and len(heads) > MOST_FACES):
        return ()
    certain = face_certainties(heads, picture)
    return tuple(index for index in choose_heads(heads, choose) if certain[index] >= _LEAST_HELD)


def _place(
    score: WindowScore,
    held: HeldAreas,
    picture: Size,
    extent: Floats,
    limit: Floats,
    constraints: PixelConstraints,
) -> Region:
    """Return the window with the highest score that contains the areas and faces."""
    keep, avoid = spans_of(constraints.keep), spans_of(constraints.avoid)
    extent = held.grown(extent, limit, keep)
    places = held.places(PlacementRange.inside(picture, extent).holding(keep))
    middle = (bounds_of(picture) - extent) / 2
    return held.best(places, score.for_placing(extent, picture), middle, avoid)


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
