"""The files that the fuzzer mutates, by format.

A clone has the files that tests build themselves. The folder ``../shared`` adds photos.
"""

import os
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from random import Random

from handler.codec import Limits, open_picture
from handler.codec.formats import FORMATS, recognise
from handler.errors import SmartCropError
from tests.fuzz.inputs import Input
from tests.fuzz.specimens import specimens
from tests.hostile.corpus import CORPUS
from tests.hostile.specimens import NAMES, specimen

ROOT = Path(__file__).parents[2]
SEEDS = Path(__file__).with_name("seeds")
_SHARED = tuple(ROOT.parent / "shared" / name for name in ("images", "cases"))
WITHOUT_SHARED = "SMART_CROP_FUZZ_WITHOUT_SHARED"
"""Environment variable for a corpus that is the same on every machine."""

# Larger files take too long to decode.
_MAX_BYTES = 96 * 1024
_MAX_CRAFTED_BYTES = 16 * 1024
_CRAFTED_SHARE = 0.15
_LIMITS = Limits(16 << 20)


def seeds() -> list[tuple[str, Input]]:
    """Return the earlier finds by the names of their files."""
    return [
        (path.name, Input.from_file(path.read_bytes())) for path in sorted(SEEDS.glob("*.fuzz"))
    ]


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a format.

    Attributes:
        whole: files as encoders write them, whose header the service accepts.
        crafted: files that no encoder writes.
    """

    whole: list[bytes] = field(default_factory=list)
    crafted: list[bytes] = field(default_factory=list)

    def pick(self, rng: Random) -> bytes:
        """Return a file. Most are whole, because many crafted ones are rejected early."""
        chosen = self.crafted if rng.random() < _CRAFTED_SHARE else self.whole
        return rng.choice(chosen or self.whole or self.crafted)


@cache
def corpus() -> dict[str, Files]:
    """Return the files of every format, in an order that is the same in every process."""
    found: dict[str, Files] = defaultdict(Files)
    written = [specimen(name) for name in NAMES]
    written += [data for files in specimens().values() for data in files]
    for data in dict.fromkeys((*written, *_shared())):
        if (format_ := recognise(data)) is not None:
            files = found[format_.name]
            (files.whole if _is_accepted(data) else files.crafted).append(data)
    for data in dict.fromkeys((*_crafted(), *_of_seeds())):
        if (format_ := recognise(data)) is not None:
            found[format_.name].crafted.append(data)
    return {name: found[name] for name in FORMATS if name in found}


def _is_accepted(data: bytes) -> bool:
    try:
        open_picture(data, _LIMITS)
    except SmartCropError:
        return False
    return True


@cache
def forms() -> tuple[bytes, ...]:
    """Return bodies of multipart forms, each of which begins with its boundary."""
    return tuple(data for data in _shared() if data.startswith(b"--"))


def _crafted() -> list[bytes]:
    files = (case.build() for name, case in sorted(CORPUS.items()) if _is_crafted(name))
    return [data for data in files if len(data) <= _MAX_CRAFTED_BYTES]


def _is_crafted(name: str) -> bool:
    """Return whether a case is no damaged copy, of which the fuzzer makes its own."""
    return not name.startswith(NAMES)


def _of_seeds() -> list[bytes]:
    return [each.data for _, each in seeds() if each.target == "image"]


def _shared() -> list[bytes]:
    if os.environ.get(WITHOUT_SHARED):
        return []
    files = (path for folder in _SHARED if folder.is_dir() for path in sorted(folder.iterdir()))
    return [path.read_bytes() for path in files if path.stat().st_size <= _MAX_BYTES]
