"""The composition of face mode: the window around the faces found, as a photographer cuts it."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from msgspec import Struct

from handler.core.face import Face, Head, clear_heads, crown_direction, mean_eyes
from handler.core.geometry import Box, Point, Region, Size, half_up
from handler.core.placement import largest_extent, point_in, whole_pixels
from handler.core.request import FaceChoice, FacePreset
from handler.core.spans import EPSILON, Floats, X, Y, bounds_of, hull


class Preset(NamedTuple):
    """Tightness of a window, and position of the people in it; see `frame_faces`.

    Attributes:
        multiple: window height in face heights.
        eye_line: distance of the eyes from the top, as a share of the window's height.
        side: margin outside the outer faces, in face heights.
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


class Framing(Struct, frozen=True):
    """A window around faces, in pixels of the upright picture.

    Attributes:
        window: the window in whole pixels; each side is within a pixel of ``region``'s.
        region: the window with exactly the target's aspect, so that rendering does not distort.
        chosen: indices of the faces that the window should contain.
        faces_cut: number of chosen faces that it does not contain whole.
        preset_size: size of the window that the preset and the faces require, in pixels.
        focus: mean position of the eyes of the faces that it was built on.
        eye_line: y of those eyes; None if the heads are sideways.
        reason: the reason for the window, as one sentence for people.
    """

    window: Box
    region: Region
    chosen: tuple[int, ...]
    faces_cut: int
    preset_size: tuple[float, float]
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
    most_enlarged: float | None = None,
) -> Framing:
    """Compose a window around faces, as a good photographer would.

    These are the rules; an earlier one overrides a later one. Lengths are in heights of the face
    they belong to.

    1. The window lies inside the picture and has the target's aspect. If the picture is too small,
       the window shrinks on both axes. If it is only too near the edge, it is moved, not shrunk.
    2. It contains every chosen face whole if any window of that aspect in the picture can. If none
       can, it is composed for the faces that fit together and have the largest sum of sizes (two
       people outweigh one who is somewhat nearer) or, among equals, for those in the middle. It
       then moves off the other faces, as far as the margins of the contained faces allow, because
       half a face at the edge is worse than none.
    3. Detections that are tiny or weak compared with the main one are not chosen: under half its
       score, or a quarter of its size (four times as far away: someone passing behind).
       ``"largest"`` chooses the largest of the rest.
    4. Tightness is the preset's multiple of the face height: 1.8, 2.8, 4.5 or 7.0, as in the
       reference. A single face gets exactly that. Each of several faces gets at least that,
       measured from the margin above its hair to the one below its chin. A row of equal faces is
       therefore framed like a single face, and a second row adds its distance, not a multiple.
    5. A face's margin is its hair (0.55 above the box) and, on its other sides, 0.25 in the
       closeup, and 0.5 and 0.75 in the wider presets, for ears, neck and shoulders. The window
       grows until it is wide enough for the margins of several faces. A single face keeps its
       preset, whatever the aspect, as long as its box fits.
    6. Padding enlarges the result by that percentage. The window then grows until the output does
       not enlarge it more than allowed, if the picture has room.
    7. The mean of the eyes, weighted by face size, is near the upper third in the wider presets:
       36, 33 and 30 % from the top. The share falls with the distance, because the space above a
       person does not grow with the body below. In the closeup it is 46 %: the box ends at the
       brow, and 0.55 above it is hair. Values in between are interpolated over the final
       tightness, so a closeup that had to grow for a group is composed like the wider presets.
    8. The margins of every contained face stay inside if possible, even if the eyes then leave
       their line.
    9. Horizontally, the faces with their margins are centred.
    10. "Above" is the direction from mouth to eyes, to the nearest quarter turn. Heads that are
        sideways or upside down are composed along their own direction, and the window is wide
        enough for their margins. Heads that do not agree on a direction are treated as upright.

    Args:
        faces: at least one face. Boxes and landmarks may reach outside the picture; only the part
            inside has to be contained.
        picture: size of the upright picture.
        target: size of the output, of which only the aspect matters.
        preset: tightness of the window.
        padding: enlargement of that window, in percent.
        choose: every clear face, or only the largest.
        most_enlarged: largest enlargement of the window, in output pixels per pixel of the picture;
            None for any.

    Raises:
        ValueError: there is no face.
    """
    if not faces:
        raise ValueError("Expected at least one face to frame")
    heads = [Head.of(face, picture) for face in faces]
    chosen = choose_heads(heads, choose)
    # In an order of their own, so that ties do not depend on the order of detection.
    selected = sorted((heads[index] for index in chosen), key=lambda head: head.box.tolist())
    limit = largest_extent(picture, target)
    kept = _holdable(selected, picture, limit)
    required, why = _measure(kept, PRESETS[preset], padding, picture, limit)
    extent = required
    if most_enlarged is not None:
        extent = np.maximum(required, limit * min(1.0, target.height / most_enlarged / limit[Y]))
        why += ("widened to be enlarged less",) * bool((extent > required + 1).any())
    region = _place(kept, selected, extent, PRESETS[preset], picture)
    window = whole_pixels(region, picture)
    cut = sum(not head.is_inside(window) for head in selected)
    eyes = mean_eyes(kept)
    return Framing(
        window=window,
        region=region,
        chosen=chosen,
        faces_cut=cut,
        preset_size=(float(required[X]), float(required[Y])),
        focus=point_in(window, *eyes),
        eye_line=float(eyes[Y]) if crown_direction(kept)[0] == Y else None,
        reason=_explain(preset, padding, choose, (len(faces), len(chosen), cut), why),
    )


