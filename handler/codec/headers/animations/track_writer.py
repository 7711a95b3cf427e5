"""Writer of a sequence with given tracks, for the decoders."""

import struct
from collections.abc import Sequence

from msgspec import Struct

from handler.core.geometry import Size

_MATRIX = struct.pack(">9I", 1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
_ENABLED = 1
_UNDETERMINED = 0x55C4


class Track(Struct, frozen=True):
    """A track of frames.

    Attributes:
        kind: type of the coded pixels.
        entry: sample entry, with the boxes that the decoder needs.
        timescale: units of time in a second.
        durations: units of each frame, in the order in which they are shown.
        samples: data of each frame, in the order in which they are decoded.
        key_frames: numbers of the frames that depend on no other, from 1; None for all.
        size: of the frames, in pixels.
        plays: number of plays; 0 for without end.
        is_auxiliary: whether it is the alpha of another track.
    """

    kind: bytes
    entry: bytes
    timescale: int
    durations: list[int]
    samples: list[memoryview]
    key_frames: list[int] | None
    size: Size
    plays: int
    is_auxiliary: bool


def write_tracks(tracks: Sequence[Track], brand: bytes) -> bytes:
    """Return a file with the frames of tracks, the first of which has the colours.

    Args:
        tracks: the tracks.
        brand: of sequences of the format.
    """
    # Without the brands of still pictures, which a file with items has.
    brands = _box(b"ftyp", brand + bytes(4) + brand + b"msf1")
    # The offsets of the frames follow from the length of the boxes before them.
    length = len(brands) + len(_movie(tracks, 0))
    movie = _movie(tracks, length + 8)
    data = b"".join(bytes(sample) for track in tracks for sample in track.samples)
    return brands + movie + _box(b"mdat", data)


def _movie(tracks: Sequence[Track], start: int) -> bytes:
    written = []
    for number, track in enumerate(tracks, 1):
        written.append(_track(track, number, start))
        start += sum(len(sample) for sample in track.samples)
    timescale, duration = tracks[0].timescale, sum(tracks[0].durations)
    header = struct.pack(">QQIQI", 0, 0, timescale, duration, 1 << 16) + struct.pack(">H", 1 << 8)
    header += bytes(10) + _MATRIX + bytes(24) + struct.pack(">I", len(tracks) + 1)
    return _box(b"moov", _full_box(b"mvhd", header, version=1) + b"".join(written))


def _track(track: Track, number: int, start: int) -> bytes:
    duration = sum(track.durations)
    header = struct.pack(">QQIIQ", 0, 0, number, 0, duration) + bytes(16) + _MATRIX
    header += struct.pack(">II", track.size.width << 16, track.size.height << 16)
    boxes = _full_box(b"tkhd", header, version=1, flags=_ENABLED)
    if track.is_auxiliary:
        boxes += _box(b"tref", _box(b"auxl", struct.pack(">I", 1)))
    handler = b"auxv" if track.is_auxiliary else b"pict"
    media = _full_box(
        b"mdhd",
        struct.pack(">QQIQHH", 0, 0, track.timescale, duration, _UNDETERMINED, 0),
        version=1,
    )
    media += _full_box(b"hdlr", bytes(4) + handler + bytes(13))
    reference = _full_box(b"url ", b"", flags=1)
    data = _box(b"dinf", _full_box(b"dref", struct.pack(">I", 1) + reference))
    information = _full_box(b"vmhd", bytes(8), flags=1) + data + _box(b"stbl", _table(track, start))
    return _box(b"trak", boxes + _box(b"mdia", media + _box(b"minf", information)))


def _table(track: Track, start: int) -> bytes:
    count = len(track.samples)
    times = b"".join(struct.pack(">II", 1, duration) for duration in track.durations)
    lengths = struct.pack(f">{count}I", *(len(sample) for sample in track.samples))
    table = _full_box(b"stsd", struct.pack(">I", 1) + _box(track.kind, track.entry))
    table += _full_box(b"stts", struct.pack(">I", count) + times)
    table += _full_box(b"stsc", struct.pack(">IIII", 1, 1, count, 1))
    table += _full_box(b"stsz", struct.pack(">II", 0, count) + lengths)
    table += _full_box(b"stco", struct.pack(">II", 1, start))
    if track.key_frames is not None:
        numbers = struct.pack(f">{len(track.key_frames)}I", *track.key_frames)
        table += _full_box(b"stss", struct.pack(">I", len(track.key_frames)) + numbers)
    return table


def _full_box(kind: bytes, body: bytes, *, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags) + body)


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body
