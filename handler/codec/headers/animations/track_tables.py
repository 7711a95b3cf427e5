"""Reader of the tracks of AVIF and HEIC sequences (ISO/IEC 14496-12, 8.3 to 8.7).

A frame depends on others, so that the decoder needs all of them. As with still pictures, it does
not receive the file, but a new one with the tracks of colours and alpha alone.
"""

import struct
from collections.abc import Iterator
from itertools import accumulate, islice, pairwise

from msgspec import Struct

from handler.codec.headers.animations.timeline import FramePart, TooManyFrames
from handler.codec.headers.animations.track_writer import Track
from handler.codec.headers.boxes import boxes
from handler.codec.headers.heif_tracks import (
    ENTRY_BYTES,
    ENTRY_SIZE,
    MAX_BOXES,
    picture_tracks,
    sample_entries,
)
from handler.core.geometry import Box, Size

_REPEATS = 1
# Values of a duration that stand for one without end.
_ENDLESS = ((1 << 32) - 1, (1 << 64) - 1)


class SequenceFormat(Struct, frozen=True):
    """The facts that differ between the two formats.

    Attributes:
        coded: type of the coded pixels.
        properties: boxes of a sample entry that the decoder needs.
        plays: number of plays of files that do not state it; 0 for without end.
    """

    coded: bytes
    properties: tuple[bytes, ...]
    plays: int


def read_tracks(data: bytes, most: int, format_: SequenceFormat) -> list[Track]:
    """Read the tracks of pictures.

    Args:
        data: the whole file, whose header has been read before.
        most: number of frames that are read.
        format_: format of the file.

    Raises:
        TooManyFrames: a track has more.
        LookupError, ValueError, struct.error: a box is missing or damaged, or there are too many.
    """
    file = memoryview(data)
    movie = dict(boxes(file, MAX_BOXES)).get(b"moov", memoryview(b""))
    return [
        _read_track(file, found, most, format_, is_auxiliary=is_auxiliary)
        for found, is_auxiliary in picture_tracks(movie)
    ]


def belongs_to(track: Track, colours: Track) -> bool:
    """Return whether a track may be the alpha of another one."""
    fits = track.size == colours.size and len(track.samples) == len(colours.samples)
    return track.is_auxiliary and fits


def frame_parts(track: Track, box: Box) -> list[FramePart]:
    """Return the frames of a track without their data.

    Args:
        track: the track.
        box: place of the frames on the canvas, in pixels.
    """
    end, parts = 0, []
    for duration in track.durations:
        start, end = end, end + duration
        first, last = (round(each * 1000 / track.timescale) for each in (start, end))
        parts.append(FramePart(box, last - first, b"", blends=False))
    return parts


def _read_track(
    file: memoryview,
    found: dict[bytes, memoryview],
    most: int,
    format_: SequenceFormat,
    *,
    is_auxiliary: bool,
) -> Track:
    entries = sample_entries(found[b"stsd"])
    if [kind for kind, _ in entries] != [format_.coded]:
        raise ValueError("the frames have another codec, or several configurations")
    ((_, entry),) = entries
    width, height = struct.unpack_from(">HH", entry, ENTRY_SIZE)
    kept = b"".join(
        struct.pack(">I4s", 8 + len(payload), name) + payload
        for name, payload in boxes(entry[ENTRY_BYTES:], MAX_BOXES)
        if name in format_.properties
    )
    samples = list(_samples(file, found, _lengths(found[b"stsz"], most)))
    return Track(
        format_.coded,
        bytes(entry[:ENTRY_BYTES]) + kept,
        _timescale(found[b"mdhd"]),
        _shown_durations(found, len(samples)),
        samples,
        _key_frames(found.get(b"stss"), len(samples)),
        Size(width, height),
        _plays(found, format_.plays),
        is_auxiliary,
    )


def _timescale(body: memoryview) -> int:
    (timescale,) = struct.unpack_from(">I", body, 20 if body[0] else 12)
    if not timescale:
        raise ValueError("the time has no unit")
    return int(timescale)


