"""The plan: what will be cut out of a picture, and why. Decided here, rendered elsewhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, Protocol

from PIL import Image

from handler.core.backdrop import find_product
from handler.core.canvas import Canvas, Colour, contain
from handler.core.cover import Cover
from handler.core.face import Face
from handler.core.frame import Frame, Pixels
from handler.core.framing import FaceChoice, FacePreset, frame_faces
from handler.core.geometry import Box, Point, Region, Size, half_up
from handler.core.subject import Heat, Strategy, find_subject
from handler.core.trim import corner_colour, find_content

Mode = Literal["subject", "face", "trim"]
# The top left pixel, whatever the edges show, or a colour.
Background = Literal["corner", "auto"] | Colour
FindFaces = Callable[[Frame], Sequence[Face]]

# Of 16 bits for each of 8.
_LEVELS = 256


class Wanted(Protocol):
    """The settings that a plan depends on."""

    @property
    def mode(self) -> Mode:
        """What decides the window."""

    @property
    def strategy(self) -> Strategy:
        """How subject mode weighs the picture."""

    @property
    def target(self) -> Size:
        """Size of the output."""

    @property
    def padding(self) -> int:
        """Air around the window, in percent."""

    @property
    def face_preset(self) -> FacePreset:
        """How tight face mode cuts."""

    @property
    def faces(self) -> FaceChoice:
        """The faces that the window is built on."""

    @property
    def threshold(self) -> int:
        """How far what trim keeps is from the background."""

    @property
    def background_colour(self) -> Background:
        """What trim takes for background."""

    @property
    def trim_margin(self) -> int:
        """Air that trim leaves, in percent of the longer side of what it keeps."""

    @property
    def square(self) -> int | Literal["fit"] | None:
        """Side of the square that trim pads to; ``fit``: as large as what it keeps needs."""

    @property
    def pad_colour(self) -> Colour:
        """Colour of the padding."""


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
        heat: attention's map over the whole picture, float64 (32, 32); None in other modes.
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

    @property
    def output(self) -> Size:
        """Size of the result."""
        return self.cut.size if self.canvas is None else self.canvas.size


def make_plan(frame: Frame, wanted: Wanted, find_faces: FindFaces | None = None) -> Plan:
    """Decide what to cut out of a picture.

    Args:
        frame: the opened picture; only the pixels that the decision needs are decoded.
        wanted: the settings.
        find_faces: the detector; called in face mode only.

    Raises:
        ValueError: face mode without a detector.
    """
    if wanted.mode == "subject":
        return _plan_subject(frame, wanted, wanted.strategy)
    if wanted.mode == "trim":
        return _plan_trim(frame, wanted)
    if find_faces is None:
        raise ValueError("Expected a detector for face mode but received None")
    faces = tuple(find_faces(frame))
    if faces:
        return _plan_faces(frame.size, wanted, faces)
    return replace(_plan_subject(frame, wanted, "attention"), fallback="no-faces")


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


def _plan_trim(frame: Frame, wanted: Wanted) -> Plan:
    found, background = _find_content(frame.pixels(1), wanted)
    whole = Box(0, 0, frame.size.width, frame.size.height)
    box = whole if found is None else _with_margin(found, wanted.trim_margin, frame.size)
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
        warnings=("The picture is blank: there is nothing to trim",) if blank else (),
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
