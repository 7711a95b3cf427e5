"""Reader of HEIC sequences: the tracks of colours and alpha, and how they are shown."""

import struct

from msgspec import Struct

from handler.codec.headers.animations.timeline import Timeline
from handler.codec.headers.animations.track_tables import (
    SequenceFormat,
    belongs_to,
    frame_parts,
    read_tracks,
)
from handler.codec.headers.animations.track_writer import Track, write_tracks
from handler.codec.headers.boxes import boxes
from handler.codec.headers.heif import shown_part
from handler.codec.headers.heif_items import read_items
from handler.codec.headers.heif_picture import is_alpha
from handler.codec.headers.heif_tracks import ENTRY_BYTES, MAX_BOXES, picture_tracks, turns_of
from handler.codec.headers.hevc import BLOCK, coded_sizes
from handler.core.geometry import Box, Orientation, Size

# The standard presents a file without a number of plays once.
_FORMAT = SequenceFormat(b"hvc1", (b"hvcC", b"colr", b"pixi", b"auxi", b"clap"), 1)
_BRAND = b"hevc"
# Position of the length of lengths in a configuration, and the only one that libheif reads.
_LENGTHS_AT, _FOUR_BYTES = 21, 3
_TURNS = (b"irot", b"imir")
MATRICES = (1, 2, 5, 6, 9)
"""The matrices of colours (ITU-T H.273) that are known: those of BT.709, BT.601 and BT.2020."""
# Matrix of BT.601, which with the full range stands for no statement (ISO/IEC 23000-22, 7.3.6.4).
_BT601 = 6
_FULL_RANGE = 0x80


class _Shown(Struct, frozen=True):
    """The part of the frames that is shown, in pixels of the stored frame, and how it is turned."""

    part: Box
    orientation: Orientation


def read_frames(data: bytes, canvas: Size, most: int) -> Timeline:
    """Read the frames of a sequence.

    There are none if its boxes are damaged, if frames are coded larger than the sizes in the
    boxes, or if they are not shown in the size of the picture for readers of still pictures.

    Args:
        data: the whole file, whose header has been read before.
        canvas: size of the upright picture, in pixels.
        most: number of frames that are read.

    Raises:
        TooManyFrames: there are more.
    """
    nothing = Timeline(canvas, (), 1)
    try:
        tracks = read_tracks(data, most, _FORMAT)
        colours = next(each for each in tracks if not each.is_auxiliary)
        alpha = next((each for each in tracks if _is_alpha_of(each, colours)), None)
        written = [colours] if alpha is None else [colours, alpha]
        for track in written:
            _check_coded_sizes(track)
        shown = _shown(data, colours)
        encoding = _encoding(colours)
    except (LookupError, ValueError, ZeroDivisionError, StopIteration, struct.error):
        return nothing
    part = shown.part
    size = Size(part.width, part.height)
    if shown.orientation.size(size) != canvas or len(colours.samples) < 2:
        return nothing
    # The canvas shows a part of each frame.
    box = Box(-part.left, -part.top, colours.size.width, colours.size.height)
    parts = frame_parts(colours, box)
    return Timeline(
        size,
        parts,
        colours.plays,
        write_tracks(written, _BRAND),
        colours.size,
        shown.orientation,
        encoding,
        alpha=alpha is not None,
    )


def _is_alpha_of(track: Track, colours: Track) -> bool:
    kind = _properties(track).get(b"auxi", memoryview(b""))
    return belongs_to(track, colours) and is_alpha(kind)


def _properties(track: Track) -> dict[bytes, memoryview]:
    return dict(boxes(memoryview(track.entry)[ENTRY_BYTES:], MAX_BOXES))


def _check_coded_sizes(track: Track) -> None:
    """Check that no frame is coded larger than its size, up to whole blocks.

    Raises:
        LookupError, ValueError: one is, or the coded data are damaged.
    """
    configuration = _properties(track)[b"hvcC"]
    if configuration[_LENGTHS_AT] & 3 != _FOUR_BYTES:
        raise ValueError("the lengths of units have another length")
    for sample in track.samples:
        for coded in coded_sizes(configuration, bytes(sample)):
            outside = coded.width - track.size.width, coded.height - track.size.height
            if max(outside) > BLOCK:
                raise ValueError("a frame is coded too large")


def _shown(data: bytes, colours: Track) -> _Shown:
    """Return how the frames are shown: by their track, or turned as the still picture is."""
    movie = dict(boxes(memoryview(data), MAX_BOXES))[b"moov"]
    found = next(found for found, is_auxiliary in picture_tracks(movie) if not is_auxiliary)
    turns = turns_of(found[b"tkhd"])
    if not turns:
        items = read_items(data)
        turns = [each for each in items.properties_of(items.primary) if each[0] in _TURNS]
    cuts = [(name, body) for name, body in _properties(colours).items() if name == b"clap"]
    part, orientation = shown_part([*cuts, *turns], colours.size)
    whole = Box(0, 0, colours.size.width, colours.size.height)
    return _Shown(part or whole, orientation)


def _encoding(track: Track) -> tuple[int, bool]:
    """Return the matrix of the colours and whether they use the full range.

    Raises:
        ValueError: frames cannot be converted by it.
    """
    matrix, is_full = _BT601, True
    for name, body in boxes(memoryview(track.entry)[ENTRY_BYTES:], MAX_BOXES):
        if name == b"colr" and bytes(body[:4]) == b"nclx":
            matrix, bits = struct.unpack_from(">HB", body, 8)
            is_full = bool(bits & _FULL_RANGE)
    if matrix not in MATRICES:
        raise ValueError("the colours have an unknown matrix")
    return matrix, is_full
