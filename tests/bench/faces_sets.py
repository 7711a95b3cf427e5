"""Photos of the face benchmark: annotated photos of people, and photos without people."""

import json
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import numpy as np

from handler.core.geometry import Region, Size
from handler.faces.detections import Floats
from handler.faces.pyramid import UPRIGHT_AFTER
from tests.bench.peers import Unavailable
from tests.needs import optional_data

_SHARED = Path(__file__).parents[3] / "shared"
# Photos in scikit-image's wheel that show no person.
_NOBODY = (
    *("brick.png", "chelsea.png", "coffee.png", "coins.png", "color.png", "grass.png"),
    *("gravel.png", "horse.png", "hubble_deep_field.jpg", "ihc.png", "logo.png"),
    *("microaneurysms.png", "moon.png", "motorcycle_left.png", "motorcycle_right.png", "page.png"),
    *("retina.jpg", "rocket.jpg", "text.png"),
)
# A photo of crops-dev with a face that its annotations lack.
_SOMEBODY = "1448.jpg"


@dataclass(frozen=True, slots=True)
class Annotated:
    """A photo of people, upright.

    Attributes:
        path: path of the file.
        size: size of the photo.
        boxes: float32 (n, 4): left, top, right, bottom.
    """

    path: str
    size: Size
    boxes: Floats

    def leaning(self, lean: int) -> Floats:
        """Return the boxes in the photo turned so that heads lean right by ``lean`` degrees."""
        orientation = UPRIGHT_AFTER[lean]
        placed = []
        for left, top, right, bottom in self.boxes.tolist():
            region = Region(left, top, right - left, bottom - top)
            box = orientation.stored_region(region, self.size)
            placed.append((box.left, box.top, box.right, box.bottom))
        return np.array(placed, np.float32)


def annotated(step: int) -> list[Annotated]:
    """Return every ``step``-th annotated photo, without those that have no face.

    Raises:
        Unavailable: the data set is not in ../shared.
    """
    folder = _SHARED / "faces-dev"
    if not folder.exists():
        raise Unavailable(optional_data(folder.name))
    photos = []
    for row in json.loads((folder / "annotations.json").read_text())[::step]:
        boxes = np.array([face["box"] for face in row["faces"]], np.float32).reshape(-1, 4)
        boxes[:, 2:] += boxes[:, :2]
        if len(boxes):
            path = str(folder / "images" / row["file"])
            photos.append(Annotated(path, Size(row["width"], row["height"]), boxes))
    return photos


def nobody() -> dict[str, list[str]]:
    """Return photos without people by source; the data set crops-dev only if it is present."""
    sets = {"scikit-image": [str(files("skimage.data").joinpath(name)) for name in _NOBODY]}
    truth = _SHARED / "crops-dev" / "truth.json"
    if truth.exists():
        rows = json.loads(truth.read_text())
        faceless = [row["file"] for row in rows if row["face"] is None and row["file"] != _SOMEBODY]
        sets["crops-dev"] = [str(truth.parent / "images" / file) for file in faceless]
    return sets
