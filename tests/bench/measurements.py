"""The results of `make bench`, section by section, with the machine that measured them."""

import dataclasses
import json
import os
import platform
import re
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import PIL

from tests.bench.pictures import CACHE

RESULTS = CACHE / "results"
_PACKAGES = ("simplejpeg", "numpy", "kornia-rs")


def keep(section: str, data: Any) -> None:
    """Write the results of a section, and replace earlier ones."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    content = {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": machine(),
        "versions": versions(),
        "load": round(os.getloadavg()[1], 1),
        "data": data,
    }
    text = json.dumps(content, indent=1, default=dataclasses.asdict)
    (RESULTS / f"{section}.json").write_text(text + "\n")


def kept(section: str) -> dict[str, Any] | None:
    """Return the results of a section, or None if it has not been measured."""
    path = RESULTS / f"{section}.json"
    if not path.exists():
        return None
    content: dict[str, Any] = json.loads(path.read_text())
    return content


def machine() -> str:
    """Return processor, cores, memory and operating system in one line."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{_processor()}, {os.cpu_count()} cores, {memory:.0f} GiB of memory, {_system()}"


def versions() -> dict[str, str]:
    """Return the versions of Python and of the packages that decode and resample."""
    found = {"Python": platform.python_version(), "Pillow": PIL.__version__}
    return found | {name: version(name) for name in _PACKAGES}


def _processor() -> str:
    found = re.search(r"^model name\s*:\s*(.+)$", _text("/proc/cpuinfo"), re.M)
    return found[1] if found else platform.processor() or platform.machine()


def _system() -> str:
    found = re.search(r'^PRETTY_NAME="(.+)"$', _text("/etc/os-release"), re.M)
    return found[1] if found else platform.system()


def _text(path: str) -> str:
    file = Path(path)
    return file.read_text() if file.exists() else ""
