"""Animations: the frames that their window is chosen by, and the rendering of all frames."""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace
from PIL import Image

from handler.codec import (
    MOVING,
    Animation,
    AnimationLimits,
    AnimationOptions,
    AnimationWriter,
    Format,
    Limits,
    Picture,
    PlayedFrame,
    open_animation,
    output_format,
)
from handler.config import Config
from handler.core.detection import Detector, Inspection
from handler.core.face import Face
from handler.core.geometry import Box, Size
from handler.core.image.frame import Frame, Pixels
from handler.core.image.moving_frame import FrameSampler, OneFrame, moving_frame
from handler.core.plan import Plan
from handler.core.render import render
from handler.errors import InvalidSettings
from handler.jobs.moving_estimate import EVIDENCE_PIXELS
from handler.problems import FieldProblem
from handler.settings import CropSettings

# Two faces with a larger share of common area are one face that stays where it is.
_SAME_PLACE = 0.7


class Moving(Struct, frozen=True):
    """An animation that is cropped whole.

    Attributes:
        animation: the opened animation.
        frame: it as one picture, for the planner.
        looked_at: the frames that the window is chosen by, and the palette of a GIF.
        numbers: numbers of the frames that the window is chosen by.
    """

    animation: Animation
    frame: Frame
    looked_at: Sequence[Pixels]
    numbers: tuple[int, ...]

    def detector(self, detector: Detector) -> Detector:
        """Return a face detector that searches all frames that are looked at."""
        return _FrameDetector(detector, self)

    def first(self) -> OneFrame:
        """Return the first frame at full scale."""
        played = next(iter(self.animation.play()))
        return OneFrame(self.animation.size, played.pixels)

    def with_numbers(self, plan: Plan) -> Plan:
        """Return a plan with the numbers of the frames."""
        return dataclasses.replace(plan, frames=self.numbers)


def result_format(picture: Picture, settings: CropSettings) -> Format:
    """Return the format of the results of a job.

    Args:
        picture: the opened file.
        settings: settings of the job.

    Raises:
        InvalidSettings: this build cannot write it.
    """
    moves = picture.animated and settings.frames == "all"
    return output_format(picture.format, settings.format, moves=moves)


def open_frames(
    data: bytes,
    settings: CropSettings,
    picture: Picture,
    format_: Format,
    config: Config,
    limits: Limits,
) -> Animation | None:
    """Read the frames of an animation that is not cropped as its first one.

    Args:
        data: the file.
        settings: settings of the job.
        picture: the opened file.
        format_: format of the results.
        config: the limits of the deployment.
        limits: limits of decoding.

    Returns:
        The animation; None if the picture does not move, the result cannot, or only the first
        frame is requested.

    Raises:
        OverBudget: the animation has too many frames, or too many pixels in all frames.
        InvalidSettings: it has no frame of the requested number.
    """
    frames = settings.frames
    if frames == "first" or (frames == "all" and format_.name not in MOVING):
        return None
    whole = AnimationLimits(config.max_frames, config.max_animation_pixels)
    animation = open_animation(data, picture, limits, whole)
    if animation is not None and isinstance(frames, int) and frames > animation.count:
        raise _no_frame(animation, frames)
    return animation


def look_at(
    animation: Animation | None, settings: CropSettings, picture: Picture
) -> tuple[Moving | None, Frame]:
    """Return the animation that is cropped whole, and the picture that the window is chosen for.

    Args:
        animation: the animation of `open_frames`.
        settings: settings of the job.
        picture: the opened file.

    Returns:
        The animation, or None for a still result; and the frame for the planner.

    Raises:
        ProcessingFailed: the first frame or the requested one is damaged.
    """
    if animation is None:
        return None, picture
    if isinstance(settings.frames, int):
        return None, _one_frame(animation, settings.frames)
    moving = _sampled(animation, looks_at_all=settings.mode == "trim")
    return moving, moving.frame


def _sampled(animation: Animation, *, looks_at_all: bool) -> Moving:
    """Play an animation, and keep the frames that its window is chosen by.

    Args:
        animation: the opened animation.
        looks_at_all: whether the window is chosen by every frame, as in trim.
    """
    sampler = FrameSampler(animation.count)
    for played in animation.play():
        sampler.offer(played.number, played.shown, partial(_small_copy, animation, played))
    kept = sampler.frames
    if not looks_at_all:
        numbers = tuple(each.number or 0 for each in kept)
        frame = moving_frame(animation.size, kept[0], lambda: kept)
        return Moving(animation, frame, kept, numbers)
    first = animation.pixels_of(next(iter(animation.play())).shown.copy())
    frame = moving_frame(animation.size, first, lambda: _changed_frames(animation))
    return Moving(animation, frame, kept, tuple(range(1, animation.count + 1)))