def widened(framing: Framing, preset: FacePreset) -> tuple[str, ...]:
    """Return the warning that a window is wider than its preset, so that it is enlarged less."""
    required = tuple(max(1, half_up(side)) for side in framing.preset_size)
    width, height = framing.window.width, framing.window.height
    if width <= required[X] + 1 and height <= required[Y] + 1:
        return ()
    return (
        f"facePreset: the {preset} window has {required[X]:,} × {required[Y]:,} pixels; it was "
        f"widened to {width:,} × {height:,}. Set enlarge to true to prevent that",
    )


def choose_heads(heads: Sequence[Head], choose: FaceChoice) -> tuple[int, ...]:
    """Return the indices of the heads that a window should contain, of at least one head."""
    chosen = clear_heads(heads)
    if choose == "largest":
        return (max(chosen, key=lambda index: (heads[index].size, heads[index].score)),)
    return chosen


def _holdable(heads: Sequence[Head], picture: Size, limit: Floats) -> list[Head]:
    """Return the faces that the largest window contains at its best position; at least one.

    That window is as wide or as high as the picture and can move only along the other axis. One of
    the best positions always starts at the edge of a face, so only those are tried.
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
    """Return the size that the faces require, (2,), and why it differs from the preset's."""
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
    why += [f"enlarged to contain {'them' if several else 'it'} with a margin"] * bool(grown)
    why += ["limited by the picture"] * bool(limited)
    return limit * min(1.0, padded / limit[Y]), tuple(why)


def _place(
    kept: Sequence[Head], selected: Sequence[Head], extent: Floats, rule: Preset, picture: Size
) -> Region:
    """Return the window of a given size at its best position."""
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
    """Return the first and the last start of a window that contains the spans or lies in them."""
    ends = spans[:, 1] - extent, spans[:, 0]
    return np.minimum(*ends), np.maximum(*ends)


def _eye_line(multiple: float) -> float:
    multiples = [rule.multiple for rule in PRESETS.values()]
    return float(np.interp(multiple, multiples, [rule.eye_line for rule in PRESETS.values()]))


def _move_off(
    start: Floats, extent: Floats, left_out: Floats, lowest: Floats, highest: Floats
) -> Floats:
    """Return the start at which the window's edges cut least through faces, moved on one axis.

    Args:
        start: left and top of the window, (2,).
        extent: width and height of the window, (2,).
        left_out: boxes of the faces to move off, as spans, (n, 2, 2).
        lowest: smallest left and top that are allowed, (2,).
        highest: largest left and top that are allowed, (2,).
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
        who = f"{chosen} of {found} faces (the others are too small or uncertain)"
    else:
        who = "both faces" if found == 2 else f"all {found} faces"
    size = f"{PRESETS[preset].multiple} times the face height"
    lost = [f"{cut} of {chosen} not whole in the window"] * bool(cut)
    return f"The {preset} window around {who}: {', '.join([size, *why, *lost])}."
