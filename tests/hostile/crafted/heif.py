"""HEIC and AVIF files with items that no photograph has."""

import struct
from dataclasses import replace
from functools import partial

from msgspec import structs
from PIL import Image
from pillow_avif.AvifImagePlugin import AvifImageFile

from handler.codec.headers.animations.track_tables import SequenceFormat, read_tracks
from handler.codec.headers.animations.track_writer import Track, write_tracks
from handler.core.geometry import Size
from tests.hostile.crafted.case import Case, accepted, either, rejected
from tests.hostile.heif import ALPHA, SIZE, box, coded, grid, heif, ispe
from tests.hostile.specimens import specimen
from tests.pictures import encoded

_KINDS = (b"iden", b"iovl", b"unci", b"mski", b"tili", b"tmap", b"jpeg", b"j2k1", b"avc1", b"vvc1")


def _primary(kind: bytes) -> bytes:
    return heif({1: replace(coded(), kind=kind)})


def _tile(kind: bytes) -> bytes:
    return heif({1: grid(1, 1, *SIZE), 2: replace(coded(), kind=kind)}, [(b"dimg", 1, [2])])


def _alpha(kind: bytes) -> bytes:
    alpha = replace(coded(), kind=kind).with_property(b"auxC", ALPHA)
    return heif({1: coded(), 2: alpha}, [(b"auxl", 2, [1])])


def _nested_alpha() -> bytes:
    """Return a file of the kind of CVE-2026-84383: alpha channels through a copy."""
    alpha = coded().with_property(b"auxC", ALPHA)
    copy = replace(alpha, kind=b"iden", data=b"")
    references = [(b"auxl", 2, [1]), (b"auxl", 3, [1]), (b"dimg", 2, [3])]
    return heif({1: coded(), 2: copy, 3: alpha}, references)


def _unused(kind: bytes) -> bytes:
    unused = replace(coded(), kind=kind, data=b"\xff" * 99)
    track = box(b"moov", box(b"trak", b"\xff" * 99))
    return heif({1: coded(), 2: unused}, [(b"thmb", 2, [1])], b"heic", track)


def _sequence() -> tuple[bytes, list[Track]]:
    data = specimen("heic/sequence")
    return data, read_tracks(data, 500, SequenceFormat(b"hvc1", (b"hvcC", b"auxi"), 1))


def _coded_larger() -> bytes:
    """Return a sequence whose frames are coded larger than the sizes in their boxes."""
    _, tracks = _sequence()
    small = struct.pack(">HH", 1, 1)
    for index, track in enumerate(tracks):
        entry = track.entry[:24] + small + track.entry[28:]
        tracks[index] = structs.replace(track, entry=entry, size=Size(1, 1))
    return write_tracks(tracks, b"hevc")


def _many_avif_frames() -> bytes:
    first, *others = (Image.new("L", (16, 16), level) for level in (9, 99, 199))
    data = encoded(first, AvifImageFile.format, save_all=True, append_images=others)
    tracks = read_tracks(data, 500, SequenceFormat(b"av01", (b"av1C",), 0))
    return _repeated(tracks, b"avis")


def _many_frames() -> bytes:
    _, tracks = _sequence()
    return _repeated(tracks, b"hevc")


def _repeated(tracks: list[Track], brand: bytes) -> bytes:
    """Return a sequence with a thousand times the same small frame."""
    longer = [
        structs.replace(
            track,
            durations=[1] * 1_000,
            samples=[*track.samples[:1], *track.samples[1:2] * 999],
        )
        for track in tracks
    ]
    return write_tracks(longer, brand)


def _counted(name: bytes, at: int, number: int) -> bytes:
    """Return a sequence with another number in each box of a name."""
    data, _ = _sequence()
    written, place = bytearray(data), data.find(name)
    while place >= 0:
        struct.pack_into(">I", written, place + 4 + at, number)
        place = data.find(name, place + 1)
    return bytes(written)


CASES: dict[str, Case] = {
    **{f"picture-of-{kind.decode()}": rejected(partial(_primary, kind)) for kind in _KINDS},
    **{f"tile-of-{kind.decode()}": rejected(partial(_tile, kind)) for kind in (b"grid", *_KINDS)},
    **{f"alpha-of-{kind.decode()}": rejected(partial(_alpha, kind)) for kind in _KINDS},
    "alpha-through-a-copy": rejected(_nested_alpha),
    "grid-of-itself": rejected(lambda: heif({1: grid(1, 1, *SIZE)}, [(b"dimg", 1, [1])])),
    "grids-in-a-circle": rejected(
        lambda: heif(
            {1: grid(1, 1, *SIZE), 2: grid(1, 1, *SIZE)}, [(b"dimg", 1, [2]), (b"dimg", 2, [1])]
        )
    ),
    "grid-of-65536-tiles": rejected(
        lambda: heif({1: grid(256, 256, 16_384, 16_384), 2: coded()}, [(b"dimg", 1, [2])])
    ),
    "grid-without-tiles": rejected(lambda: heif({1: grid(1, 1, *SIZE)})),
    "grid-of-one-pixel-from-a-large-tile": rejected(
        lambda: heif(
            {1: grid(1, 1, 1, 1), 2: coded().with_property(b"ispe", ispe(60_000, 60_000))},
            [(b"dimg", 1, [2])],
        )
    ),
    "grid-of-one-tile": accepted(
        lambda: heif({1: grid(1, 1, *SIZE), 2: coded()}, [(b"dimg", 1, [2])])
    ),
    **{f"unused-{kind.decode()}": accepted(partial(_unused, kind)) for kind in (b"unci", b"iovl")},
    # Its first frame alone may have up to 64 pixels more, but the track has no such frames.
    "sequence-coded-larger": either(_coded_larger),
    "sequence-of-a-thousand-frames": rejected(_many_frames),
    "avif-sequence-of-a-thousand-frames": rejected(_many_avif_frames),
    "sequence-of-a-billion-frames": rejected(partial(_counted, b"stsz", 8, 10**9)),
    "sequence-of-a-billion-chunks": either(partial(_counted, b"stco", 4, 10**9)),
    "sequence-of-a-billion-times": either(partial(_counted, b"stts", 4, 10**9)),
    "sequence-without-a-unit-of-time": either(partial(_counted, b"mdhd", 12, 0)),
    "sequence-with-frames-outside-the-file": rejected(partial(_counted, b"stco", 8, 2**31)),
    "avif-with-a-picture-of-hvc1": rejected(lambda: heif({1: coded()}, brand=b"avif")),
    "heic-with-a-picture-of-av01": rejected(lambda: heif({1: coded("avif/still")})),
}
