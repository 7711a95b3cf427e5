"""The parts of the service on this machine, each with its state."""

import os
import platform
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

import numpy as np
from msgspec import Struct
from PIL import Image

from handler.codec import FORMATS, available_formats, sandbox_parts
from handler.config import Config
from handler.core.geometry import Size
from handler.errors import FeatureDamaged
from handler.faces import detector, is_available, place_of_environment
from handler.jobs.budget import Budget, available_memory
from handler.storage import ResultStore, connect

_MEGABYTE = 1_000_000
# Both install the package PIL, the second one over the first.
_PILLOWS = ("pillow", "pillow-simd")


class Finding(Struct, frozen=True):
    """The state of one part.

    Attributes:
        part: the part.
        state: ``ok``, ``warning`` for a part that is missing or limited, or ``broken``.
        details: its version or capacity, or the problem and its solution.
    """

    part: str
    state: Literal["ok", "warning", "broken"]
    details: str


def diagnose(config: Config) -> Iterator[Finding]:
    """Yield the state of each part of the service.

    Args:
        config: configuration of the service.
    """
    yield Finding("Python", "ok", f"{platform.python_version()} on {platform.platform()}")
    yield _pillow()
    yield _decoders()
    yield _faces(config)
    yield _sandbox()
    yield _memory(config)
    yield _store(config.store)


def _pillow() -> Finding:
    found = [f"{name} {each}" for name in _PILLOWS if (each := _version(name))]
    details = " and ".join(found)
    if len(found) > 1:
        return Finding(
            "PIL",
            "broken",
            f"{details} are installed over each other; remove both, then install one",
        )
    return Finding("PIL", "ok", f"{details}, numpy {np.__version__}")


def _decoders() -> Finding:
    missing = [each.label for each in FORMATS.values() if each.name not in available_formats()]
    if missing:
        return Finding("decoders", "warning", f"not in this installation: {', '.join(missing)}")
    return Finding("decoders", "ok", ", ".join(each.label for each in FORMATS.values()))


def _faces(config: Config) -> Finding:
    if not is_available(config.face_bundle):
        return Finding(
            "faces",
            "warning",
            "not installed: mode face is rejected, and mode auto uses saliency alone; a clone of "
            "the repository builds it, with uv of the extra faces: "
            f"python layers/face-detection/build.py --output {place_of_environment()}",
        )
    try:
        found = detector(config.face_bundle)
        found.inspect(Image.new("RGB", (64, 64)), Size(64, 64), 0.5)
    except FeatureDamaged as error:
        return Finding("faces", "broken", str(error))
    return Finding("faces", "ok", "the detector is loaded and runs")


def _sandbox() -> Finding:
    missing = [part for part, present in sandbox_parts().items() if not present]
    if missing:
        return Finding(
            "sandbox",
            "warning",
            f"this platform lacks {', '.join(missing)}: crop only files from people whom you trust",
        )
    return Finding("sandbox", "ok", ", ".join(sandbox_parts()))


def _memory(config: Config) -> Finding:
    total = available_memory() if config.memory_mb is None else config.memory_mb << 20
    budget = Budget.of(config)
    jobs = config.jobs or os.cpu_count() or 1
    return Finding(
        "memory",
        "ok",
        f"{total // _MEGABYTE:,} MB; {jobs} jobs at a time, each with up to "
        f"{budget.bytes // _MEGABYTE:,} MB and {budget.seconds:g} s of CPU time",
    )


def _store(url: str) -> Finding:
    folder = _folder_of(url)
    if folder is not None and not folder.exists():
        # A check must not create it.
        parent = next(each for each in folder.parents if each.exists())
        if parent.is_dir() and os.access(parent, os.W_OK):
            return Finding("store", "ok", f"{url} is created by the first result")
        return Finding("store", "broken", f"{url}: {parent} is not a folder that can be written to")
    try:
        reason = ResultStore(connect(url), 60).health.failure()
    except (ValueError, OSError) as error:
        reason = str(error)
    return Finding("store", "broken", f"{url}: {reason}") if reason else Finding("store", "ok", url)


def _folder_of(url: str) -> Path | None:
    parts = urlsplit(url)
    return Path(unquote(parts.path)) if parts.scheme == "file" else None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None
