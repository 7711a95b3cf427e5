"""Speed and memory compared with sharp: same input, same output format, one thread each."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from handler.core.geometry import Box, Region, Size
from handler.core.image.fit import Cover
from tests.bench import peers
from tests.bench.intervals import of_ratio
from tests.bench.overlap import iou
from tests.bench.pictures import Photo, make

Say = Callable[[str], None]

_SUBJECT: dict[str, Any] = {
    "mode": "subject",
    "strategy": "attention",
    "width": 1080,
    "height": 1080,
    "quality": 95,
}
_ENTROPY = _SUBJECT | {"strategy": "entropy"}
_TRIM: dict[str, Any] = {"mode": "trim", "threshold": 30, "quality": 95}
_TARGET = Size(1080, 1080)
_WARM_UPS = 2
# AVIF takes ten seconds per picture: after this time, a few rounds are sufficient. Small pictures
# take a fiftieth of a second, and eleven rounds would measure a short phase of a shared machine.
_ENOUGH_SECONDS, _FEWEST_ROUNDS, _LEAST_SECONDS = 60, 3, 8
# If a quarter of the rounds is slower than the median by this factor, the machine was busy.
_DISTURBED = 1.15


@dataclass(frozen=True, slots=True)
class Case:
    """A picture to crop, and its budgets.

    Attributes:
        name: name in the table.
        photo: the input; the output has its format.
        cpu: budget of CPU time, as a multiple of sharp's; None for no budget.
        settings: settings of the job.
        peak: budgets of memory, as a multiple of sharp's and in MiB.
    """

    name: str
    photo: Photo
    cpu: float | None
    settings: Mapping[str, Any] = field(default_factory=lambda: _SUBJECT)
    peak: tuple[float, int] | None = None


_12MP = 4000, 3000
CASES = (
    Case("JPEG 2 MP", Photo(1632, 1224, "jpeg"), 0.70),
    Case("JPEG 12 MP", Photo(*_12MP, "jpeg"), 0.75, peak=(1.1, 256)),
    Case("JPEG 24 MP", Photo(6000, 4000, "jpeg"), 0.85),
    Case("JPEG 48 MP", Photo(8000, 6000, "jpeg"), 0.85),
    Case("JPEG 100 MP", Photo(11648, 8736, "jpeg"), 0.90, peak=(1.0, 256)),
    Case("JPEG 12 MP, Display P3", Photo(*_12MP, "jpeg", "p3"), None, peak=(1.15, 256)),
    Case("JPEG 12 MP, entropy", Photo(*_12MP, "jpeg"), None, _ENTROPY, peak=(1.15, 256)),
    Case("JPEG 12 MP, trim", Photo(*_12MP, "jpeg", "product"), 0.20, _TRIM),
    Case("PNG 12 MP", Photo(*_12MP, "png"), 1.05, peak=(1.05, 256)),
    Case("PNG 12 MP, trim", Photo(*_12MP, "png", "product"), 0.20, _TRIM),
    Case("WebP 12 MP", Photo(*_12MP, "webp"), 1.05, peak=(1.0, 256)),
    Case("GIF 12 MP", Photo(*_12MP, "gif"), None, peak=(1.0, 256)),
    Case("TIFF 12 MP", Photo(*_12MP, "tiff"), None, peak=(1.0, 256)),
    Case("AVIF 2 MP", Photo(1632, 1224, "avif"), None),
)
_QUICK = ("JPEG 2 MP", "JPEG 12 MP", "PNG 12 MP", "WebP 12 MP")


def cases(quick: bool) -> list[Case]:
    """Return the cases to run."""
    return [case for case in CASES if not quick or case.name in _QUICK]


def measure_speed(quick: bool, say: Say) -> list[dict[str, Any]]:
    """Measure CPU and wall time of both sides in turns.

    Raises:
        peers.Unavailable: sharp cannot be installed.
    """
    rows = []
    with peers.sharp() as sharp, peers.ours() as ours:
        for case in cases(quick):
            say(f"speed: {case.name}")
            rows.append(_measure(case, ours, sharp, rounds=5 if quick else 11))
    return rows


def _measure(case: Case, ours: peers.Peer, sharp: peers.Peer, rounds: int) -> dict[str, Any]:
    path = str(make(case.photo))
    settings = dict(case.settings)
    sharp_settings = settings | {"format": case.photo.format}
    loaded = ours.ask("load", path=path)
    sharp.ask("load", path=path)
    runs: list[tuple[dict[str, Any], dict[str, Any]]] = []
    start = time.monotonic()
    while not _is_enough(len(runs) - _WARM_UPS, rounds, time.monotonic() - start):
        runs.append((ours.ask("crop", **settings), sharp.ask("crop", **sharp_settings)))
    (mine, theirs), counted = runs[-1], runs[_WARM_UPS:]
    row: dict[str, Any] = {"case": case.name, "bytes_in": loaded["bytes"], "budget": case.cpu}
    row["megapixels"] = case.photo.megapixels
    for measure in ("cpu", "wall"):
        us, them = ([run[side][measure] for run in counted] for side in (0, 1))
        row[measure] = {
            "ours": median(us),
            "sharp": median(them),
            "ratio": median(us) / median(them),
            "interval": of_ratio(us, them),
        }
        row["disturbed"] = row.get("disturbed", False) or _disturbed(us) or _disturbed(them)
    row["bytes"] = {"ours": mine["bytes"], "sharp": theirs["bytes"]}
    row["bytes"]["ratio"] = mine["bytes"] / theirs["bytes"]
    row["iou"] = _window_iou(mine, theirs)
    return row


def _is_enough(counted: int, rounds: int, seconds: float) -> bool:
    """Return whether so many rounds in so much time are sufficient."""
    if seconds >= _ENOUGH_SECONDS:
        return counted >= _FEWEST_ROUNDS
    return counted >= rounds and seconds >= _LEAST_SECONDS


def _disturbed(times: list[float]) -> bool:
    return sorted(times)[len(times) * 3 // 4] > median(times) * _DISTURBED


def _window_iou(mine: dict[str, Any], theirs: dict[str, Any]) -> float:
    """Return the overlap of both windows in source pixels, to check that the work is equal."""
    if "width" in theirs:  # of trim
        found = Box(theirs["left"], theirs["top"], theirs["width"], theirs["height"])
        return iou(Region(*mine["window"]), found.region())
    cover = Cover.of(Size(*mine["source"]), _TARGET)
    window = Box(theirs["left"], theirs["top"], _TARGET.width, _TARGET.height)
    return iou(Region(*mine["window"]), cover.region_of(window))


def measure_memory(quick: bool, say: Say) -> list[dict[str, Any]]:
    """Measure the peak resident memory of one crop, in a new process for each.

    Raises:
        peers.Unavailable: sharp cannot be installed.
    """
    rows = []
    for case in cases(quick):
        say(f"memory: {case.name}")
        path = str(make(case.photo))
        settings = dict(case.settings)
        ours = _peak(peers.ours, path, settings)
        sharp = _peak(peers.sharp, path, settings | {"format": case.photo.format})
        ratio = {kind: ours[kind] / sharp[kind] for kind in ours}
        row = {"case": case.name, "ours": ours, "sharp": sharp, "ratio": ratio}
        rows.append(row | {"budget": case.peak})
    return rows


def _peak(start: Callable[[], peers.Peer], path: str, settings: dict[str, Any]) -> dict[str, float]:
    """Return the peak in MiB, and its increase over the idle process."""
    with start() as peer:
        idle = peer.ask("peak")["kib"]
        peer.ask("load", path=path)
        peer.ask("crop", **settings)
        peak = peer.ask("peak")["kib"]
    return {"peak": peak / 1024, "increase": (peak - idle) / 1024}
