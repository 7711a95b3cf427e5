"""The pictures of `make crop-sheets` and `make gallery`, by name and category.

They were chosen for what a crop can cut: heads, words, paws, products and single subjects. None is
part of the repository: most are from the data sets in ../shared, some come with scikit-image.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import skimage
from PIL import Image

from handler.core.geometry import Box, Size
from tests.bench.crops_truth import FOLDERS, SHARED, Photo, read_photos
from tests.bench.peers import Unavailable

_SKIMAGE = "skimage"
_FACES = "faces-dev"
# Category -> folder and name of each picture.
PICTURES: Mapping[str, tuple[str, ...]] = {
    "portraits": (
        "crops-dev/1100.jpg",
        "crops-dev/1442.jpg",
        "crops-dev/1586.jpg",
        "crops-dev2/flms-108059817_Large.jpg",
        "faces-dev/maksssksksss48.jpg",
    ),
    "groups": (
        "crops-dev/1310.jpg",
        "crops-dev/1679.jpg",
        "crops-dev2/crowd-019.jpg",
        "crops-dev2/crowd-193.jpg",
        "faces-dev/maksssksksss358.jpg",
    ),
    "children": (
        "crops-dev/1142.jpg",
        "crops-dev/1184.jpg",
        "crops-dev/1205.jpg",
        "crops-dev/1358.jpg",
        "crops-dev/1385.jpg",
    ),
    "pets": (
        "crops-dev/1097.jpg",
        "crops-dev/1208.jpg",
        "crops-dev/1349.jpg",
        "crops-dev/1508.jpg",
        "skimage/chelsea.png",
    ),
    "products": (
        "crops-dev/1109.jpg",
        "crops-dev/1193.jpg",
        "crops-dev/1511.jpg",
        "crops-dev/1655.jpg",
        "crops-dev/1664.jpg",
    ),
    "food": (
        "crops-dev/1067.jpg",
        "crops-dev/1229.jpg",
        "crops-dev/1466.jpg",
        "crops-dev/1667.jpg",
        "skimage/coffee.png",
    ),
    "buildings": (
        "crops-dev2/flms-1256880283_Large.jpg",
        "crops-dev2/flms-1457024371_Large.jpg",
        "crops-dev2/flms-168875243_Large.jpg",
        "crops-dev2/flms-278449981_Large.jpg",
        "crops-dev2/flms-919442457_Large.jpg",
    ),
    "small subjects": (
        "crops-dev/1454.jpg",
        "crops-dev/1058.jpg",
        "crops-dev2/flms-1042532514_Large.jpg",
        "crops-dev2/flms-1488380947_Large.jpg",
        "crops-dev2/flms-226854451_Large.jpg",
    ),
    "documents": (
        "crops-dev/1427.jpg",
        "faces-dev/maksssksksss171.jpg",
        "faces-dev/maksssksksss422.jpg",
        "images/320x240.jpg",
        "skimage/page.png",
    ),
    "signs": (
        "crops-dev/1010.jpg",
        "crops-dev/1121.jpg",
        "crops-dev/1463.jpg",
        "crops-dev/1559.jpg",
        "crops-dev2/flms-185015097_Large.jpg",
    ),
    "sport": (
        "crops-dev/1028.jpg",
        "crops-dev/1169.jpg",
        "crops-dev/1406.jpg",
        "crops-dev/1460.jpg",
        "crops-dev/1628.jpg",
    ),
    "night": (
        "crops-dev/1145.jpg",
        "crops-dev/1373.jpg",
        "crops-dev2/flms-326351586_Large.jpg",
        "crops-dev2/flms-49574481_Large.jpg",
        "images/concert.jpg",
    ),
}


@dataclass(frozen=True, slots=True)
class SheetPicture:
    """A picture of the pages, with its annotations.

    Attributes:
        category: title of its category.
        photo: the picture; without annotations unless it is from one of `FOLDERS`.
        faces: annotated faces, in pixels of the picture; only those of faces-dev.
    """

    category: str
    photo: Photo
    faces: tuple[Box, ...] = field(default=())


def read_pictures() -> Iterator[SheetPicture]:
    """Yield the pictures that are on this machine.

    Raises:
        Unavailable: a data set is not in ../shared.
    """
    annotated = {photo.path: photo for photo in read_photos()}
    for category, names in PICTURES.items():
        for name in names:
            path = path_of(name)
            if not path.exists():
                raise Unavailable(f"needs the picture {name}")
            photo = annotated.get(path) or _unannotated(path)
            yield SheetPicture(category, photo, _faces().get(name, ()))


def path_of(name: str) -> Path:
    """Return the path of a picture, given as folder and name."""
    folder, _, file = name.partition("/")
    if folder == _SKIMAGE:
        return Path(skimage.__file__).parent / "data" / file
    return SHARED / folder / ("images" if folder in (*FOLDERS, _FACES) else "") / file


def _unannotated(path: Path) -> Photo:
    with Image.open(path) as image:
        return Photo(path, Size(*image.size), {}, np.empty((0, 4)))


@cache
def _faces() -> dict[str, tuple[Box, ...]]:
    rows = json.loads((SHARED / _FACES / "annotations.json").read_text())
    return {
        f"{_FACES}/{row['file']}": tuple(Box(*map(round, face["box"])) for face in row["faces"])
        for row in rows
    }