def _one_frame(animation: Animation, number: int) -> OneFrame:
    if number <= animation.count:
        for played in animation.play():
            if played.number == number:
                return OneFrame(animation.size, animation.pixels_of(played.shown.copy()))
    raise _no_frame(animation, number)


def _no_frame(animation: Animation, number: int) -> InvalidSettings:
    expected = f"all, first, or a number from 1 to {animation.count:,}"
    return InvalidSettings(FieldProblem("frames", expected, f"{number:,}"))


def render_moving(
    moving: Moving,
    plans: Sequence[Plan],
    format_: Format,
    settings: CropSettings,
    check: Callable[[], None] = lambda: None,
) -> list[bytes]:
    """Render all frames by each plan, and return the files in the order of the plans.

    The frames are decoded, rendered and encoded one after the other.

    Args:
        moving: the animation.
        plans: the plan of each result.
        format_: format of the files.
        settings: settings of the job.
        check: called after each frame; it raises an error to stop.
    """
    size = moving.animation.size
    writers = [
        AnimationWriter(format_, _options(moving, plan, format_, settings)) for plan in plans
    ]
    for played in moving.animation.play():
        frame = OneFrame(size, played.pixels)
        for plan, writer in zip(plans, writers, strict=True):
            writer.add(render(frame, plan), played.milliseconds)
        check()
    return [writer.finish() for writer in writers]


def _options(
    moving: Moving, plan: Plan, format_: Format, settings: CropSettings
) -> AnimationOptions:
    size = moving.animation.size
    samples: list[Image.Image] = []
    if format_.name == "gif":
        samples = [render(OneFrame(size, each), plan) for each in moving.looked_at]
    transparent = moving.animation.alpha or (
        plan.canvas is not None and plan.canvas.colour[3] < 255
    )
    return AnimationOptions(
        size=plan.output,
        plays=moving.animation.plays,
        quality=settings.quality,
        transparent=transparent,
        samples=samples,
        frames=moving.animation.count,
    )


def _small_copy(animation: Animation, played: PlayedFrame) -> Pixels:
    """Return a frame that stays, reduced if it is large."""
    shown = played.shown
    factor = 1
    while shown.width * shown.height > EVIDENCE_PIXELS * factor**2:
        factor += 1
    if factor == 1:
        return animation.pixels_of(shown.copy())
    small = (
        shown.convert("RGBa").reduce(factor).convert("RGBA")
        if shown.mode == "RGBA"
        else shown.reduce(factor)
    )
    return animation.pixels_of(small)


def _changed_frames(animation: Animation) -> Iterator[Pixels]:
    """Yield the first frame, and each one that differs from the one before."""
    for played in animation.play():
        if played.changed is not None or played.number == 1:
            yield played.pixels


class _FrameDetector:
    """A detector that finds the faces of all frames that are looked at."""

    def __init__(self, detector: Detector, moving: Moving) -> None:
        self._detector = detector
        self._moving = moving

    def find(self, _: Frame) -> Sequence[Face]:
        size = self._moving.animation.size
        found: list[Face] = []
        for pixels in self._moving.looked_at:
            for face in self._detector.find(OneFrame(size, pixels)):
                found.append(replace(face, frame=pixels.number))
        kept: list[Face] = []
        for face in sorted(found, key=lambda face: -face.score):
            if all(_common(face.box, each.box) <= _SAME_PLACE for each in kept):
                kept.append(face)
        return kept

    def inspect(self, view: Image.Image, source: Size) -> Inspection | None:
        return self._detector.inspect(view, source)


def _common(first: Box, second: Box) -> float:
    """Return the intersection of two boxes over their union."""
    across = min(first.right, second.right) - max(first.left, second.left)
    down = min(first.bottom, second.bottom) - max(first.top, second.top)
    if across <= 0 or down <= 0:
        return 0.0
    shared = across * down
    return shared / (first.width * first.height + second.width * second.height - shared)
