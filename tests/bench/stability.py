"""`make bench-stability`: how often the window of a changed picture stays where it was.

make bench-stability                 234 pictures at four aspects
make bench-stability ARGS=--quick    a sixth of them

The changes are those that a browser or a shop makes. A window stays if each of its edges is within
one pixel of where it was, in pixels of the changed picture. The next picture of a video is the same
picture moved by two pixels, with other noise; there a window stays if it moves by less than a
hundredth of the picture's longer side.

Saliency mode chooses the same windows as auto mode without bundles.
"""

import argparse
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps
from rich.console import Console
from rich.table import Table

from handler.jobs.job import Job, plan_job
from handler.settings import validate_settings
from tests.bench.crops_sides import OURS, Side
from tests.bench.crops_truth import read_photos
from tests.bench.framing import ASPECTS
from tests.bench.peers import Unavailable

# Share of the windows that are to stay, for each change.
GOAL = 0.95
_QUALITY = 60
# Between two pictures of a video: the camera's movement in pixels, and the noise of its sensor.
_MOVED, _NOISE = 2, 3.0
_VIDEO_TOLERANCE = 0.01
# Left, top, right and bottom edges of windows, (aspects, 4).
Edges = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a picture.

    Attributes:
        apply: returns the file of the changed picture.
        moved: returns the edges in the changed picture of windows in the original, given the
            original's width and height.
        tolerance: largest difference of edges that stay, in pixels of the changed picture, given
            the original's width and height.
    """

    apply: Callable[[Image.Image], bytes]
    moved: Callable[[Edges, tuple[int, int]], Edges]
    tolerance: Callable[[tuple[int, int]], float] = lambda _: 1.0


def _encoded(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def _halved(image: Image.Image) -> bytes:
    size = image.width // 2, image.height // 2
    return _encoded(image.resize(size, Image.Resampling.LANCZOS))


def _next_of_video(image: Image.Image) -> bytes:
    before = np.asarray(image, np.float64)
    pixels = np.concatenate([before[:, _MOVED:], before[:, -_MOVED:]], axis=1)
    pixels += np.random.default_rng(0).normal(0, _NOISE, pixels.shape)
    return _encoded(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)))


def _mirrored(edges: Edges, size: tuple[int, int]) -> Edges:
    left, top, right, bottom = edges.T
    return np.stack([size[0] - right, top, size[0] - left, bottom], axis=1)


CHANGES = {
    "half the size": Change(_halved, lambda edges, _: edges / 2),
    "JPEG quality 60": Change(
        lambda image: _encoded(image, "JPEG", quality=_QUALITY), lambda edges, _: edges
    ),
    "mirrored": Change(lambda image: _encoded(ImageOps.mirror(image)), _mirrored),
    "next of a video": Change(
        _next_of_video,
        lambda edges, _: edges - np.array([_MOVED, 0, _MOVED, 0]),
        lambda size: _VIDEO_TOLERANCE * max(size),
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a sixth of the pictures")
    step = 6 if parser.parse_args().quick else 1
    console = Console()
    try:
        paths = [photo.path for photo in read_photos("crops-dev")[::step]]
    except Unavailable as reason:
        console.print(f"[bold]stability[/] skipped: {reason}")
        return
    with console.status("stability") as status:
        stays: dict[str, list[list[list[bool]]]] = {name: [] for name in OURS}
        for number, path in enumerate(paths):
            status.update(f"{number} of {len(paths)} pictures")
            image = Image.open(path).convert("RGB")
            for name, side in OURS.items():
                stays[name].append(_stays(image, side))
    console.print(_table(len(paths), {name: np.array(each) for name, each in stays.items()}))


def _stays(image: Image.Image, side: Side) -> list[list[bool]]:
    """Return whether the windows stay, (changes, aspects)."""
    before = windows(_encoded(image), side)
    found = []
    for change in CHANGES.values():
        after = windows(change.apply(image), side)
        distances = np.abs(after - change.moved(before, image.size)).max(axis=1)
        found.append([bool(each <= change.tolerance(image.size)) for each in distances])
    return found


def windows(data: bytes, side: Side) -> Edges:
    """Return the windows of all aspects for a file."""
    sizes = [{"width": target.width, "height": target.height} for target in ASPECTS.values()]
    requested, _ = validate_settings({**side.settings, "sizes": sizes})
    crops = [crop.plan.crop for crop in plan_job(Job(data, None, requested), side.config()).crops]
    return np.array([[box.left, box.top, box.right, box.bottom] for box in crops], float)


def _table(count: int, stays: dict[str, NDArray[np.bool_]]) -> Table:
    table = Table(title=f"Windows of {count} pictures that stay", title_justify="left")
    table.caption = "-: goal missed."
    for name in ("", *CHANGES, "goal"):
        table.add_column(name, justify="right" if name else "left")
    for name, each in stays.items():
        by_change = each.mean(axis=(0, 2))
        cells = (f"{share:.1%} {'' if share >= GOAL else '-'}".rstrip() for share in by_change)
        table.add_row(name, *cells, f"≥ {GOAL:.0%}")
        for column, aspect in enumerate(ASPECTS):
            table.add_row(f"  {aspect}", *(f"{share:.1%}" for share in each[:, :, column].mean(0)))
    return table


if __name__ == "__main__":
    main()
