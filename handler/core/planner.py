"""The planner: it decides what is cut out of a picture. `render` executes the plan."""

import dataclasses
from collections.abc import Sequence

from msgspec.structs import replace

from handler.core.detection import Detector
from handler.core.face import Face
from handler.core.framing import frame_faces, widened
from handler.core.geometry import Box, Point, Size, half_up
from handler.core.image.fit import Cover, contain
from handler.core.image.frame import Frame
from handler.core.image.shared_frame import SharedFrame
from handler.core.placement import apply_constraints, largest_extent, outside_picture, unmet
from handler.core.plan import Canvas, Cut, Plan
from handler.core.request import CropRequest, PixelConstraints, Strategy
from handler.core.saliency.interest import compute_interest, decoding_shrink
from handler.core.saliency.selection import select_window
from handler.core.subject.strategies import find_subject
from handler.core.trim.content import content_on, of_all_frames

_NO_DETECTION = (
    "mode: auto did not search for faces, because face detection is not part of this deployment; "
    "the window was chosen by saliency alone"
)
# Face mode decodes the picture before it knows its window. At this share of the largest window's
# side, one decoding is enough for nearly all windows: in 95 photos, a tenth of the closeups were
# smaller, and fewer of the other windows.
_FACE_WINDOW = 0.5


class _OnceDetector:
    """A detector that searches a picture for faces once for all plans."""

    def __init__(self, detector: Detector, frame: Frame) -> None:
        self.inspect = detector.inspect
        self._detector = detector
        self._frame = frame
        self._faces: Sequence[Face] | None = None

    def find(self, _: Frame) -> Sequence[Face]:
        if self._faces is None:
            self._faces = self._detector.find(self._frame)
        return self._faces


def make_plans(
    frame: Frame,
    requests: Sequence[CropRequest],
    detector: Detector | None = None,
    *,
    keep_pixels: bool = True,
) -> tuple[Frame, list[Plan]]:
    """Decide what is cut out of a picture for each of several sizes.

    The windows are those of `make_plan`, except where the picture is decoded at another scale.
    Faces, scores and interest are computed once.

    Args:
        frame: the opened picture.
        requests: one request or several, which differ in their target only.
        detector: the face detector; see `make_plan`.
        keep_pixels: see `make_plan`.

    Returns:
        The frame to render all plans from, and the plans in the order of ``requests``.
    """
    shrinks = [
        Cover.of(frame.size, oversized(each.target, each.padding)).shrink for each in requests
    ]
    shared = frame if len(requests) == 1 else SharedFrame(frame, min(shrinks))
    searched = shared
    if requests[0].mode == "face":
        searched = SharedFrame(frame, min(shrinks) * _FACE_WINDOW)
    once = None if detector is None else _OnceDetector(detector, searched)
    plans: dict[int, Plan] = {}
    for index in sorted(range(len(requests)), key=shrinks.__getitem__):
        plans[index] = make_plan(
            shared,
            requests[index],
            once,
            keep_pixels=keep_pixels or len(requests) > 1,
        )
    ordered = [plans[index] for index in range(len(requests))]
    if len(requests) == 1 and ordered[0].mode != "face":
        return frame, ordered
    rendered = searched if ordered[0].mode == "face" else frame
    return SharedFrame(rendered, min(plan.cut.shrink for plan in ordered)), ordered


def make_plan(
    frame: Frame,
    request: CropRequest,
    detector: Detector | None = None,
    *,
    keep_pixels: bool = True,
) -> Plan:
    """Decide what is cut out of a picture.

    Args:
        frame: the opened picture. Only the pixels that the decision needs are decoded.
        request: the settings that the decision depends on.
        detector: the face detector, which only face and auto mode use. Auto mode does without.
        keep_pixels: whether other pixels than those of the window are read afterwards. If not, the
            decoded pixels are freed while they are resized, where the window is cut from the
            resized picture.

    Raises:
        ValueError: face mode has no detector.
    """
    plan = _decide(frame, request, detector, keep_pixels)
    return plan if request.enlarge else _at_own_size(plan)


def _decide(
    frame: Frame, request: CropRequest, detector: Detector | None, keep_pixels: bool
) -> Plan:
    constraints = request.constraints.in_picture(frame.size)
    if request.mode == "trim":
        return _plan_trim(frame, request, constraints)
    if request.mode == "auto" or (request.mode, request.strategy) == ("subject", "saliency"):
        return _plan_by_interest(frame, request, constraints, detector)
    if request.mode == "subject":
        moved = bool(constraints or outside_picture(constraints))
        plan = _plan_subject(frame, request, request.strategy, last=not (keep_pixels or moved))
    else:
        plan = _plan_face(frame, request, detector)
    if constraints or outside_picture(constraints):
        return apply_constraints(plan, constraints)
    return plan


def _at_own_size(plan: Plan) -> Plan:
    """Return a plan that cuts a smaller window than its output out of the picture as it is."""
    if plan.enlargement <= 1:
        return plan
    crop, size = plan.crop, plan.cut.size
    # Rounded, one side of an extreme window can be longer than that of the output.
    size = Size(min(crop.width, size.width), min(crop.height, size.height))
    return dataclasses.replace(
        plan, cut=replace(plan.cut, shrink=1, region=crop.region(), size=size)
    )


