"""The CPU time of each mode, from small to large photos."""

from statistics import median
from typing import Any

from tests.bench import peers
from tests.bench.intervals import of_median
from tests.bench.pictures import Photo, make
from tests.bench.speed import Say

_SQUARE = {"width": 1080, "height": 1080, "quality": 95}
MODES: dict[str, dict[str, Any]] = {
    "subject": {"mode": "subject", "strategy": "attention", **_SQUARE},
    "saliency": {"mode": "subject", "strategy": "saliency", **_SQUARE},
    "auto": {"mode": "auto", **_SQUARE},
    "face": {"mode": "face", **_SQUARE},
    "trim": {"mode": "trim", "quality": 95},
}
_SIZES = ((1632, 1224), (4000, 3000), (6000, 4000), (8000, 6000), (11648, 8736), (14400, 10400))
_QUICK = _SIZES[:2]
_WARM_UPS, _ROUNDS, _FEWEST = 1, 7, 3


def measure_curve(quick: bool, say: Say) -> list[dict[str, Any]]:
    """Return median milliseconds of CPU for each size and mode."""
    rows = []
    with peers.ours() as ours:
        for size in _QUICK if quick else _SIZES:
            photo = Photo(*size, "jpeg")
            say(f"curve: {photo.megapixels:.0f} MP")
            ours.ask("load", path=str(make(photo)))
            runs: dict[str, list[float]] = {name: [] for name in MODES}
            for _ in range(_WARM_UPS + (_FEWEST if quick else _ROUNDS)):
                for name, settings in MODES.items():
                    runs[name].append(ours.ask("crop", **settings)["cpu"])
            counted = {name: times[_WARM_UPS:] for name, times in runs.items()}
            cpu = {name: median(times) for name, times in counted.items()}
            spread = {name: of_median(times) for name, times in counted.items()}
            rows.append({"megapixels": photo.megapixels, "cpu": cpu, "interval": spread})
    return rows
