"""Framing of annotated people: complete faces, eye lines, distortion.

make bench-faces runs this after face detection; alone: python -m tests.bench.framing

The faces are annotated, so the results do not depend on the detector. They are compared with the
reference's rule: the union of the same faces, enlarged about its centre and moved into the picture.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from rich.console import Console, RenderableType
from rich.table import Table

from handler.core.face import Face
from handler.core.framing import PRESETS, frame_faces
from handler.core.geometry import Box, Region, Size
from handler.core.request import FacePreset
from tests.bench.peers import Unavailable
from tests.needs import optional_data

PHOTOS = Path(__file__).parents[3] / "shared" / "faces-dev"
ASPECTS = {
    "1:1": Size(1080, 1080),
    "4:5": Size(1080, 1350),
    "16:9": Size(1920, 1080),
    "9:16": Size(1080, 1920),
}
# An annotated face extends from the hairline to the chin. The detector returns a square with side
# height / 1.17, whose centre is 0.07 sides lower.
_SIDE, _DOWN = 1 / 1.17, 0.07
# Median landmarks of a detector on the same photos, in fractions of the square's side.
_LANDMARKS = ((0.29, 0.28), (0.72, 0.27), (0.51, 0.52), (0.33, 0.72), (0.68, 0.71))


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo's size and its annotated faces."""

    size: Size
    faces: tuple[Face, ...]


@dataclass(slots=True)
class Tally:
    """Counts over the photos, for one preset and aspect."""

    chosen: int = 0
    inside: int = 0
    possible: int = 0
    inside_of_possible: int = 0
    inside_by_reference: int = 0
    distortion: float = 0.0

    def add(
        self, window: Box, reference: Box, limit: tuple[float, float], faces: list[Box]
    ) -> None:
        """Count the chosen faces of a photo; ``faces`` are their visible parts."""
        whole = sum(_holds(window, face) for face in faces)
        self.chosen += len(faces)
        self.inside += whole
        self.inside_by_reference += sum(_holds(reference, face) for face in faces)
        group = _around(faces)
        if group.width <= limit[0] and group.height <= limit[1]:
            self.possible += len(faces)
            self.inside_of_possible += whole


def read_photos() -> list[Photo]:
    """Return the annotated photos.

    Raises:
        Unavailable: the data set is not in ../shared.
    """
    try:
        annotations = json.loads((PHOTOS / "annotations.json").read_text())
    except FileNotFoundError as error:
        raise Unavailable(optional_data(PHOTOS.name)) from error
    return [
        Photo(
            Size(photo["width"], photo["height"]),
            tuple(_face(*face["box"]) for face in photo["faces"]),
        )
        for photo in annotations
        if photo["faces"]
    ]


def measure_framing(photos: Sequence[Photo]) -> list[dict[str, Any]]:
    """Return one row for each preset and aspect ratio."""
    return [
        _measure(photos, preset, aspect, target)
        for preset in PRESETS
        for aspect, target in ASPECTS.items()
    ]


def _measure(
    photos: Sequence[Photo], preset: FacePreset, aspect: str, target: Size
) -> dict[str, Any]:
    tally, lines, roomy, by_reference = Tally(), [], [], []
    for photo in photos:
        framing = frame_faces(photo.faces, photo.size, target, preset=preset)
        limit = _largest(photo.size, target)
        chosen = [photo.faces[index].box for index in framing.chosen]
        reference = _by_reference(chosen, photo.size, limit, PRESETS[preset].multiple)
        window, region = framing.window, framing.region
        tally.add(window, reference, limit, [_shown(box, photo.size) for box in chosen])
        exact = region.width * target.height / (region.height * target.width)
        tally.distortion = max(tally.distortion, abs(exact - 1))
        line = framing.eye_line or 0.0
        lines.append((line - window.top) / window.height)
        by_reference.append((line - reference.top) / reference.height)
        free = region.height < limit[1] * 0.999
        if free and window.top > 0 and window.bottom < photo.size.height:
            roomy.append(lines[-1])
    return {
        "preset": preset,
        "aspect": aspect,
        "chosen": tally.chosen,
        "inside": tally.inside / tally.chosen,
        "possible": tally.possible,
        "inside_where_possible": tally.inside_of_possible / tally.possible,
        "inside_by_reference": tally.inside_by_reference / tally.chosen,
        "eye_line": fmean(lines),
        "eye_line_with_room": fmean(roomy) if roomy else None,
        "photos_with_room": len(roomy),
        "eye_line_by_reference": fmean(by_reference),
        "distortion": tally.distortion,
    }


def tables(rows: Sequence[dict[str, Any]]) -> list[RenderableType]:
    """Return the rows as tables."""
    table = Table(
        title="Framing of annotated faces (the reference's rule in brackets)",
        title_justify="left",
        title_style="bold",
    )
    table.add_column("preset")
    for name in ("aspect", "chosen", "complete", "complete where possible", "eye line"):
        table.add_column(name, justify="right")
    for name in ("… with space on all sides", "distortion"):
        table.add_column(name, justify="right")
    for row in rows:
        table.add_row(*_cells(row))
    return [table]


def _cells(row: dict[str, Any]) -> Iterator[str]:
    roomy = row["eye_line_with_room"]
    yield row["preset"]
    yield row["aspect"]
    yield str(row["chosen"])
    yield f"{row['inside']:.1%} ({row['inside_by_reference']:.1%})"
    yield f"{row['inside_where_possible']:.1%} of {row['possible']}"
    yield f"{row['eye_line']:.2f} ({row['eye_line_by_reference']:.2f})"
    yield "–" if roomy is None else f"{roomy:.2f} on {row['photos_with_room']}"
    yield f"{row['distortion']:.0e}" if row["distortion"] > 1e-9 else "0"


def report(rows: Sequence[dict[str, Any]]) -> None:
    """Print the tables."""
    console = Console(width=None if Console().is_terminal else 160)
    for part in tables(rows):
        console.print(part)


def _face(left: float, top: float, width: float, height: float) -> Face:
    side = max(1, round(height * _SIDE))
    square = Box(
        round(left + width / 2 - side / 2),
        round(top + height / 2 + (_DOWN - 0.5) * side),
        side,
        side,
    )
    landmarks = tuple((square.left + x * side, square.top + y * side) for x, y in _LANDMARKS)
    return Face(square, 1.0, landmarks)


def _largest(picture: Size, target: Size) -> tuple[float, float]:
    scale = min(picture.width / target.width, picture.height / target.height)
    return target.width * scale, target.height * scale


def _by_reference(
    faces: Sequence[Box], picture: Size, limit: tuple[float, float], multiple: float
) -> Box:
    group = _around(faces)
    share = min(1.0, group.height * multiple / limit[1])
    width, height = limit[0] * share, limit[1] * share
    across, down = group.left + group.width / 2, group.top + group.height / 2
    left = min(max(across - width / 2, 0), picture.width - width)
    top = min(max(down - height / 2, 0), picture.height - height)
    return Region(left, top, width, height).box_in(picture)


def _around(boxes: Sequence[Box]) -> Box:
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    return Box(left, top, right - left, bottom - top)


def _shown(box: Box, picture: Size) -> Box:
    left, top = max(0, box.left), max(0, box.top)
    right, bottom = min(picture.width, box.right), min(picture.height, box.bottom)
    return Box(left, top, right - left, bottom - top)


def _holds(window: Box, box: Box) -> bool:
    across = window.left <= box.left and box.right <= window.right
    return across and window.top <= box.top and box.bottom <= window.bottom


if __name__ == "__main__":
    report(measure_framing(read_photos()))
