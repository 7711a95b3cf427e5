"""Recall of face and auto mode by groups of faces that no annotations name.

make bench-faces runs this last; alone: python -m tests.bench.face_groups

`face_groups.txt` has groups of the faces in faces-dev, and `marked_faces.txt` faces of further
pictures, both by eye.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
from rich.console import Console
from rich.table import Table

from handler.codec import Limits, open_picture
from handler.core.geometry import Region, Size
from handler.core.image.frame import Frame
from handler.faces.detections import Detections, Floats, intersection_over_union
from handler.faces.detector import detector, least_score
from handler.faces.pyramid import UPRIGHT_AFTER, coarse_view, crowd_view, fine_view
from tests.bench.framing import PHOTOS
from tests.bench.marked_faces import folder_of, read_marked
from tests.bench.peers import Unavailable
from tests.needs import optional_data

_GROUPS = Path(__file__).with_name("face_groups.txt")
_SENSITIVITY, _SAME = 0.5, 0.5
# Side of the faces that are labelled, at a long side of 640 pixels.
_LEAST, _LONG = 40, 640
# True for each mode, face and auto, in which a face is found.
Found = tuple[bool, bool]


def read_groups() -> dict[str, set[str]]:
    """Return the faces of each group in faces-dev, as file and index."""
    groups: dict[str, set[str]] = defaultdict(set)
    for line in _GROUPS.read_text().splitlines():
        if not line.startswith("#"):
            group, _, faces = line.partition(":")
            groups[group].update(faces.split())
    return groups


def find_labelled() -> dict[str, Found]:
    """Return whether each labelled face of faces-dev is found, by file and index.

    Raises:
        Unavailable: the data set is not in ../shared.
    """
    if not PHOTOS.exists():
        raise Unavailable(optional_data(PHOTOS.name))
    rows: list[dict[str, Any]] = json.loads((PHOTOS / "annotations.json").read_text())
    found: dict[str, Found] = {}
    for row in rows:
        boxes = np.array([face["box"] for face in row["faces"]], np.float32).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        sides = (boxes[:, 2:] - boxes[:, :2]).max(axis=1, initial=0)
        labelled = np.flatnonzero(sides * _LONG >= _LEAST * max(row["width"], row["height"]))
        if len(labelled):
            answers = find(PHOTOS / "images" / row["file"], boxes[labelled])
            names = [f"{row['file']}/{index}" for index in labelled]
            found.update(zip(names, answers, strict=True))
    return found


def find(path: Path, boxes: Floats) -> list[Found]:
    """Return whether each face of a picture is found.

    Args:
        path: path of the file.
        boxes: the annotated faces in pixels of the picture, (n, 4).
    """
    frame = open_picture(path.read_bytes(), Limits(1 << 30))
    both = [_detect(frame), _inspect(frame)]
    shares = [
        [float(intersection_over_union(box, found).max(initial=0)) for found in both]
        for box in boxes
    ]
    return [(face >= _SAME, auto >= _SAME) for face, auto in shares]


def _detect(frame: Frame) -> Floats:
    """Return the boxes that face mode detects, in pixels of the picture, (n, 4)."""
    view = fine_view(frame)
    found, turn = detector().detect(view, least_score(_SENSITIVITY), lambda: crowd_view(frame))
    seen, upright = Size(*view.size), UPRIGHT_AFTER[turn]
    boxes = []
    for left, top, right, bottom in found.boxes.tolist():
        box = Region(left, top, right - left, bottom - top)
        box = upright.stored_region(box, upright.size(seen)).rescaled(seen, frame.size)
        boxes.append((box.left, box.top, box.right, box.bottom))
    return np.array(boxes, np.float32).reshape(-1, 4)


def _inspect(frame: Frame) -> Floats:
    """Return the boxes that auto mode detects, in pixels of the picture, (n, 4)."""
    fine = fine_view(frame)

    def unconverted(found: Detections, turn: int, viewed: Size, source: Size) -> list[Any]:
        return [found.scaled(source.width / viewed.width, source.height / viewed.height)]

    # The faces of an inspection are squares, which differ from annotated boxes.
    with patch("handler.faces.detector.to_faces", unconverted):
        seen = detector().inspect(coarse_view(fine), frame.size, _SENSITIVITY)
        found: Any = seen.faces if seen.second_look is None else seen.second_look(fine)
    boxes: Floats = found[0].boxes
    return boxes


def show(title: str, groups: Mapping[str, Iterable[Found]], console: Console) -> None:
    """Print a table of recall by group."""
    table = Table("group", title=title, title_justify="left", title_style="bold")
    for column in ("faces", "face mode", "auto mode"):
        table.add_column(column, justify="right")
    for group, answers in groups.items():
        rows = list(answers)
        table.add_row(group, str(len(rows)), *(f"{each:.3f}" for each in np.mean(rows, axis=0)))
    console.print(table)


def main() -> None:
    console = Console()
    try:
        found = find_labelled()
        groups = {"all": set(found), **read_groups()}
        by_group = {group: [found[name] for name in names] for group, names in groups.items()}
        show(f"Recall in faces-dev, sides of {_LEAST} pixels and more", by_group, console)
    except Unavailable as reason:
        console.print(f"[bold]faces-dev[/] skipped: {reason}")
    marked: dict[str, list[Found]] = {}
    for (group, source), pictures in read_marked().items():
        try:
            folder = folder_of(source)
        except Unavailable as reason:
            console.print(f"[bold]{group}[/] skipped: {reason}")
            continue
        answers = [find(folder / each.path, each.boxes) for each in pictures]
        marked[f"{group} ({source})"] = [face for picture in answers for face in picture]
    if marked:
        show("Recall in further pictures", marked, console)


if __name__ == "__main__":
    main()
