"""Reader of AVIF sequences: the tracks of colours and alpha."""

import struct

from handler.codec.headers.animations.timeline import Timeline
from handler.codec.headers.animations.track_tables import (
    SequenceFormat,
    belongs_to,
    frame_parts,
    read_tracks,
)
from handler.codec.headers.animations.track_writer import write_tracks
from handler.core.geometry import Box, Size

# Browsers repeat files without a number of plays.
_FORMAT = SequenceFormat(b"av01", (b"av1C", b"colr", b"pixi", b"auxi"), 0)
_BRAND = b"avis"


def read_frames(data: bytes, canvas: Size, most: int) -> Timeline:
    """Read the frames of a sequence; there are none if its boxes are damaged.

    Args:
        data: the whole file, whose header has been read before.
        canvas: size of the canvas, in pixels.
        most: number of frames that are read.

    Raises:
        TooManyFrames: there are more.
    """
    try:
        tracks = read_tracks(data, most, _FORMAT)
    except (LookupError, ValueError, struct.error):
        return Timeline(canvas, (), 1)
    colours = next((each for each in tracks if not each.is_auxiliary), None)
    if colours is None or colours.size != canvas or len(colours.samples) < 2:
        return Timeline(canvas, (), 1)
    alpha = next((each for each in tracks if belongs_to(each, colours)), None)
    parts = frame_parts(colours, Box(0, 0, canvas.width, canvas.height))
    written = [colours] if alpha is None else [colours, alpha]
    whole = write_tracks(written, _BRAND)
    return Timeline(canvas, parts, colours.plays, whole, alpha=alpha is not None)
