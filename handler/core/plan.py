"""The plan: what will be cut out of a picture, and why. Decided here, rendered elsewhere."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from PIL import Image

from handler.core.backdrop import find_product
from handler.core.canvas import Canvas, contain
from handler.core.cover import Cover
from handler.core.face import Face
from handler.core.frame import Frame, Pixels
from handler.core.framing import frame_faces
from handler.core.geometry import Box, Point, Region, Size, half_up
from handler.core.head import Head
from handler.core.placement import (
    ON_FOCUS,
    Guides,
    guided,
    largest_extent,
    point_in,
    whole_pixels,
)
from handler.core.selection import select_window
from handler.core.subject import Heat, Strategy, find_subject
from handler.core.trim import corner_colour, find_content
from handler.core.wanted import Mode, Wanted
from handler.core.weighing import Weigh, fine_enough, weigh

FindFaces = Callable[[Frame], Sequence[Face]]

_BLIND = (
    "Auto mode found no faces, because face detection is not part of this deployment: "
    "the window was chosen by saliency alone"
)
# Of 16 bits for each of 8.
_LEVELS = 256


@dataclass(frozen=True, slots=True)
class Cut:
    """What the renderer reads, and how large it makes it.

    Attributes:
        shrink: how coarse the decoded picture may be, in source pixels per pixel.
        region: the area to read, in pixels of the upright source.
        size: size of the output.
        bounds: where the picture is taken to end, its edge repeated; None: where it does.
    """

    shrink: float
    region: Region
    size: Size
    bounds: Box | None = None

    @property
    def reduces(self) -> bool:
        """Whether fewer pixels come out than were read, along either side."""
        return self.region.width > self.size.width or self.region.height > self.size.height


@dataclass(frozen=True, slots=True)
class Plan:
    """A decision about one picture. Coordinates are pixels of the upright source.

    Attributes:
        mode: the mode that decided.
        fallback: why that is not the mode asked for; None when it is.
        strategy: how subject mode weighed the picture; None in other modes.
        source: size of the picture.
        crop: the window, to whole pixels.
        focus: the focal point that the window was chosen for.
        cut: the window as the renderer takes it.
        reason: why the window is what it is, in one sentence for people.
        faces: the faces found.
        chosen: indices of the faces that the window was built on.
        faces_cut: how many chosen faces the window could not hold.
        eye_line: height of the eyes of the chosen faces; None without, or when heads lie sideways.
        background: what trim took for background, one value a band of the file.
        canvas: the ground that the result is set on; None for no padding.
        warnings: what the client should know about the decision.
        heat: the map over the whole picture that the window was chosen by, float64 (32, 32); None
            where there is none.
        confidence: what the window holds of that map more than the one in the centre, -1 to 1;
            None but for saliency and auto mode.
        weights: what made that map so, in shares that sum to 1; None as for confidence.
        guides: what was said by hand.
    """

    mode: Mode
    fallback: str | None
    strategy: Strategy | None
    source: Size
    crop: Box
    focus: Point
    cut: Cut
    reason: str
    faces: tuple[Face, ...] = ()
    chosen: tuple[int, ...] = ()
    faces_cut: int = 0
    eye_line: float | None = None
    background: tuple[int, ...] | None = None
    canvas: Canvas | None = None
    warnings: tuple[str, ...] = ()
    heat: Heat | None = field(default=None, compare=False, repr=False)
    confidence: float | None = None
    weights: Mapping[str, float] | None = None
    guides: Guides = field(default_factory=Guides)

    @property
    def output(self) -> Size:
        """Size of the result."""
        return self.cut.size if self.canvas is None else self.canvas.size


def make_plan(
    frame: Frame, wanted: Wanted, find_faces: FindFaces | None = None, weigh: Weigh = weigh
) -> Plan:
    """Decide what to cut out of a picture.

    Args:
        frame: the opened picture; only the pixels that the decision needs are decoded.
        wanted: the settings.
        find_faces: the detector; called in face mode only.
        weigh: finds what is of interest, for saliency and in auto mode.

    Raises:
        ValueError: face mode without a detector.
    """
    guides = wanted.guides(frame.size)
    if wanted.mode == "trim":
        return _plan_trim(frame, wanted, guides)
    if wanted.mode == "auto" or (wanted.mode, wanted.strategy) == ("subject", "saliency"):
        return _plan_weighed(frame, wanted, guides, weigh)
    plan = _plan_by_mode(frame, wanted, find_faces)
    return _by_hand(plan, guides) if guides or guides.beside else plan


def _plan_by_mode(frame: Frame, wanted: Wanted, find_faces: FindFaces | None) -> Plan:
    if wanted.mode == "subject":
        return _plan_subject(frame, wanted, wanted.strategy)
    if find_faces is None:
        raise ValueError("Expected a detector for face mode but received None")
    faces = tuple(find_faces(frame))
    if faces:
        return _plan_faces(frame.size, wanted, faces)
    return replace(_plan_subject(frame, wanted, "attention"), fallback="no-faces")


def _by_hand(plan: Plan, guides: Guides) -> Plan:
    """The plan with its window where it was said by hand that it should be."""
    if not guides:
        return replace(plan, guides=guides, warnings=guides.warnings(plan.cut.region))
    heads = [Head.of(plan.faces[index], plan.source) for index in plan.chosen]
    hold = np.array([head.box for head in heads]).reshape(-1, 2, 2)
    region = guided(plan.cut.region, plan.source, plan.cut.size, guides, hold)
    crop = whole_pixels(region, plan.source)
    x, y = guides.focus or (plan.focus.x, plan.focus.y)
    reason = f"{plan.reason} Moved as little as keep and avoid need."
    if guides.focus is not None:
        reason = ON_FOCUS
    return replace(
        plan,
        crop=crop,
        cut=replace(plan.cut, region=region),
        focus=point_in(crop, x, y),
        reason=reason,
        faces_cut=sum(not head.inside(crop) for head in heads),
        guides=guides,
        warnings=(*plan.warnings, *guides.warnings(region)),
    )


def _plan_weighed(frame: Frame, wanted: Wanted, guides: Guides, weigh: Weigh) -> Plan:
    width = largest_extent(frame.size, wanted.target)[0] / (1 + wanted.padding / 100)
    shrink = fine_enough(width / wanted.target.width, frame.size)
    weighed = weigh(frame, shrink)
    chosen = select_window(
        weighed,
        frame.size,
        wanted.target,
        padding=wanted.padding,
        choose=wanted.faces,
        guides=guides,
    )
    asked, blind = wanted.mode == "auto", weighed.faces is None
    return Plan(
        mode="auto" if asked and not blind else "subject",
        fallback="no-face-detection" if asked and blind else None,
        strategy=None if asked and not blind else "saliency",
        source=frame.size,
        crop=chosen.crop,
        focus=chosen.focus,
        cut=Cut(shrink, chosen.region, wanted.target),
        reason=chosen.reason,
        faces=weighed.faces or (),
        chosen=chosen.chosen,
        faces_cut=chosen.faces_cut,
        warnings=((_BLIND,) if asked and blind else ()) + guides.warnings(chosen.region),
        heat=weighed.interest.heat,
        confidence=chosen.confidence,
        weights=weighed.interest.weights,
        guides=guides,
    )


def _plan_faces(source: Size, wanted: Wanted, faces: tuple[Face, ...]) -> Plan:
    framing = frame_faces(
        faces,
        source,
        wanted.target,
        preset=wanted.face_preset,
        padding=wanted.padding,
        choose=wanted.faces,
    )
    return Plan(
        mode="face",
        fallback=None,
        strategy=None,
        source=source,
        crop=framing.window,
        focus=framing.focus,
        cut=Cut(framing.region.width / wanted.target.width, framing.region, wanted.target),
        reason=framing.reason,
        faces=faces,
        chosen=framing.chosen,
        faces_cut=framing.faces_cut,
        eye_line=framing.eye_line,
    )


def _plan_trim(frame: Frame, wanted: Wanted, guides: Guides) -> Plan:
    found, background = _find_content(frame.pixels(1), wanted)
    whole = Box(0, 0, frame.size.width, frame.size.height)
    box = whole if found is None else _with_margin(found, wanted.trim_margin, frame.size)
    box = box.around(*(area.box_around() for area in guides.keep))
    region, size, canvas = box.region(), Size(box.width, box.height), None
    if wanted.square is not None:
        side = max(box.width, box.height) if wanted.square == "fit" else wanted.square
        region, size, canvas = contain(box, side, wanted.pad_colour)
    blank = found is None
    return Plan(
        mode="trim",
        fallback=None,
        strategy=None,
        source=frame.size,
        crop=box,
        focus=Point(box.left + box.width // 2, box.top + box.height // 2),
        cut=Cut(1, region, size, bounds=box),
        reason="Nothing but background." if blank else "What differs from the background.",
        background=background,
        canvas=canvas,
        warnings=(("The picture is blank: there is nothing to trim",) if blank else ())
        + _useless_in_trim(guides),
        guides=guides,
    )


def _useless_in_trim(guides: Guides) -> tuple[str, ...]:
    told = ((guides.focus is not None, "focus"), (bool(guides.avoid), "avoid"))
    return tuple(
        f"{name}: trim keeps what it finds, and has no use for it" for on, name in told if on
    )


def _find_content(pixels: Pixels, wanted: Wanted) -> tuple[Box | None, tuple[int, ...]]:
    picture, threshold = pixels.native(), wanted.threshold
    if wanted.background_colour == "auto":
        return find_product(picture, wanted.threshold)
    if wanted.background_colour == "corner":
        background = corner_colour(picture)
        if pixels.deep:  # sharp takes the threshold for one of 65,536 levels here, but not below
            threshold //= _LEVELS
    else:
        ground = Image.new("RGBA", (1, 1), wanted.background_colour)
        background = corner_colour(ground.convert(picture.mode))
    return find_content(picture, threshold, background), background


def _with_margin(box: Box, percent: int, frame: Size) -> Box:
    air = half_up(max(box.width, box.height) * percent / 100)
    left, top = max(0, box.left - air), max(0, box.top - air)
    right, bottom = min(frame.width, box.right + air), min(frame.height, box.bottom + air)
    return Box(left, top, right - left, bottom - top)


def _plan_subject(frame: Frame, wanted: Wanted, strategy: Strategy) -> Plan:
    target = oversized(wanted.target, wanted.padding)
    shrink = Cover.of(frame.size, target).shrink
    pixels = frame.pixels(shrink)
    cover = Cover.of(pixels.size, target)
    found = find_subject(pixels, cover, target, strategy)
    kept = Box(
        found.window.left + half_up((target.width - wanted.target.width) / 2),
        found.window.top + half_up((target.height - wanted.target.height) / 2),
        wanted.target.width,
        wanted.target.height,
    )
    region = cover.region_of(kept).between(pixels.size, frame.size)
    return Plan(
        mode="subject",
        fallback=None,
        strategy=strategy,
        source=frame.size,
        crop=region.box_in(frame.size),
        focus=_in_source(found.focus, cover, frame.size),
        cut=Cut(shrink, region, wanted.target),
        reason=found.reason,
        heat=found.heat,
    )


def oversized(target: Size, padding: int) -> Size:
    """The reference's padding: the window is chosen larger, and its centre kept."""
    factor = 1 + padding / 100
    return Size(half_up(target.width * factor), half_up(target.height * factor))


def _in_source(focus: Point, cover: Cover, source: Size) -> Point:
    x = focus.x * source.width / cover.resized.width
    y = focus.y * source.height / cover.resized.height
    return Point(min(source.width - 1, int(x)), min(source.height - 1, int(y)))
