"""WebP files with false sizes, loops and decompression bombs."""

import struct

from tests.hostile.builders import exif, insert, riff, riff_chunk, tiff_entry, webp_canvas
from tests.hostile.crafted.case import Case, accepted, either, rejected
from tests.hostile.specimens import specimen

_ALPHA, _ANIMATION, _PROFILE, _EXIF = 0x10, 0x02, 0x20, 0x08
_LONGEST = 1 << 24


def _lossy_chunk() -> bytes:
    return specimen("webp/lossy")[12:]


def _animation(width: int, height: int, *frames: bytes) -> bytes:
    return riff(webp_canvas(width, height, _ANIMATION), riff_chunk(b"ANIM", bytes(6)), *frames)


def _frame(width: int, height: int, left: int = 0) -> bytes:
    place = b"".join(n.to_bytes(3, "little") for n in (left // 2, 0, width - 1, height - 1, 100))
    return riff_chunk(b"ANMF", place + b"\0" + _lossy_chunk())


def _vp8(width: int, height: int) -> bytes:
    """Return the lossy specimen with another size in its frame header."""
    data = bytearray(specimen("webp/lossy"))
    struct.pack_into("<HH", data, data.index(b"\x9d\x01\x2a") + 3, width, height)
    return bytes(data)


def _vp8l(width: int, height: int) -> bytes:
    """Return the lossless specimen with another size in its header."""
    data = bytearray(specimen("webp/lossless"))
    struct.pack_into("<I", data, 21, width - 1 | height - 1 << 14)
    return bytes(data)


def _extended(*chunks: bytes, flags: int) -> bytes:
    return riff(webp_canvas(64, 48, flags), *chunks)


CASES: dict[str, Case] = {
    "signature-only": rejected(riff),
    "riff-of-another-kind": rejected(lambda: b"RIFF\0\0\0\0WAVEfmt " + bytes(99)),
    "without-riff": rejected(lambda: b"JUNK" + specimen("webp/lossy")[4:]),
    "length-of-zero": either(lambda: b"RIFF\0\0\0\0" + specimen("webp/lossy")[8:]),
    "length-of-4-gigabytes": either(lambda: b"RIFF\xff\xff\xff\xff" + specimen("webp/lossy")[8:]),
    "chunk-of-4-gigabytes": rejected(
        lambda: specimen("webp/lossy")[:16] + b"\xff\xff\xff\xff" + specimen("webp/lossy")[20:]
    ),
    "lossy-of-16383-squared": rejected(lambda: _vp8(16_383, 16_383)),
    "lossy-of-12000-squared": rejected(lambda: _vp8(12_000, 12_000)),
    "lossy-of-zero": rejected(lambda: _vp8(0, 48)),
    "lossless-of-16384-squared": rejected(lambda: _vp8l(16_384, 16_384)),
    "lossless-of-12000-squared": rejected(lambda: _vp8l(12_000, 12_000)),
    "canvas-only": rejected(lambda: riff(webp_canvas(64, 48))),
    "canvas-of-another-size": rejected(lambda: riff(webp_canvas(640, 480), _lossy_chunk())),
    "canvas-of-16-million-squared": rejected(
        lambda: riff(webp_canvas(_LONGEST, _LONGEST), _lossy_chunk())
    ),
    "canvas-of-16-million-in-a-row": rejected(
        lambda: riff(webp_canvas(_LONGEST, 1), _lossy_chunk())
    ),
    "animation-on-16-million-squared": rejected(
        lambda: _animation(_LONGEST, _LONGEST, _frame(64, 48))
    ),
    "animation-on-16383-squared": rejected(lambda: _animation(16_383, 16_383, _frame(64, 48))),
    "animation-on-12000-squared-with-a-small-frame": rejected(
        lambda: _animation(12_000, 12_000, _frame(64, 48))
    ),
    "animation-without-frames": rejected(lambda: _animation(64, 48)),
    "animation-of-a-thousand-frames": rejected(
        lambda: _animation(64, 48, *[_frame(64, 48)] * 1_000)
    ),
    "second-frame-far-outside": either(
        lambda: _animation(64, 48, _frame(64, 48), _frame(64, 48, _LONGEST))
    ),
    "second-frame-larger-than-the-canvas": accepted(
        lambda: _animation(64, 48, _frame(64, 48), _frame(12_000, 12_000))
    ),
    "frame-outside-the-canvas": rejected(lambda: _animation(64, 48, _frame(64, 48, 60))),
    "frame-of-another-size": either(lambda: _animation(640, 480, _frame(640, 480))),
    "profile-of-noise": accepted(
        lambda: _extended(riff_chunk(b"ICCP", b"noise" * 99), _lossy_chunk(), flags=_PROFILE)
    ),
    "profile-announced-and-missing": accepted(lambda: _extended(_lossy_chunk(), flags=_PROFILE)),
    "exif-of-noise": accepted(
        lambda: _extended(_lossy_chunk(), riff_chunk(b"EXIF", b"noise" * 99), flags=_EXIF)
    ),
    "exif-bomb": accepted(
        lambda: _extended(
            _lossy_chunk(),
            riff_chunk(
                b"EXIF",
                exif(
                    *(tiff_entry(0x1000 + i, 7, 1_000_000, 8) for i in range(20_000)),
                    tail=bytes(1_000_000),
                ),
            ),
            flags=_EXIF,
        )
    ),
    "alpha-of-noise": either(
        lambda: _extended(riff_chunk(b"ALPH", b"\1" + b"noise" * 99), _lossy_chunk(), flags=_ALPHA)
    ),
    "alpha-missing": either(lambda: _extended(_lossy_chunk(), flags=_ALPHA)),
    "a-hundred-thousand-empty-chunks": either(
        lambda: insert(
            _extended(_lossy_chunk(), flags=_EXIF), 30, riff_chunk(b"JUNK", b"") * 100_000
        )
    ),
    "jpeg-inside": rejected(lambda: riff(riff_chunk(b"VP8 ", specimen("jpeg/baseline")))),
}
