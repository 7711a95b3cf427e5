"""Reader of AVIF sequences: the tracks of colours and alpha (ISO/IEC 14496-12, 8.3 to 8.7).

A frame depends on those before it, so that the decoder needs all of them. As with still pictures,
it does not receive the file, but a new one with these tracks alone.
"""

import struct
from collections.abc import Iterator
from itertools import islice

from handler.codec.headers.animations.avif_track_writer import Track, write_tracks
from handler.codec.headers.animations.timeline import FramePart, Timeline, TooManyFrames
from handler.codec.headers.boxes import boxes
from handler.codec.headers.heif_tracks import picture_tracks
from handler.core.geometry import Box, Size

_MAX_BOXES = 1000
_CODED = b"av01"
_ENTRY_BYTES, _ENTRY_SIZE = 78, 24
# Boxes of a sample entry that the decoder needs.
_PROPERTIES = (b"av1C", b"colr", b"pixi", b"auxi")
_REPEATS = 1
# Values of a duration that stand for one without end.
_ENDLESS = ((1 << 32) - 1, (1 << 64) - 1)


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
        tracks = list(_tracks(data, most))
    except (LookupError, ValueError, struct.error):
        return Timeline(canvas, (), 1)
    colours = next((each for each in tracks if not each.is_auxiliary), None)
    if colours is None or colours.size != canvas or len(colours.samples) < 2:
        return Timeline(canvas, (), 1)
    alpha = next((each for each in tracks if _is_alpha_of(each, colours)), None)
    box = Box(0, 0, canvas.width, canvas.height)
    parts = [
        FramePart(box, milliseconds, b"", blends=False) for milliseconds in _milliseconds(colours)
    ]
    written = [colours] if alpha is None else [colours, alpha]
    return Timeline(canvas, parts, colours.plays, write_tracks(written))


def _is_alpha_of(track: Track, colours: Track) -> bool:
    fits = track.size == colours.size and len(track.samples) == len(colours.samples)
    return track.is_auxiliary and fits


def _milliseconds(track: Track) -> Iterator[int]:
    end = 0
    for duration in track.durations:
        start, end = end, end + duration
        first, last = (round(each * 1000 / track.timescale) for each in (start, end))
        yield last - first


def _tracks(data: bytes, most: int) -> Iterator[Track]:
    file = memoryview(data)
    movie = dict(boxes(file, _MAX_BOXES)).get(b"moov", memoryview(b""))
    for found, is_auxiliary in picture_tracks(movie):
        yield _read_track(file, found, most, is_auxiliary=is_auxiliary)


def _read_track(
    file: memoryview, found: dict[bytes, memoryview], most: int, *, is_auxiliary: bool
) -> Track:
    kind, entry = next(boxes(found[b"stsd"][8:], _MAX_BOXES), (b"", found[b"stsd"]))
    if kind != _CODED:
        raise ValueError("the frames have another codec")
    width, height = struct.unpack_from(">HH", entry, _ENTRY_SIZE)
    kept = b"".join(
        struct.pack(">I4s", 8 + len(payload), name) + payload
        for name, payload in boxes(entry[_ENTRY_BYTES:], _MAX_BOXES)
        if name in _PROPERTIES
    )
    samples = list(_samples(file, found, _lengths(found[b"stsz"], most)))
    return Track(
        bytes(entry[:_ENTRY_BYTES]) + kept,
        _timescale(found[b"mdhd"]),
        _durations(found[b"stts"], len(samples)),
        samples,
        _key_frames(found.get(b"stss"), len(samples)),
        Size(width, height),
        _plays(found),
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


def _plays(found: dict[bytes, memoryview]) -> int:
    """Return the number of plays by the edit list (ISO/IEC 23008-12, 9.6.1)."""
    edits, header = found.get(b"elst"), found[b"tkhd"]
    if edits is None:
        return 0
    if not edits[3] & _REPEATS:
        return 1
    (segment,) = struct.unpack_from(">Q" if edits[0] else ">I", edits, 8)
    code, start = (">Q", 28) if header[0] else (">I", 20)
    (whole,) = struct.unpack_from(code, header, start)
    return 0 if whole in _ENDLESS or not segment else max(1, round(whole / segment))
