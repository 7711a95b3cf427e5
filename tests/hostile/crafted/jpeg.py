"""JPEG files with false sizes, loops and decompression bombs."""

import random
from functools import partial

from tests.hostile.builders import (
    exif,
    insert,
    jpeg,
    jpeg_frame,
    jpeg_scan,
    jpeg_segment,
    jpeg_tables,
    tiff_entry,
)
from tests.hostile.crafted.case import Case, accepted, either, rejected
from tests.hostile.specimens import specimen

_BASELINE, _PROGRESSIVE = "jpeg/baseline", "jpeg/progressive"
_FRAMES = (0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC9, 0xCA, 0xCF)
_SCAN, _HUFFMAN, _QUANTISATION = b"\xff\xda", b"\xff\xc4", b"\xff\xdb"


def _baseline() -> bytes:
    return specimen(_BASELINE)


def _resized(name: str, width: int, height: int) -> bytes:
    """Return a whole file whose frame header has another size."""
    data = specimen(name)
    at = next(data.find(bytes((0xFF, m, 0))) for m in (0xC0, 0xC2) if bytes((0xFF, m, 0)) in data)
    sides = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return data[: at + 5] + sides + data[at + 9 :]


def _before_scan(*parts: bytes) -> bytes:
    data = _baseline()
    return insert(data, data.index(_SCAN), *parts)


def _after_start(*parts: bytes) -> bytes:
    return insert(_baseline(), 2, *parts)


def _scrambled(marker: bytes, seed: int) -> bytes:
    """Return a file with noise as the content of a segment."""
    data = bytearray(_baseline())
    at = data.index(marker)
    length = int.from_bytes(data[at + 2 : at + 4], "big")
    data[at + 4 : at + 2 + length] = random.Random(seed).randbytes(length - 2)
    return bytes(data)


