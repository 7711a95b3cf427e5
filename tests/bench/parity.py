"""Comparison of our windows with sharp's on the same pictures.

The reference has the window that sharp chose for each picture and target, in pixels of the resized
picture. It is an optional data set in ../shared.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from handler.codec import Limits, open_picture
from handler.core.geometry import Box, Size
from handler.core.image.fit import Cover
from handler.core.planner import make_plan
from handler.errors import SmartCropError
from handler.settings import validate_settings
from tests.bench.overlap import iou
from tests.bench.peers import Unavailable
from tests.needs import optional_data

_SHARED = Path(__file__).parents[3] / "shared"
_TYPES = (".jpg", ".jpeg", ".png", ".webp")
# Smallest intersection over union of equal windows.
_SAME = 0.99
# Fraction of rows that must be equal.
_BUDGETS = {"attention": 0.99, "entropy": 0.97, "trim": 1.0}
_LIMITS = Limits(max_pixels=150_000_000)


@dataclass(frozen=True, slots=True)
class Miss:
    """The comparison of one window with sharp's.

    Attributes:
        file: name of the file.
        target: requested size; for trim, the size of the picture.
        resized: size of the resized picture, whose pixels are the coordinates.
        ours: left and top, for trim also width and height; or the error.
        sharp: same as ours.
        iou: intersection over union.
    """

    file: str
    target: tuple[int, int]
    resized: tuple[int, int]
    ours: tuple[int, ...] | str
    sharp: tuple[int, ...]
    iou: float


def compare_windows() -> dict[str, Any]:
    """Return the fraction of equal windows by strategy, and the other pictures.

    Raises:
        Unavailable: the data set is not in ../shared.
    """
    reference = _SHARED / "sharp-reference.json"
    if not reference.exists():
        raise Unavailable(optional_data(reference.name))
    rows = json.loads(reference.read_text())["rows"]
    usable = [row for row in rows if "error" not in row]
    return {
        name: _compare([row for row in usable if _kind(row) == name], budget)
        for name, budget in _BUDGETS.items()
    }


def _kind(row: dict[str, Any]) -> str | None:
    """Return the strategy, or trim; None if parity is not required."""
    if row["mode"] == "trim":
        return "trim"
    is_required = Path(row["file"]).suffix.lower() in _TYPES
    return str(row["strategy"]) if is_required else None


def _compare(rows: list[dict[str, Any]], budget: float) -> dict[str, Any]:
    results = [(_compare_box if row["mode"] == "trim" else _compare_row)(row) for row in rows]
    same = sum(result.iou >= _SAME for result in results)
    exact = sum(result.ours == result.sharp for result in results)
    return {
        "rows": len(rows),
        "same": same / len(rows),
        "exact": exact / len(rows),
        "budget": budget,
        "misses": [result for result in results if result.iou < _SAME],
    }


def _compare_row(row: dict[str, Any]) -> Miss:
    target, theirs = Size(*row["target"]), (row["left"], row["top"])
    settings = {"width": target.width, "height": target.height, "strategy": row["strategy"]}
    ours: tuple[int, ...] | str
    try:
        resized, ours = _window((_SHARED / "images" / row["file"]).read_bytes(), settings)
    except SmartCropError as error:
        resized, ours = Size(*row["resized"]), str(error.answer())
    overlap = 0.0
    if not isinstance(ours, str):
        overlap = iou(*(Box(x, y, target.width, target.height).region() for x, y in (ours, theirs)))
    names = (row["file"], (target.width, target.height), (resized.width, resized.height))
    return Miss(*names, ours, theirs, overlap)


def _compare_box(row: dict[str, Any]) -> Miss:
    theirs = (row["left"], row["top"], row["width"], row["height"])
    settings = validate_settings({"mode": "trim", "threshold": row["threshold"]})[0]
    picture = open_picture((_SHARED / "images" / row["file"]).read_bytes(), _LIMITS)
    box = make_plan(picture, settings.request()).crop
    ours = (box.left, box.top, box.width, box.height)
    size = (picture.size.width, picture.size.height)
    # Only an identical box is equal.
    overlap = iou(box.region(), Box(*theirs).region()) if ours == theirs else 0.0
    return Miss(row["file"], size, size, ours, theirs, overlap)


def _window(data: bytes, settings: dict[str, Any]) -> tuple[Size, tuple[int, int]]:
    """Return the size of the resized picture, and the corner of our window in its pixels."""
    request = validate_settings(settings)[0].request()
    picture = open_picture(data, _LIMITS)
    plan = make_plan(picture, request)
    decoded = picture.pixels(plan.cut.shrink).size
    cover = Cover.of(decoded, request.target)
    whole = cover.region_of(Box(0, 0, cover.resized.width, cover.resized.height))
    region = plan.cut.region.rescaled(picture.size, decoded)
    left, top = region.left - whole.left, region.top - whole.top
    return cover.resized, (round(left / cover.shrink), round(top / cover.shrink))
