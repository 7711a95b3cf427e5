"""Animations compared with sharp's ``animated: true``: the same file, resized to the same size."""

import io
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from PIL import Image, ImageDraw
from rich.console import RenderableType
from rich.table import Table

from tests.bench import peers
from tests.bench.pictures import CACHE, Photo, make

# The budgets of an animation: multiples of sharp's CPU time, and of the size of its result.
_CPU, _BYTES = 1.0, 1.1
_SIDE = 320
_QUALITY = 80
_WARM_UPS, _ROUNDS, _FEWEST = 1, 5, 3
_ENOUGH_SECONDS = 40
# Part of the names of cached files: increase it with every change that affects the pixels.
_EDITION = 1


@dataclass(frozen=True, slots=True)
class Film:
    """An animation to generate.

    Attributes:
        name: name in the table.
        format: format of the file, as in `handler`.
        draw: returns its frames.
        frames: number of frames.
    """

    name: str
    format: str
    draw: Callable[[int], list[Image.Image]]
    frames: int

    @property
    def path(self) -> Path:
        """Path of the cached file."""
        return CACHE / f"{self.draw.__name__.strip('_')}-{self.frames}-{_EDITION}.{self.format}"


def _pan(count: int) -> list[Image.Image]:
    """Return a view of 640 × 480 pixels that moves over a photo."""
    with Image.open(make(Photo(1632, 1224, "png"))) as photo:
        return [
            photo.crop((8 * index, 4 * index, 8 * index + 640, 4 * index + 480)).convert("RGB")
            for index in range(count)
        ]


def _drawing(count: int) -> list[Image.Image]:
    """Return a disc that moves over flat colours."""
    frames = []
    for index in range(count):
        frame = Image.new("RGB", (640, 480), (240, 240, 235))
        draw = ImageDraw.Draw(frame)
        draw.rectangle((60, 300, 580, 420), fill=(60, 90, 140))
        draw.ellipse((20 * index, 120, 20 * index + 110, 230), fill=(220, 60, 50))
        frames.append(frame)
    return frames


_FILMS = (
    Film("GIF, photo that moves", "gif", _pan, 24),
    Film("GIF, drawing", "gif", _drawing, 24),
    Film("WebP, photo that moves", "webp", _pan, 24),
    Film("WebP, drawing", "webp", _drawing, 24),
)


def measure_animations(quick: bool, say: Callable[[str], None]) -> list[dict[str, Any]]:
    """Measure CPU time and size of both sides in turns.

    Raises:
        peers.Unavailable: sharp cannot be installed.
    """
    rows = []
    with peers.sharp() as sharp, peers.ours() as ours:
        for film in _FILMS:
            say(f"animations: {film.name}")
            rows.append(_measure(film, ours, sharp, _FEWEST if quick else _ROUNDS))
    return rows


def _measure(film: Film, ours: peers.Peer, sharp: peers.Peer, rounds: int) -> dict[str, Any]:
    path = str(_made(film))
    loaded = ours.ask("load", path=path)
    sharp.ask("load", path=path)
    sides = {"width": _SIDE, "height": _SIDE, "quality": _QUALITY}
    # The middle, as sharp has no other window for animations; ours still looks at the frames.
    centred = sides | {"focus": {"x": 0.5, "y": 0.5}}
    runs: list[tuple[dict[str, Any], dict[str, Any]]] = []
    end = time.monotonic() + _ENOUGH_SECONDS
    while len(runs) < _WARM_UPS + (rounds if time.monotonic() < end else _FEWEST):
        theirs = sharp.ask("animate", format=film.format, **sides)
        runs.append((ours.ask("crop", **centred), theirs))
    counted = runs[_WARM_UPS:]
    cpu = [median(run[side]["cpu"] for run in counted) for side in (0, 1)]
    written = [counted[-1][side]["bytes"] for side in (0, 1)]
    return {"case": film.name, "bytes_in": loaded["bytes"], "cpu": cpu, "bytes": written}


def _made(film: Film) -> Path:
    if not film.path.exists():
        CACHE.mkdir(exist_ok=True)
        first, *others = film.draw(film.frames)
        target = io.BytesIO()
        first.save(target, film.format, save_all=True, append_images=others, duration=40, loop=0)
        film.path.write_bytes(target.getvalue())
    return film.path


def animations(rows: list[dict[str, Any]]) -> list[RenderableType]:
    """Return a table of CPU time and of the size of the results."""
    table = Table(title=f"Animations to {_SIDE}×{_SIDE}, one thread each; milliseconds, medians")
    for column in ("case", "CPU ours", "sharp", "ratio", "budget", "bytes", "budget"):
        table.add_column(column)
    for row in rows:
        (us, them), (our_bytes, their_bytes) = row["cpu"], row["bytes"]
        table.add_row(
            f"{row['case']} ({row['bytes_in'] / 1e6:.1f} MB)",
            *(f"{us:.0f}", f"{them:.0f}", f"[bold]{us / them:.2f}[/]", f"≤ {_CPU:.2f}"),
            *(f"{our_bytes / their_bytes:.2f} ×", f"≤ {_BYTES:.2f} ×"),
        )
    return [table]
