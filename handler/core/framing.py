"""Face mode's composition: which window a photographer would cut around the faces found."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from handler.core.face import Face, Head, clear_heads, crown_direction, mean_eyes
from handler.core.geometry import Box, Point, Region, Size
from handler.core.placement import largest_extent, point_in, whole_pixels
from handler.core.request import FaceChoice, FacePreset
from handler.core.spans import EPSILON, Floats, X, Y, bounds_of, hull


class Preset(NamedTuple):
    """How tight a window is, and how the people stand in it; see `frame_faces`.

    Attributes:
        multiple: window height in face heights.
        eye_line: where the eyes are, as a share of the window's height from its top.
        side: room beside the outer faces, in face heights.
    """

    multiple: float
    eye_line: float
    side: float


PRESETS: Mapping[FacePreset, Preset] = {
    "closeup": Preset(1.8, 0.46, 0.25),
    "head-shoulders": Preset(2.8, 0.36, 0.5),
    "upper-body": Preset(4.5, 1 / 3, 0.75),
    "half-body": Preset(7.0, 0.30, 0.75),
}


@dataclass(frozen=True, slots=True)
class Framing:
    """A window around faces, in pixels of the upright picture.

    Attributes:
        window: the window to whole pixels; each side is within a pixel of ``region``'s.
        region: the window with exactly the target's aspect, so that rendering distorts nothing.
        chosen: indices of the faces that the window was to hold.
        faces_cut: how many of them it does not hold whole.
        focus: the middle of the eyes of the faces that it was built on.
        eye_line: the height of those eyes; None when the heads lie sideways.
        reason: why the window is what it is, in one sentence for people.
    """

    window: Box
    region: Region
    chosen: tuple[int, ...]
    faces_cut: int
    focus: Point
    eye_line: float | None
    reason: str


def frame_faces(
    faces: Sequence[Face],
    picture: Size,
    target: Size,
    *,
    preset: FacePreset = "head-shoulders",
    padding: int = 0,
    choose: FaceChoice = "all",
) -> Framing:
    """Compose a window around faces, as a good photographer would.

    The rules, the first having the last word; lengths are in heights of the face they belong to:

    1. The window lies inside the picture and has the target's aspect. Where the picture is too
       small it shrinks on both axes, and is moved rather than shrunk where it is only too near
       the edge.
    2. It holds every chosen face whole if any window of that aspect in the picture can. If none
       can, it is composed for those that fit together and are largest in sum (two people outweigh
       one who is somewhat nearer) or, among equals, in the middle. It then moves off the faces
       left out, as far as the room of those kept allows: half a face at the edge is worse than
       none.
    3. Tiny or weak detections beside clear ones are not chosen: under half the score or a quarter
       of the size of the main one (four times as far away: someone passing behind).
       ``"largest"`` chooses the largest of the rest.
    4. Tightness is the preset's multiple of the face height: 1.8, 2.8, 4.5 or 7.0, as in the
       reference. One face gets exactly that. Of several each gets at least that, from the room
       above its hair to that below its chin, so that a row of equal faces is framed as one face
       is, and a second row adds its distance, not a multiple of it.
    5. A face's room is its hair (0.55 above the box) and, on its other sides, 0.25 in the closeup,
       0.5 and 0.75 in the wider presets, for ears, neck and shoulders. The window grows until it
       is wide enough for the room of several faces; one face keeps its preset, whatever the
       aspect, as long as its box fits.
    6. Padding enlarges the result by that percentage.
    7. The eyes, the larger faces' counting more, are near the upper third in the wider presets:
       36, 33 and 30 % from the top, rising with the distance as the air above a person does not
       grow with the body below. In the closeup they are at 46 %: the box ends at the brow, and
       0.55 above it is hair. In between, by interpolation over the tightness that came out, so a
       closeup that had to grow for a group is composed like the wider presets.
    8. The room of every face that is held stays inside while it can, even if the eyes then leave
       their line.
    9. Across, the faces with their room are centred.
    10. "Above" is where the eyes are from the mouth, to the nearest quarter turn: heads that lie
        sideways or upside down are composed along their own direction, and the window is wide
        enough for their room. Heads that do not agree on a direction are taken as upright.

    Args:
        faces: at least one. Boxes and landmarks may reach outside the picture; what is outside
            need not be held.
        picture: size of the upright picture.
        target: size of the output, of which only the aspect matters.
        preset: how tight.
        padding: how much larger than that, in percent.
        choose: every clear face, or the largest one.

    Raises:
        ValueError: there is no face.
    """
    if not faces:
        raise ValueError("Expected at least one face to frame")
    heads = [Head.of(face, picture) for face in faces]
    chosen = choose_heads(heads, choose)
    selected = [heads[index] for index in chosen]
    limit = largest_extent(picture, target)
    kept = _holdable(selected, picture, limit)
    extent, why = _measure(kept, PRESETS[preset], padding, picture, limit)
    region = _place(kept, selected, extent, PRESETS[preset], picture)
    window = whole_pixels(region, picture)
    cut = sum(not head.is_inside(window) for head in selected)
    eyes = mean_eyes(kept)
    return Framing(
        window=window,
        region=region,
        chosen=chosen,
        faces_cut=cut,
        focus=point_in(window, *eyes),
        eye_line=float(eyes[Y]) if crown_direction(kept)[0] == Y else None,
        reason=_explain(preset, padding, choose, (len(faces), len(chosen), cut), why),
    )


def choose_heads(heads: Sequence[Head], choose: FaceChoice) -> tuple[int, ...]:
    """Indices of the heads that a window is to hold, of at least one."""
    chosen = clear_heads(heads)
    if choose == "largest":
        return (max(chosen, key=lambda index: (heads[index].size, heads[index].score)),)
    return chosen


def _holdable(heads: Sequence[Head], picture: Size, limit: Floats) -> list[Head]:
    """The faces that the largest window holds at its best place; at least one.

    That window is as wide or as high as the picture and can move only on the other axis. Wherever
    it holds most, it may as well start at a face.
    """
    axis = int(np.argmax(bounds_of(picture) - limit))
    spans = np.stack([head.box[axis] for head in heads])
    held = (spans[:, 0] >= spans[:, :1]) & (spans[:, 1] <= spans[:, :1] + limit[axis] + EPSILON)
    sizes = np.array([head.size for head in heads])
    middle = spans[:, 0].min() + spans[:, 1].max()

    def worth(index: int) -> tuple[float, float]:
        inside = spans[held[index]]
        if not len(inside):
            return 0.0, 0.0
        distance = abs(inside[:, 0].min() + inside[:, 1].max() - middle)
        return float(sizes[held[index]].sum()), -float(distance)

    best = max(range(len(heads)), key=worth)
    kept = [head for head, inside in zip(heads, held[best], strict=True) if inside]
    return kept or [max(heads, key=lambda head: head.size)]


def _measure(
    heads: Sequence[Head], rule: Preset, padding: int, picture: Size, limit: Floats
) -> tuple[Floats, tuple[str, ...]]:
    """Width and height of the window, and what made it other than the preset says."""
    several = len(heads) > 1
    tight = rule.multiple * max(head.size for head in heads)
    top, bottom = hull([head.vertical_span(rule.multiple, rule.eye_line) for head in heads])
    left, right = hull(
        [
            head.margin_box(rule.side, picture)[X] if several or head.is_sideways else head.box[X]
            for head in heads
        ]
    )
    needed = max(tight, bottom - top, (right - left) * limit[Y] / limit[X])
    padded = needed * (1 + padding / 100)
    grown, limited = needed > tight * (1 + EPSILON), padded > limit[Y] * (1 + EPSILON)
    why = [f"{padding} % padding"] * bool(padding)
    why += [f"grown to hold {'them' if several else 'it'} with room"] * bool(grown)
    why += ["limited by the picture"] * bool(limited)
    return limit * min(1.0, padded / limit[Y]), tuple(why)


def _place(
    kept: Sequence[Head], selected: Sequence[Head], extent: Floats, rule: Preset, picture: Size
) -> Region:
    """Where the window goes, its size being known."""
    axis, end = crown_direction(kept)
    eyes = mean_eyes(kept)
    boxes = hull([head.box for head in kept])
    margins = hull([head.margin_box(rule.side, picture) for head in kept])
    fits = extent >= boxes[:, 1] - boxes[:, 0] - EPSILON
    start = np.where(fits, margins.mean(1), eyes) - extent / 2
    line = _eye_line(float(extent[axis]) / max(head.size for head in kept))
    start[axis] = eyes[axis] - extent[axis] * (1 - line if end else line)
    furthest = bounds_of(picture) - extent
    allowed = [_start_range(margins, extent), _start_range(boxes, extent), (np.zeros(2), furthest)]
    for lowest, highest in allowed:
        start = np.clip(start, lowest, highest)
    left_out = [head.box for head in selected if head not in kept]
    if left_out:
        lowest = np.max([lowest for lowest, _ in allowed], axis=0)
        highest = np.min([highest for _, highest in allowed], axis=0)
        start = _move_off(start, extent, np.stack(left_out), lowest, highest)
    return Region(float(start[X]), float(start[Y]), float(extent[X]), float(extent[Y]))


def _start_range(spans: Floats, extent: Floats) -> tuple[Floats, Floats]:
    """How far left/up and right/down a window may start that holds the spans, or lies in them."""
    ends = spans[:, 1] - extent, spans[:, 0]
    return np.minimum(*ends), np.maximum(*ends)


def _eye_line(multiple: float) -> float:
    multiples = [rule.multiple for rule in PRESETS.values()]
    return float(np.interp(multiple, multiples, [rule.eye_line for rule in PRESETS.values()]))


def _move_off(
    start: Floats, extent: Floats, left_out: Floats, lowest: Floats, highest: Floats
) -> Floats:
    """Move the window to where its edges cut least through faces, along one axis.

    Args:
        start: left and top of the window, shape (2,); its ``extent`` likewise.
        left_out: the faces' boxes as spans, shape (n, 2, 2).
        lowest: how far the window may move to the left and to the top.
        highest: how far to the right and to the bottom.
    """
    places = [start]
    for axis in (X, Y):
        for edge in (*left_out[:, axis, 1], *(left_out[:, axis, 0] - extent[axis])):
            if lowest[axis] <= edge <= highest[axis]:
                places.append(np.where(np.arange(2) == axis, edge, start))

    def cost(place: Floats) -> tuple[float, float]:
        first, last = left_out[..., 0] - place, left_out[..., 1] - place
        inside = ((first >= -EPSILON) & (last <= extent + EPSILON)).all(1)
        outside = ((last <= EPSILON) | (first >= extent - EPSILON)).any(1)
        sides = left_out[:, Y, 1] - left_out[:, Y, 0]
        return float(sides[~(inside | outside)].sum()), float(np.abs(place - start).sum())

    return min(places, key=cost)


def _explain(
    preset: FacePreset,
    padding: int,
    choose: FaceChoice,
    counts: tuple[int, int, int],
    why: tuple[str, ...],
) -> str:
    found, chosen, cut = counts
    if found == 1:
        who = "the face"
    elif choose == "largest":
        who = f"the largest of {found} faces"
    elif chosen < found:
        who = f"{chosen} of {found} faces, the others being tiny or weak"
    else:
        who = "both faces" if found == 2 else f"all {found} faces"
    size = f"{PRESETS[preset].multiple} times the face height"
    lost = [f"{cut} of {chosen} not held whole"] * bool(cut)
    return f"The {preset} window of {who}: {', '.join([size, *why, *lost])}."
