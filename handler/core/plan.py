"""The plan: what will be cut out of a picture, and why. Decided here, rendered elsewhere."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np
from PIL import Image

from handler.core.attention import attend
from handler.core.cover import Cover
from handler.core.entropy import busiest_window
from handler.core.face import Face
from handler.core.frame import Frame, Pixels
from handler.core.framing import FaceChoice, FacePreset, frame_faces
from handler.core.geometry import Box, Point, Region, Size, half_up

Mode = Literal["subject", "face", "trim"]
Strategy = Literal["attention", "entropy"]
FindFaces = Callable[[Frame], Sequence[Face]]

# The resized picture is weighed as a whole. Enlarging a thin strip, it would be thousands of times
# the output; beyond this size a smaller one is weighed instead.
_MAX_WEIGHED_PIXELS = 24_000_000


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


@dataclass(frozen=True, slots=True)
class Cut:
    """What the renderer reads, and how large it makes it.

    Attributes:
        shrink: how coarse the decoded picture may be, in source pixels per pixel.
        region: the area to read, in pixels of the upright source.
        size: size of the output.
    """

    shrink: float
    region: Region
    size: Size


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


def _plan_subject(frame: Frame, wanted: Wanted, strategy: Strategy) -> Plan:
    target = _oversized(wanted.target, wanted.padding)
    shrink = Cover.of(frame.size, target).shrink
    pixels = frame.pixels(shrink)
    cover = Cover.of(pixels.size, target)
    window, focus = _WEIGH[strategy](pixels, cover, target)
    kept = Box(
        window.left + half_up((target.width - wanted.target.width) / 2),
        window.top + half_up((target.height - wanted.target.height) / 2),
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
        focus=_in_source(focus, cover, frame.size),
        cut=Cut(shrink, region, wanted.target),
        reason=_REASONS[strategy],
    )


def _oversized(target: Size, padding: int) -> Size:
    """The reference's padding: the window is chosen larger, and its centre kept."""
    factor = 1 + padding / 100
    return Size(half_up(target.width * factor), half_up(target.height * factor))


def _weigh_attention(pixels: Pixels, cover: Cover, target: Size) -> tuple[Box, Point]:
    found = attend(_weighed(pixels, cover), cover.resized, target)
    return found.window, found.focus


def _weigh_entropy(pixels: Pixels, cover: Cover, target: Size) -> tuple[Box, Point]:
    picture = _weighed(pixels, cover)
    across, down = cover.resized.width / picture.width, cover.resized.height / picture.height
    bands = np.asarray(picture).reshape(picture.height, picture.width, -1)
    if picture.mode == "RGBX":
        bands = bands[..., :3]
    busiest = busiest_window(
        bands, Size(max(1, round(target.width / across)), max(1, round(target.height / down)))
    )
    window = Box(
        round(busiest.left * across), round(busiest.top * down), target.width, target.height
    ).clamp_to(cover.resized)
    return window, Point(window.left + window.width // 2, window.top + window.height // 2)


_WEIGH = {"attention": _weigh_attention, "entropy": _weigh_entropy}
_REASONS = {
    "attention": "Centred on what draws the eye most: edges, skin colour and saturation.",
    "entropy": "What is left when the strips with the least to see are cut away.",
}


def _weighed(pixels: Pixels, cover: Cover) -> Image.Image:
    whole = cover.region_of(Box(0, 0, cover.resized.width, cover.resized.height))
    excess = math.sqrt(max(1, cover.resized.area / _MAX_WEIGHED_PIXELS))
    size = Size(
        max(1, round(cover.resized.width / excess)), max(1, round(cover.resized.height / excess))
    )
    return pixels.read(whole, size)


def _in_source(focus: Point, cover: Cover, source: Size) -> Point:
    x = focus.x * source.width / cover.resized.width
    y = focus.y * source.height / cover.resized.height
    return Point(min(source.width - 1, int(x)), min(source.height - 1, int(y)))
