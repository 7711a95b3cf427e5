"""Camera raw files, compared with rawpy alone, and with the JPEG file that they embed."""

import io
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from statistics import median
from typing import Any

from PIL import Image
from rich.console import RenderableType
from rich.table import Table

from tests import further_files
from tests.bench import peers
from tests.bench.pictures import CACHE, Photo, make

_PHOTO = Photo(4000, 3000, "jpeg")
_SIDE = 1080
_WARM_UPS, _ROUNDS, _FEWEST = 1, 7, 3


def measure_camera_raw(quick: bool, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Measure the CPU time of ours and of a peer in turns.

    Raises:
        peers.Unavailable: rawpy is missing.
    """
    if find_spec("rawpy") is None:
        raise peers.Unavailable("needs rawpy: `make setup` installs it")
    preview = make(_PHOTO).read_bytes()
    with Image.open(io.BytesIO(preview)) as photo:
        image = photo.convert("RGB")
    developed = further_files.dng(image)
    rounds = _FEWEST if quick else _ROUNDS
    with peers.ours() as ours:
        say("camera raw: preview")
        embedded = _paired(ours, further_files.dng(image, preview), rounds, _crops(ours, preview))
        say("camera raw: developed")
        rows = [
            {"case": "DNG with a preview", "peer": "the JPEG, ours", "cpu": embedded},
            {
                "case": "DNG developed",
                "peer": "rawpy at half size, and Pillow",
                "cpu": _paired(ours, developed, rounds, lambda: _develop(developed)),
            },
        ]
    return rows


def _paired(
    ours: peers.Peer, data: bytes, rounds: int, peer: Callable[[], float]
) -> tuple[float, float]:
    crop = _crops(ours, data)
    runs = [(crop(), peer()) for _ in range(_WARM_UPS + rounds)][_WARM_UPS:]
    return median(one for one, _ in runs), median(other for _, other in runs)


def _crops(ours: peers.Peer, data: bytes) -> Callable[[], float]:
    """Return a function that crops a file with ours, and returns milliseconds of CPU."""

    def crop() -> float:
        CACHE.mkdir(exist_ok=True)
        path = CACHE / "camera-raw"
        path.write_bytes(data)
        ours.ask("load", path=str(path))
        return float(ours.ask("crop", width=_SIDE, height=_SIDE)["cpu"])

    return crop


def _develop(data: bytes) -> float:
    """Develop a file with rawpy, resize it, and return milliseconds of CPU."""
    start = time.process_time()
    with import_module("rawpy").imread(io.BytesIO(data)) as raw:
        pixels = raw.postprocess(half_size=True, use_camera_wb=True)
    Image.fromarray(pixels).resize((_SIDE, _SIDE)).save(io.BytesIO(), "JPEG", quality=95)
    return (time.process_time() - start) * 1000


def camera_raw(rows: list[dict[str, Any]]) -> list[RenderableType]:
    """Return a table of CPU time."""
    title = f"Camera raw, 12 MP to {_SIDE}×{_SIDE}; milliseconds of CPU, medians"
    table = Table(title=title)
    for column in ("case", "ours", "peer", "", "ratio"):
        table.add_column(column)
    for row in rows:
        us, them = row["cpu"]
        table.add_row(
            row["case"], f"{us:.0f}", row["peer"], f"{them:.0f}", f"[bold]{us / them:.2f}[/]"
        )
    return [table]