def _lengths(body: memoryview, most: int) -> list[int]:
    length, count = struct.unpack_from(">II", body, 4)
    if count > most:
        raise TooManyFrames
    return [length] * count if length else list(struct.unpack_from(f">{count}I", body, 12))


def _durations(body: memoryview, count: int) -> list[int]:
    (entries,) = struct.unpack_from(">I", body, 4)
    found: list[int] = []
    for index in range(min(entries, count)):
        repeated, duration = struct.unpack_from(">II", body, 8 + 8 * index)
        found += [duration] * min(repeated, count - len(found))
    if len(found) < count:
        raise ValueError("frames have no time")
    return found


def _shown_durations(found: dict[bytes, memoryview], count: int) -> list[int]:
    """Return the time of each frame in the order in which they are shown.

    Frames that are shown in another order than that of their decoding have offsets (8.6.1.3).
    """
    durations = _durations(found[b"stts"], count)
    if b"ctts" not in found:
        return durations
    offsets = _offsets(found[b"ctts"], count)
    decoded = accumulate(durations, initial=0)
    starts = [start + offset for start, offset in zip(decoded, offsets, strict=False)]
    last = max(range(count), key=starts.__getitem__, default=0)
    ends = [*sorted(starts), starts[last] + durations[last]] if starts else []
    return [end - start for start, end in pairwise(ends)]


def _offsets(body: memoryview, count: int) -> list[int]:
    (entries,) = struct.unpack_from(">I", body, 4)
    code = ">Ii" if body[0] else ">II"
    found: list[int] = []
    for index in range(min(entries, count)):
        repeated, offset = struct.unpack_from(code, body, 8 + 8 * index)
        found += [offset] * min(repeated, count - len(found))
    if len(found) < count:
        raise ValueError("frames have no time")
    return found


def _samples(
    file: memoryview, found: dict[bytes, memoryview], lengths: list[int]
) -> Iterator[memoryview]:
    """Yield the data of each frame in the file, which lie one after the other in chunks."""
    offsets, code = (found[b"stco"], ">I") if b"stco" in found else (found[b"co64"], ">Q")
    (chunks,) = struct.unpack_from(">I", offsets, 4)
    width, left = struct.calcsize(code), iter(lengths)
    counts = _frames_of_chunks(found[b"stsc"], min(chunks, len(lengths)))
    for index, count in enumerate(counts):
        (start,) = struct.unpack_from(code, offsets, 8 + width * index)
        for length in islice(left, count):
            if start + length > len(file):
                return  # the file was cut off
            yield file[start : start + length]
            start += length
    if next(left, None) is not None:
        raise ValueError("frames belong to no chunk")


def _frames_of_chunks(body: memoryview, chunks: int) -> Iterator[int]:
    (entries,) = struct.unpack_from(">I", body, 4)
    firsts = []
    for index in range(min(entries, chunks)):
        first, count, _ = struct.unpack_from(">III", body, 8 + 12 * index)
        firsts.append((first, count))
    count = 0
    for chunk in range(1, chunks + 1):
        if firsts and firsts[0][0] <= chunk:
            _, count = firsts.pop(0)
        yield count


def _key_frames(body: memoryview | None, count: int) -> list[int] | None:
    if body is None:
        return None
    (entries,) = struct.unpack_from(">I", body, 4)
    listed = struct.unpack_from(f">{min(entries, count)}I", body, 8)
    return [int(number) for number in listed]


def _plays(found: dict[bytes, memoryview], otherwise: int) -> int:
    """Return the number of plays by the edit list (ISO/IEC 23008-12, 9.6.1)."""
    edits, header = found.get(b"elst"), found[b"tkhd"]
    if edits is None:
        return otherwise
    if not edits[3] & _REPEATS:
        return 1
    (segment,) = struct.unpack_from(">Q" if edits[0] else ">I", edits, 8)
    code, start = (">Q", 28) if header[0] else (">I", 20)
    (whole,) = struct.unpack_from(code, header, start)
    return 0 if whole in _ENDLESS or not segment else max(1, round(whole / segment))
