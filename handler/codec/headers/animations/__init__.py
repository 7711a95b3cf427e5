"""Readers of animations: all frames with their places and times, in plain Python over bytes.

Each frame is passed on as a still picture of its own, so that no decoder sees an animation. The
frames of an AVIF or a HEIC depend on each other: they are passed on as a new file with nothing
else.
"""

from collections.abc import Callable

from handler.codec.headers.animations import (
    avif_tracks,
    gif_blocks,
    heic_tracks,
    png_frames,
    webp_frames,
)
from handler.codec.headers.animations.timeline import Timeline
from handler.core.geometry import Size

# Name of a format -> function that reads the frames of a file, given the size of its canvas and
# the most frames to read.
FRAME_READERS: dict[str, Callable[[bytes, Size, int], Timeline]] = {
    "avif": avif_tracks.read_frames,
    "gif": gif_blocks.read_frames,
    "heic": heic_tracks.read_frames,
    "png": png_frames.read_frames,
    "webp": webp_frames.read_frames,
}
