"""Recall of face mode by groups of faces that the annotations do not name.

python -m tests.bench.face_groups

`face_groups.txt` has the groups, labelled by eye.
"""

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from handler.codec import Limits, open_picture
from handler.faces.detections import intersection_over_union
from handler.faces.detector import detector, least_score
from handler.faces.pyramid import crowd_view, fine_view
from tests.bench.framing import PHOTOS

_GROUPS = Path(__file__).with_name("face_groups.txt")
_SENSITIVITY, _SAME = 0.5, 0.5
# Side of the faces that are labelled, at a long side of 640 pixels.
_LEAST, _LONG = 56, 640


def read_groups() -> dict[str, set[str]]:
    """Return the faces of each group, as file and index."""
    groups: dict[str, set[str]] = defaultdict(set)
    for line in _GROUPS.read_text().splitlines():
        if not line.startswith("#"):
            group, _, faces = line.partition(":")
            groups[group].update(faces.split())
    return groups


def find_all() -> dict[str, bool]:
    """Return whether each labelled face is found, by file and index."""
    rows: list[dict[str, Any]] = json.loads((PHOTOS / "annotations.json").read_text())
    return {name: found for row in rows for name, found in _find(row).items()}


def _find(row: dict[str, Any]) -> dict[str, bool]:
    picture = open_picture((PHOTOS / "images" / row["file"]).read_bytes(), Limits(1 << 30))
    view = fine_view(picture)
    found, turn = detector(None).detect(
        view, least_score(_SENSITIVITY), lambda: crowd_view(picture)
    )
    boxes = found.boxes[: 0 if turn else None]
    factor = view.width / row["width"]
    result = {}
    for index, face in enumerate(row["faces"]):
        left, top, width, height = face["box"]
        if max(width, height) * _LONG < _LEAST * max(row["width"], row["height"]):
            continue
        box = np.array([left, top, left + width, top + height], np.float32) * np.float32(factor)
        best = float(intersection_over_union(box, boxes).max(initial=0))
        result[f"{row['file']}/{index}"] = best >= _SAME
    return result


def main() -> None:
    found = find_all()
    for group, names in {"all": set(found), **read_groups()}.items():
        hits = sum(found[name] for name in names)
        print(f"{group:14} {len(names):4} {hits / len(names):.3f}")


if __name__ == "__main__":
    main()