def _plan_by_interest(
    frame: Frame, request: CropRequest, constraints: PixelConstraints, detector: Detector | None
) -> Plan:
    auto = request.mode == "auto"
    width = largest_extent(frame.size, request.target)[0] / (1 + request.padding / 100)
    shrink = decoding_shrink(width / request.target.width, frame.size)
    interest = compute_interest(frame, shrink, detector if auto else None)
    selection = select_window(
        interest,
        frame.size,
        request.target,
        padding=request.padding,
        choose=request.faces,
        constraints=constraints,
    )
    without_faces = interest.faces is None
    return Plan(
        mode="auto" if auto and not without_faces else "subject",
        fallback="no-face-detection" if auto and without_faces else None,
        strategy=None if auto and not without_faces else "saliency",
        source=frame.size,
        crop=selection.crop,
        focus=selection.focus,
        cut=Cut(shrink, selection.region, request.target),
        reason=selection.reason,
        faces=interest.faces or (),
        chosen=selection.chosen,
        faces_cut=selection.faces_cut,
        warnings=((_NO_DETECTION,) if auto and without_faces else ())
        + unmet(constraints, selection.region),
        heat=interest.map.heat,
        gain_over_centre=selection.gain_over_centre,
        weights=interest.map.weights,
        evidence=interest.evidence,
        constraints=constraints,
    )


def _plan_face(frame: Frame, request: CropRequest, detector: Detector | None) -> Plan:
    if detector is None:
        raise ValueError("Expected a detector for face mode but received None")
    faces = tuple(detector.find(frame))
    if not faces:
        return dataclasses.replace(_plan_subject(frame, request, "attention"), fallback="no-faces")
    framing = frame_faces(
        faces,
        frame.size,
        request.target,
        preset=request.face_preset,
        padding=request.padding,
        choose=request.faces,
        most_enlarged=request.most_enlarged,
    )
    return Plan(
        mode="face",
        fallback=None,
        strategy=None,
        source=frame.size,
        crop=framing.window,
        focus=framing.focus,
        cut=Cut(framing.region.width / request.target.width, framing.region, request.target),
        reason=framing.reason,
        faces=faces,
        chosen=framing.chosen,
        faces_cut=framing.faces_cut,
        eye_line=framing.eye_line,
        warnings=widened(framing, request.face_preset),
        evidence=("faces",),
    )


def _plan_trim(frame: Frame, request: CropRequest, constraints: PixelConstraints) -> Plan:
    pixels = frame.pixels(1)
    content = of_all_frames(
        pixels.of_frames(
            lambda each: content_on(
                request.background,
                each.native(),
                request.threshold,
                line_art=request.line_art,
                sixteen_bit=each.sixteen_bit,
            )
        )
    )
    found = content.box
    whole = Box(0, 0, frame.size.width, frame.size.height)
    box = whole if found is None else _with_margin(found, request.trim_margin, frame.size)
    box = box.around(*(area.box_around() for area in constraints.keep))
    region, size, canvas = box.region(), Size(box.width, box.height), None
    if request.square is not None:
        side = max(box.width, box.height) if request.square == "fit" else request.square
        fitted = contain(box, side, enlarge=request.enlarge)
        region, size = fitted.region, fitted.size
        canvas = Canvas(Size(side, side), fitted.left, fitted.top, request.pad_colour)
    blank = found is None
    return Plan(
        mode="trim",
        fallback=None,
        strategy=None,
        source=frame.size,
        crop=box,
        focus=Point(box.left + box.width // 2, box.top + box.height // 2),
        cut=Cut(1, region, size, bounds=box),
        reason="Only background was found."
        if blank
        else "The content that differs from the background.",
        background=content.background,
        canvas=canvas,
        warnings=(("The picture is blank: nothing was trimmed",) if blank else ())
        + content.warnings
        + _ignored_in_trim(constraints),
        constraints=constraints,
    )


def _ignored_in_trim(constraints: PixelConstraints) -> tuple[str, ...]:
    has_focus = constraints.focus is not None or constraints.focus_outside
    given = ((has_focus, "focus"), (bool(constraints.avoid), "avoid"))
    ignored = (f"{name}: ignored by trim, which keeps all content" for on, name in given if on)
    boxes = outside_picture(replace(constraints, focus_outside=False))
    return (*ignored, *boxes)


def _with_margin(box: Box, percent: int, frame: Size) -> Box:
    margin = half_up(max(box.width, box.height) * percent / 100)
    left, top = max(0, box.left - margin), max(0, box.top - margin)
    right, bottom = min(frame.width, box.right + margin), min(frame.height, box.bottom + margin)
    return Box(left, top, right - left, bottom - top)


def _plan_subject(
    frame: Frame, request: CropRequest, strategy: Strategy, *, last: bool = False
) -> Plan:
    target = oversized(request.target, request.padding)
    shrink = Cover.of(frame.size, target).shrink
    pixels = frame.pixels(shrink)
    cover = Cover.of(pixels.size, target)
    found = find_subject(pixels, cover, target, strategy, last=last)
    kept = Box(
        found.window.left + half_up((target.width - request.target.width) / 2),
        found.window.top + half_up((target.height - request.target.height) / 2),
        request.target.width,
        request.target.height,
    )
    region = cover.region_of(kept).rescaled(pixels.size, frame.size)
    return Plan(
        mode="subject",
        fallback=None,
        strategy=strategy,
        source=frame.size,
        crop=region.box_in(frame.size),
        focus=_in_source(found.focus, cover, frame.size),
        cut=Cut(shrink, region, request.target),
        reason=found.reason,
        heat=found.heat,
    )


def oversized(target: Size, padding: int) -> Size:
    """Return the target enlarged by the reference's padding, whose centre is kept."""
    factor = 1 + padding / 100
    return Size(half_up(target.width * factor), half_up(target.height * factor))


def _in_source(focus: Point, cover: Cover, source: Size) -> Point:
    x = focus.x * source.width / cover.resized.width
    y = focus.y * source.height / cover.resized.height
    return Point(min(source.width - 1, int(x)), min(source.height - 1, int(y)))
