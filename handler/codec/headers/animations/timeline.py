"""The frames of an animation: their places on the canvas, their times, and their data."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from handler.core.geometry import Box, Orientation, Size

# After a frame was shown: its place is left as it is, is made transparent, or gets back the pixels
# that it had before the frame.
Disposal = Literal["keep", "clear", "restore"]


class TooManyFrames(Exception):
    """Raised if an animation has more frames than are read."""


class FramePart(Struct, frozen=True):
    """A frame as it is stored.

    Attributes:
        box: its place on the canvas, in pixels; it may leave the canvas.
        milliseconds: time for which it is shown.
        data: a still picture of the size of the box, as a file of the same format.
        blends: whether the canvas shows through its transparent pixels; otherwise they become
            transparent there.
        disposal: change of the canvas after the frame.
    """

    box: Box
    milliseconds: int
    data: bytes
    blends: bool = True
    disposal: Disposal = "keep"


class Timeline(Struct, frozen=True):
    """An animation.

    Attributes:
        size: of the canvas as stored, in pixels.
        parts: the frames.
        plays: number of times that the animation is shown; 0 for without end.
        whole: the file for decoders that need all frames, which `parts` have no data for then;
            None for frames with data of their own.
        coded: size of the frames where the canvas shows a part of each, in pixels; else None.
        orientation: of the stored canvas; None for that of the still picture.
        encoding: the matrix of the colours (ITU-T H.273) and whether they use the full range, where
            the decoder does not find them itself.
        alpha: whether frames are known to have transparency; the header of the file may know, too.
    """

    size: Size
    parts: Sequence[FramePart]
    plays: int
    whole: bytes | None = None
    coded: Size | None = None
    orientation: Orientation | None = None
    encoding: tuple[int, bool] | None = None
    alpha: bool = False
