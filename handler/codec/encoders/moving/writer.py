"""The writers of animations, by format, and the options that they share."""

from collections.abc import Callable, Sequence
from typing import Protocol

from msgspec import Struct
from PIL import Image, ImageChops

from handler.codec.encoders.largest_sides import check_sides
from handler.codec.encoders.moving.avif_frames_writer import AvifFramesWriter
from handler.codec.encoders.moving.gif_frames_writer import GifFramesWriter
from handler.codec.encoders.moving.png_frames_writer import PngFramesWriter
from handler.codec.encoders.moving.webp_frames_writer import WebpFramesWriter
from handler.codec.formats import Format
from handler.core.geometry import Size


class FrameWriter(Protocol):
    """A writer of one animation."""

    def add(self, image: Image.Image, start: int, end: int) -> None:
        """Write a frame that differs from the last one.

        Args:
            image: mode RGB or RGBA (alpha not premultiplied).
            start: milliseconds from the start of the animation to that of the frame.
            end: milliseconds to the end of the frame.
        """

    def finish(self) -> bytes:
        """Return the file."""


class AnimationOptions(Struct, frozen=True):
    """The facts that the file of an animation depends on.

    Attributes:
        size: of the frames, in pixels.
        plays: number of times that the animation is shown; 0 for without end.
        quality: 1 to 100, for WebP and AVIF.
        transparent: whether frames may have alpha.
        samples: some of the frames, which palettes are chosen for.
        frames: largest number of frames.
    """

    size: Size
    plays: int
    quality: int
    transparent: bool
    samples: Sequence[Image.Image]
    frames: int


class AnimationWriter:
    """A writer that joins equal frames, so that the animation is the same with fewer of them."""

    def __init__(self, format_: Format, options: AnimationOptions) -> None:
        """Begin a file.

        Args:
            format_: one of `MOVING`.
            options: see `AnimationOptions`.

        Raises:
            ProcessingFailed: the frames are larger than the format allows.
        """
        check_sides(format_, options.size)
        self._mode = "RGBA" if options.transparent else "RGB"
        self._writer = _WRITERS[format_.name](options)
        self._waiting: Image.Image | None = None
        self._start = self._end = 0

    def add(self, image: Image.Image, milliseconds: int) -> None:
        """Add a frame.

        Args:
            image: mode L, RGB, RGBX or RGBA (alpha not premultiplied). It must not change
                afterwards.
            milliseconds: time for which it is shown.
        """
        image = image if image.mode == self._mode else image.convert(self._mode)
        if self._waiting is not None and not _are_equal(self._waiting, image):
            self._write(self._waiting)
            self._waiting, self._start = image, self._end
        elif self._waiting is None:
            self._waiting = image
        self._end += milliseconds

    def finish(self) -> bytes:
        """Return the file."""
        if self._waiting is not None:
            self._write(self._waiting)
            self._waiting = None
        return self._writer.finish()

    def _write(self, image: Image.Image) -> None:
        image.info = {}
        self._writer.add(image, self._start, self._end)


def _are_equal(first: Image.Image, second: Image.Image) -> bool:
    return ImageChops.difference(first, second).getbbox(alpha_only=False) is None


# Name of a format that can move -> the writer of its animations.
_WRITERS: dict[str, Callable[[AnimationOptions], FrameWriter]] = {
    "gif": lambda options: GifFramesWriter(
        options.size, options.plays, options.samples, transparent=options.transparent
    ),
    "png": lambda options: PngFramesWriter(
        options.size, options.plays, transparent=options.transparent
    ),
    "webp": lambda options: WebpFramesWriter(
        options.size, options.plays, options.quality, options.frames
    ),
    "avif": lambda options: AvifFramesWriter(options.size, options.plays, options.quality),
}
MOVING = frozenset(_WRITERS)
"""The names of the formats whose files can move."""
