"""An opened animation, whose frames are decoded when they are played."""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import takewhile

from msgspec import Struct
from msgspec.structs import replace
from PIL import Image

from handler.codec.animation.animation_canvas import Canvas
from handler.codec.animation.patches import PATCHES, Reading
from handler.codec.colour import to_srgb
from handler.codec.headers.animations import FRAME_READERS
from handler.codec.headers.animations.timeline import FramePart, Timeline, TooManyFrames
from handler.codec.headers.header import ANIMATED
from handler.codec.picture import Limits, Picture
from handler.core.geometry import Box, Orientation, Size
from handler.core.image.alpha import DecodedImage
from handler.core.image.frame import Pixels
from handler.errors import OverBudget, ProcessingFailed

# The frames of small animations are kept from the search for the window to the rendering, which
# saves their second decoding.
KEPT_BYTES = 48 << 20
_PIXEL = 4
# libwebp counts in 31 bits: 24 days.
_MOST_MILLISECONDS = (1 << 31) - 1
_INSTEAD = "frames: first crops the first one"


class PlayedFrame(Struct, frozen=True):
    """A frame of an animation, as it is shown.

    Attributes:
        number: position in the animation, from 1.
        milliseconds: time for which it is shown.
        changed: the part of the upright picture that may differ from the previous frame; None for
            nothing.
        pixels: its pixels, until the next frame is played.
        shown: the canvas as stored, until the next frame is played.
    """

    number: int
    milliseconds: int
    changed: Box | None
    pixels: Pixels
    shown: Image.Image


class Animation:
    """An animation.

    Attributes:
        size: size of the upright canvas, in pixels.
        plays: number of times that it is shown; 0 for without end.
        alpha: whether frames may have transparency.
        milliseconds: time of each frame.
        file_bytes: bytes of all frames as they are stored.
        stored_pixels: pixels of all frames as they are stored.
        warnings: messages to the client, which may grow while it is played.
    """

    def __init__(
        self,
        picture: Picture,
        timeline: Timeline,
        patches: Callable[[], Iterator[Image.Image]],
    ) -> None:
        """Wrap the frames of a file; call `open_animation` instead.

        Args:
            picture: the opened file.
            timeline: its frames.
            patches: function that decodes the frames, each of the size of its box.
        """
        orientation = timeline.orientation or picture.orientation
        self.size = orientation.size(timeline.size)
        self.plays = timeline.plays
        clears = any(part.disposal == "clear" for part in timeline.parts)
        self.alpha = picture.alpha or timeline.alpha or clears
        self.milliseconds = tuple(part.milliseconds for part in timeline.parts)
        self.warnings: list[str] = picture.warnings
        self.file_bytes = sum(len(part.data) for part in timeline.parts)
        self.file_bytes += len(timeline.whole or b"")
        self.stored_pixels = sum(part.box.width * part.box.height for part in timeline.parts)
        self._label = picture.format.label
        self._timeline = timeline
        self._patches = patches
        self._orientation = orientation
        self._profile = picture.profile
        self._intact = len(timeline.parts)
        self._kept: list[tuple[Image.Image, Box | None]] | None = None

    @property
    def count(self) -> int:
        """Number of frames; damaged ones at the end are left out once they were found."""
        return self._intact

    def play(self) -> Iterator[PlayedFrame]:
        """Decode the frames and yield each as it is shown.

        Raises:
            ProcessingFailed: the first frame is damaged.
        """
        drawn = self._draw() if self._kept is None else iter(self._kept)
        for index, (image, changed) in enumerate(drawn):
            yield PlayedFrame(
                index + 1,
                self.milliseconds[index],
                changed and _upright(changed, self._orientation, self.size),
                self.pixels_of(image),
                image,
            )

    def pixels_of(self, image: Image.Image) -> Pixels:
        """Return a canvas as pixels, upright and in sRGB.

        Args:
            image: the canvas, or a smaller copy of it.
        """
        if self._profile is not None:  # colours are converted in place
            image = image.copy()
        convert = partial(_convert, self._profile, self.warnings)
        return Pixels(DecodedImage(image), self._orientation, convert)

    def _draw(self) -> Iterator[tuple[Image.Image, Box | None]]:
        """Yield the canvas after each frame, and the part that may have changed."""
        size = self._timeline.size
        canvas = Canvas(size)
        keeps = _PIXEL * size.area * self._intact <= KEPT_BYTES
        kept: list[tuple[Image.Image, Box | None]] = []
        patches = self._patches()
        for index in range(self._intact):
            try:
                patch = next(patches)
            except (ProcessingFailed, StopIteration):
                if not index:
                    raise
                self._leave_out(index)
                break
            changed = canvas.draw(self._timeline.parts[index], patch)
            image = canvas.shown()
            if keeps:
                image = image.copy()
                kept.append((image, changed))
            yield image, changed
        if keeps:
            self._kept = kept

    def _leave_out(self, intact: int) -> None:
        """Remember that the frames after the first ``intact`` ones are damaged."""
        self._intact = intact
        self.milliseconds = self.milliseconds[:intact]
        warning = f"The {self._label} data are damaged; frames after number {intact} are left out"
        if warning not in self.warnings:
            self.warnings.append(warning)


