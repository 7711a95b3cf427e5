"""A batch of 100 photos on all cores: our command line, sharp-cli and vipsthumbnail."""

import os
import resource
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from tests.bench import peers
from tests.bench.intervals import of_median, of_ratio
from tests.bench.pictures import Photo, make
from tests.bench.speed import Say
from tests.servers import beside_python

_PHOTO = Photo(4000, 3000, "jpeg")
_COUNT, _COUNT_QUICK = 100, 10
_ROUNDS, _FEWEST = 3, 1
_SIDE, _QUALITY = 1080, 95
_SHARP_CLI = peers.HERE / "node_modules" / "sharp-cli" / "bin" / "cli.js"

Command = Callable[[Path, Path], list[str]]


def measure_batch(quick: bool, say: Say) -> list[dict[str, Any]]:
    """Return seconds and CPU seconds of each program for the batch.

    Raises:
        peers.Unavailable: the peers cannot be installed.
    """
    peers.install()
    programs = {"smart-crop": _ours, "sharp-cli": _sharp_cli}
    if shutil.which("vipsthumbnail"):
        programs |= {
            "vipsthumbnail": _vipsthumbnail,
            "vipsthumbnail, one process per core": _vipsthumbnails,
        }
    count = _COUNT_QUICK if quick else _COUNT
    runs: dict[str, list[tuple[float, float]]] = {name: [] for name in programs}
    with tempfile.TemporaryDirectory(dir=make(_PHOTO).parent) as folder:
        photos = _photos(Path(folder) / "photos", count)
        for number in range(_FEWEST if quick else _ROUNDS):
            for name, command in programs.items():
                say(f"batch {number}: {name}")
                runs[name].append(_run(command, photos, Path(folder) / "results"))
    return [_row(name, each, runs["smart-crop"], count) for name, each in runs.items()]


def _photos(folder: Path, count: int) -> Path:
    """Return a folder of photos of one content, whose files are links to one file."""
    folder.mkdir()
    for number in range(count):
        os.link(make(_PHOTO), folder / f"{number:03}.jpg")
    return folder


def _run(command: Command, photos: Path, results: Path) -> tuple[float, float]:
    """Return seconds and CPU seconds of a program with all its children."""
    shutil.rmtree(results, ignore_errors=True)
    results.mkdir()
    before, start = _children_seconds(), time.monotonic()
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": ""}  # byte code, as after installation
    subprocess.run(command(photos, results), check=True, capture_output=True, env=environment)
    wall, cpu = time.monotonic() - start, _children_seconds() - before
    written, expected = (len(list(folder.glob("*.jpg"))) for folder in (results, photos))
    if written != expected:
        raise RuntimeError(f"{command.__name__} wrote {written} of {expected} results")
    return wall, cpu


def _row(
    name: str, runs: list[tuple[float, float]], ours: list[tuple[float, float]], count: int
) -> dict[str, Any]:
    wall, cpu = [run[0] for run in runs], [run[1] for run in runs]
    mine = [run[0] for run in ours]
    return {
        "program": name,
        "photos": count,
        "seconds": median(wall),
        "interval": of_median(wall),
        "cpu_per_thousand": median(cpu) * 1000 / count,
        "times_faster": median(wall) / median(mine),
        "times_interval": of_ratio(wall, mine),
    }


def _children_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _ours(photos: Path, results: Path) -> list[str]:
    settings = ["--mode", "subject", "--size", f"{_SIDE}x{_SIDE}", "--quality", str(_QUALITY)]
    program = beside_python("smart-crop")
    return [program, "crop", str(photos), "--output", str(results), *settings]


def _sharp_cli(photos: Path, results: Path) -> list[str]:
    files = ["--input", f"{photos}/*.jpg", "--output", str(results)]
    resize = ["resize", str(_SIDE), str(_SIDE), "--fit", "cover", "--position", "attention"]
    return ["node", str(_SHARP_CLI), *files, "--quality", str(_QUALITY), *resize]


def _vipsthumbnail(photos: Path, results: Path) -> list[str]:
    return [*_thumbnail(results), *map(str, photos.iterdir())]


def _vipsthumbnails(photos: Path, results: Path) -> list[str]:
    cores = os.cpu_count() or 1
    share = -(-len(list(photos.iterdir())) // cores)
    files = f"find {shlex.quote(str(photos))} -type f -print0"
    program = shlex.join(_thumbnail(results))
    return ["sh", "-c", f"{files} | xargs -0 -n {share} -P {cores} {program}"]


def _thumbnail(results: Path) -> list[str]:
    output = f"{results}/%s.jpg[Q={_QUALITY}]"
    size = ["--size", f"{_SIDE}x{_SIDE}", "--smartcrop", "attention"]
    return ["vipsthumbnail", *size, "--output", output]