def _many_scans(scans: int, side: int = 64) -> bytes:
    """Return a progressive file with many empty scans."""
    nothing = jpeg_scan(b"\0" * 16, 1, 1, 63)
    first = jpeg_scan(b"\0" * (side * side // 512 + 1), 1, 0, 0)
    frame = jpeg_frame(side, side, 0xC2)
    return jpeg(jpeg_tables(ac_symbol=0xE0), frame, first, nothing * scans)


def _many_scans_of_a_component(scans: int) -> bytes:
    """Return a sequential file that repeats the scan of the first component."""
    frame = jpeg_frame(64, 48, factors=(0x11, 0x11))
    return jpeg(jpeg_tables(), frame, jpeg_scan(bytes(99)) * scans)


def _hidden_scans() -> bytes:
    """Return a file with many scans behind a comment that looks like the end of the file."""
    bomb = _many_scans(2_000)
    return insert(bomb, bomb.index(_SCAN), jpeg_segment(0xFE, b"\xff\xd9"))


def _garbage_restarts() -> bytes:
    data = specimen("jpeg/restarts")
    return b"\xff\xd7".join(data.split(b"\xff\xd1"))


def _profile_parts(numbers: list[int], total: int) -> bytes:
    head = b"ICC_PROFILE\0"
    parts = (jpeg_segment(0xE2, head + bytes((n, total)) + b"x" * 5_000) for n in numbers)
    return _after_start(*parts)


def _noise(count: int) -> bytes:
    return random.Random(count).randbytes(count)


def _exif_bomb() -> bytes:
    """Return EXIF whose fields all refer to the same 60 KB."""
    fields = (tiff_entry(0x9000 + i, 7, 60_000, 8) for i in range(4_000))
    return exif(*fields, tail=b"\0" * 12_000)[:65_000]


def _huge(marker: int) -> bytes:
    return jpeg(jpeg_tables(), jpeg_frame(65_500, 65_500, marker), jpeg_scan(bytes(999)))


CASES: dict[str, Case] = {
    "signature-only": rejected(lambda: b"\xff\xd8\xff"),
    "start-and-end": rejected(lambda: b"\xff\xd8\xff\xd9"),
    "no-scan": rejected(lambda: jpeg(jpeg_tables(), jpeg_frame(64, 48))),
    "no-frame": rejected(lambda: jpeg(jpeg_tables(), jpeg_scan(bytes(99)))),
    "no-tables": rejected(lambda: jpeg(jpeg_frame(64, 48), jpeg_scan(bytes(99)))),
    "no-pixels": rejected(lambda: jpeg(jpeg_tables(), jpeg_frame(0, 48), jpeg_scan(bytes(99)))),
    "no-rows": rejected(lambda: jpeg(jpeg_tables(), jpeg_frame(64, 0), jpeg_scan(bytes(99)))),
    "no-components": rejected(lambda: jpeg(jpeg_tables(), jpeg_frame(64, 48, factors=()))),
    "five-components": rejected(
        lambda: jpeg(jpeg_tables(), jpeg_frame(64, 48, factors=(17,) * 5), jpeg_scan(bytes(99)))
    ),
    "factor-of-zero": rejected(
        lambda: jpeg(jpeg_tables(), jpeg_frame(64, 48, factors=(0, 0, 0)), jpeg_scan(bytes(99)))
    ),
    "factors-of-fifteen": rejected(
        lambda: jpeg(jpeg_tables(), jpeg_frame(64, 48, factors=(255,)), jpeg_scan(bytes(99)))
    ),
    "twelve-bits": rejected(
        lambda: jpeg(jpeg_tables(), jpeg_frame(64, 48, 0xC1, depth=12), jpeg_scan(bytes(99)))
    ),
    "depth-of-zero": rejected(
        lambda: jpeg(jpeg_tables(), jpeg_frame(64, 48, depth=0), jpeg_scan(bytes(99)))
    ),
    "larger-than-its-data": rejected(lambda: _resized(_BASELINE, 4_000, 3_000)),
    "a-little-larger-than-its-data": rejected(lambda: _resized(_BASELINE, 128, 128)),
    "progressive-larger-than-its-data": rejected(lambda: _resized(_PROGRESSIVE, 800, 600)),
    "65500-squared": rejected(lambda: _resized(_BASELINE, 65_500, 65_500)),
    "65535-wide": rejected(lambda: _resized(_BASELINE, 65_535, 8)),
    "two-frames-of-one-size": rejected(lambda: _before_scan(jpeg_frame(64, 48))),
    "later-frame-is-larger": rejected(lambda: _before_scan(jpeg_frame(8_000, 8_000))),
    "later-frame-is-progressive": rejected(lambda: _before_scan(jpeg_frame(640, 480, 0xC2))),
    "frame-after-the-scan": either(
        lambda: insert(_baseline(), len(_baseline()) - 2, jpeg_frame(60_000, 60_000))
    ),
    "frame-of-a-preview-in-a-comment": accepted(
        lambda: _after_start(jpeg_segment(0xFE, jpeg_frame(60_000, 60_000)))
    ),
    "many-scans": rejected(lambda: _many_scans(5_000)),
    "many-scans-of-a-component": rejected(lambda: _many_scans_of_a_component(5_000)),
    "many-scans-after-one-for-all": rejected(
        lambda: insert(_baseline(), len(_baseline()) - 2, jpeg_scan(bytes(99), 3) * 5_000)
    ),
    "many-scans-behind-an-end-that-is-none": rejected(_hidden_scans),
    "a-hundred-scans-of-a-large-picture": either(lambda: _many_scans(99, 4_096)),
    "scan-of-nothing": rejected(
        lambda: jpeg(jpeg_tables(), jpeg_frame(64, 48), jpeg_scan(b"", components=0))
    ),
    "scan-of-an-unknown-component": rejected(
        lambda: jpeg(
            jpeg_tables(), jpeg_frame(64, 48), jpeg_segment(0xDA, b"\1\x09\0\0\x3f\0"), bytes(99)
        )
    ),
    "restarts-out-of-order": accepted(_garbage_restarts),
    "restart-interval-of-one": rejected(lambda: _before_scan(jpeg_segment(0xDD, b"\0\1"))),
    "segment-longer-than-the-file": rejected(lambda: _baseline()[:2] + b"\xff\xe1\xff\xff"),
    "segment-of-length-zero": either(lambda: _after_start(b"\xff\xe1\0\0")),
    "segment-without-a-length": rejected(lambda: b"\xff\xd8\xff\xe1"),
    "a-million-fill-bytes": accepted(lambda: _after_start(b"\xff" * 1_000_000)),
    "a-million-fill-bytes-and-no-marker": accepted(
        lambda: _after_start(b"\xff" * 1_000_000 + b"\0")
    ),
    "a-million-stuffed-bytes": accepted(lambda: _after_start(b"\xff\0" * 1_000_000)),
    "a-million-zeros": rejected(lambda: _after_start(bytes(1_000_000))),
    "a-million-empty-segments": rejected(lambda: _after_start(b"\xff\xfe\0\2" * 1_000_000)),
    "a-thousand-comments": accepted(lambda: _after_start(jpeg_segment(0xFE, b"x" * 99) * 1_000)),
    "profile-of-noise": accepted(lambda: _profile_parts([1], 1)),
    "profile-with-a-part-missing": accepted(lambda: _profile_parts([1, 3], 3)),
    "profile-with-every-part-the-same": accepted(lambda: _profile_parts([1] * 200, 200)),
    "profile-without-a-number": accepted(
        lambda: _after_start(jpeg_segment(0xE2, b"ICC_PROFILE\0"))
    ),
    "exif-of-noise": accepted(lambda: _after_start(jpeg_segment(0xE1, b"Exif\0\0" + _noise(999)))),
    "exif-bomb": accepted(lambda: _after_start(jpeg_segment(0xE1, _exif_bomb()))),
    "exif-bomb-in-fifty-segments": accepted(
        lambda: _after_start(jpeg_segment(0xE1, _exif_bomb()) * 50)
    ),
    "exif-empty": accepted(lambda: _after_start(jpeg_segment(0xE1, b"Exif\0\0"))),
    "exif-that-goes-in-circles": accepted(
        lambda: _after_start(
            jpeg_segment(0xE1, exif(tiff_entry(0x8769, 4, 1, 8), tiff_entry(0x8825, 4, 1, 8)))
        )
    ),
    "exif-orientation-of-9": accepted(
        lambda: _after_start(jpeg_segment(0xE1, exif(tiff_entry(274, 3, 1, 9))))
    ),
    "exif-orientation-of-65535": accepted(
        lambda: _after_start(jpeg_segment(0xE1, exif(tiff_entry(274, 3, 1, 65_535))))
    ),
    "exif-orientation-of-many-values": accepted(
        lambda: _after_start(jpeg_segment(0xE1, exif(tiff_entry(274, 3, 1 << 30, 8))))
    ),
    "exif-orientation-of-text": accepted(
        lambda: _after_start(jpeg_segment(0xE1, exif(tiff_entry(274, 2, 4, 6))))
    ),
    "exif-directory-outside": accepted(
        lambda: _after_start(jpeg_segment(0xE1, b"Exif\0\0II*\0\xff\xff\xff\x7f"))
    ),
    "adobe-cut-short": either(lambda: _after_start(jpeg_segment(0xEE, b"Adobe"))),
    "adobe-of-an-unknown-transform": either(
        lambda: _after_start(jpeg_segment(0xEE, b"Adobe\0\x64\0\0\0\0\xff"))
    ),
    "quantisation-of-zero": either(lambda: _before_scan(jpeg_segment(0xDB, bytes(65)))),
    "wide-and-a-row-high": rejected(lambda: _resized(_BASELINE, 65_000, 1)),
    **{f"huffman-of-noise-{i}": either(partial(_scrambled, _HUFFMAN, i)) for i in range(4)},
    **{f"quantisation-of-noise-{i}": either(partial(_scrambled, _QUANTISATION, i)) for i in (1, 2)},
    **{
        f"frame-{marker:02x}-of-65500-squared": rejected(partial(_huge, marker))
        for marker in _FRAMES
    },
}
