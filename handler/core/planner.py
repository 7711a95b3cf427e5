"""The plan: what will be cut out of a picture, and why. Decided here, rendered elsewhere."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from PIL import Image

from handler.core.constrain import move_by_hand
from handler.core.face import Face
from handler.core.framing import frame_faces
from handler.core.geometry import Box, Point, Size, half_up
from handler.core.image.canvas import contain
from handler.core.image.cover import Cover
from handler.core.image.frame import Frame, Pixels
from handler.core.placement import Guides, largest_extent
from handler.core.plan import Cut, Plan
from handler.core.request import Wanted
from handler.core.saliency.selection import select_window
from handler.core.saliency.weighing import Weigh, fine_enough, weigh
from handler.core.subject.strategies import Strategy, find_subject
from handler.core.trim.border import corner_colour, find_content
from handler.core.trim.uneven_background import find_product

FindFaces = Callable[[Frame], Sequence[Face]]

_BLIND = (
    "Auto mode found no faces, because face detection is not part of this deployment: "
    "the window was chosen by saliency alone"
)
# Of 16 bits for each of 8.
_LEVELS = 256


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
    return move_by_hand(plan, guides) if guides or guides.beside else plan


def _plan_by_mode(frame: Frame, wanted: Wanted, find_faces: FindFaces | None) -> Plan:
    if wanted.mode == "subject":
        return _plan_subject(frame, wanted, wanted.strategy)
    if find_faces is None:
        raise ValueError("Expected a detector for face mode but received None")
    faces = tuple(find_faces(frame))
    if faces:
        return _plan_faces(frame.size, wanted, faces)
    return replace(_plan_subject(frame, wanted, "attention"), fallback="no-faces")


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
        gain_over_centre=chosen.gain_over_centre,
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