def _convert(profile: bytes | None, warnings: list[str], image: Image.Image) -> Image.Image:
    converted, warning = to_srgb(image, profile)
    if warning is not None and warning not in warnings:
        warnings.append(warning)
    return converted


def _upright(box: Box, orientation: Orientation, upright: Size) -> Box:
    """Return a part of the stored canvas in pixels of the upright one."""
    if orientation is Orientation.UPRIGHT:
        return box
    return Box(0, 0, upright.width, upright.height)


def _fits_on(canvas: Size) -> Callable[[FramePart], bool]:
    """Return a function that returns whether a frame is no larger than the canvas or coded frame.

    A larger one is damaged, and would need memory that no limit has counted.
    """
    return lambda part: part.box.width <= canvas.width and part.box.height <= canvas.height


class AnimationLimits(Struct, frozen=True):
    """The limits of the animations that are cropped whole.

    Attributes:
        max_frames: of an animation.
        max_pixels: of all its frames together.
    """

    max_frames: int
    max_pixels: int


def open_animation(
    data: bytes, picture: Picture, limits: Limits, whole: AnimationLimits
) -> Animation | None:
    """Read the frames of a file; no pixel is decoded.

    Args:
        data: the whole file.
        picture: the opened file.
        limits: limits of decoding.
        whole: limits of animations.

    Returns:
        The animation; None if the file has one frame.

    Raises:
        OverBudget: it has too many frames, or too many pixels or seconds in all frames.
    """
    name = picture.format.name
    if name not in FRAME_READERS:
        return None
    canvas = picture.orientation.size(picture.size)
    try:
        timeline = FRAME_READERS[name](data, canvas, whole.max_frames)
    except TooManyFrames:
        raise OverBudget(
            f"frames: expected at most {whole.max_frames:,} frames, received more; {_INSTEAD}"
        ) from None
    stored = timeline.coded or canvas
    timeline = replace(timeline, parts=tuple(takewhile(_fits_on(stored), timeline.parts)))
    count = len(timeline.parts)
    if count < 2:
        return None
    pixels = stored.area * count
    if pixels > whole.max_pixels:
        raise OverBudget(
            f"frames: expected at most {whole.max_pixels:,} pixels in all frames together, "
            f"received {pixels:,} in {count:,} frames; {_INSTEAD}"
        )
    milliseconds = sum(part.milliseconds for part in timeline.parts)
    if milliseconds > _MOST_MILLISECONDS:
        raise OverBudget(
            f"frames: expected at most {_MOST_MILLISECONDS // 1000:,} s in all frames together, "
            f"received {milliseconds // 1000:,} s; {_INSTEAD}"
        )
    if ANIMATED in picture.warnings:
        picture.warnings.remove(ANIMATED)
    reading = Reading(timeline, picture, limits)
    return Animation(picture, timeline, partial(PATCHES[name], reading))
