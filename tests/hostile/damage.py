"""Damaged copies of whole files."""

import random
from collections.abc import Iterator
from functools import partial

from tests.hostile.crafted.case import Case, either, rejected
from tests.hostile.specimens import NAMES, specimen

# Fractions at which files are cut; all are inside the first picture.
_SHARES = (0.1, 0.5, 0.8)
# Bytes that contain the headers.
_HEADS = (13, 29, 57)
_FLIPS = 3
# Formats decoded in a worker process, which is slow to start: fewer copies are tested.
_ISOLATED = (
    *("tiff/", "avif/", "heic/", "jp2/", "jxl/", "psd/", "ico/", "tga/"),
    *("raw/", "svg/", "exr/", "qoi/", "dds/", "cur/"),
)
# Files whose first picture is complete before this fraction; the rest may be missing.
_SEVERAL = (
    *("png/animated", "webp/animated", "gif/animated", "tiff/pages"),
    # The tracks, of colours and alpha, have one frame after the other.
    "heic/sequence",
    # The last block of a FITS is filled with zeros, and the preview of a raw file comes first.
    *("fits/fits", "fits/fits-grey", "raw/raw"),
)


def _truncated(name: str, share: float) -> bytes:
    data = specimen(name)
    return data[: int(len(data) * share)]


def _head(name: str, length: int) -> bytes:
    return specimen(name)[:length]


def flipped(data: bytes, seed: int, low: int, high: int) -> bytes:
    """Return copies with one inverted bit between two offsets."""
    chance = random.Random(seed)
    at = chance.randrange(low, min(high, len(data)))
    return data[:at] + bytes((data[at] ^ 1 << chance.randrange(8),)) + data[at + 1 :]


def _flipped(name: str, seed: int) -> bytes:
    data = specimen(name)
    return flipped(data, seed, 0, 64 if seed % 2 else len(data))


def _hole(name: str) -> bytes:
    """Return a copy whose middle third is zeros."""
    data = specimen(name)
    third = len(data) // 3
    return data[:third] + bytes(third) + data[2 * third :]


def _cases() -> Iterator[tuple[str, Case]]:
    for name in NAMES:
        isolated = name.startswith(_ISOLATED)
        for share in _SHARES[1:2] if isolated else _SHARES:
            judge = either if name in _SEVERAL and share > 0.1 else rejected
            yield f"{name}-cut-to-{share:.0%}", judge(partial(_truncated, name, share))
        for length in _HEADS:
            yield f"{name}-cut-to-{length}-bytes", rejected(partial(_head, name, length))
        yield f"{name}-with-a-hole", either(partial(_hole, name))
        for seed in range(1 if isolated else _FLIPS):
            yield f"{name}-with-a-bit-flipped-{seed}", either(partial(_flipped, name, seed))


CASES: dict[str, Case] = dict(_cases())
