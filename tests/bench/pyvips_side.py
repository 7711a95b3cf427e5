"""CPU time compared with pyvips: the same file to the same size, format and quality."""

from statistics import median
from typing import Any

from tests.bench import peers
from tests.bench.intervals import of_ratio
from tests.bench.pictures import Photo, make
from tests.bench.size_curve import MODES
from tests.bench.speed import Say

_CASES = {
    "JPEG 2 MP": Photo(1632, 1224, "jpeg"),
    "JPEG 12 MP": Photo(4000, 3000, "jpeg"),
    "JPEG 48 MP": Photo(8000, 6000, "jpeg"),
    "PNG 12 MP": Photo(4000, 3000, "png"),
    "WebP 12 MP": Photo(4000, 3000, "webp"),
}
_QUICK = ("JPEG 2 MP", "JPEG 12 MP")
_WARM_UPS, _ROUNDS, _FEWEST = 2, 9, 3


def measure_pyvips(quick: bool, say: Say) -> dict[str, Any]:
    """Measure milliseconds of CPU of both sides in turns.

    Raises:
        peers.Unavailable: pyvips cannot be installed.
    """
    settings = MODES["subject"]
    rows = []
    with peers.ours() as ours, peers.pyvips() as pyvips:
        for name, photo in _CASES.items():
            if quick and name not in _QUICK:
                continue
            say(f"pyvips: {name}")
            path = str(make(photo))
            for side in (ours, pyvips):
                side.ask("load", path=path)
            runs = [
                (
                    float(ours.ask("crop", **settings)["cpu"]),
                    float(pyvips.ask("crop", format=photo.format, **settings)["cpu"]),
                )
                for _ in range(_WARM_UPS + (_FEWEST if quick else _ROUNDS))
            ][_WARM_UPS:]
            us, them = ([run[side] for run in runs] for side in (0, 1))
            row = {"case": name, "ours": median(us), "pyvips": median(them)}
            ratio = {"ratio": median(us) / median(them), "interval": of_ratio(us, them)}
            rows.append(row | ratio)
        return {"libvips": pyvips.ask("versions")["libvips"], "rows": rows}
