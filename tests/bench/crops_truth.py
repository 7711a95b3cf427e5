"""Annotated pictures, and how well a window agrees with the annotations."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from handler.core.geometry import Region, Size
from handler.core.placement import largest_extent
from tests.bench.peers import Unavailable
from tests.needs import optional_data

SHARED = Path(__file__).parents[3] / "shared"
FOLDERS = ("crops-dev", "crops-dev2")
# Data set and kind of annotation -> title.
MEASURES = {
    ("osie", "gaze"): "OSIE gaze",
    ("osie", "face"): "OSIE faces",
    ("osie", "main"): "OSIE main",
    ("flms", "iou"): "FLMS IoU",
    ("flms", "core"): "FLMS core",
    ("crowd", "gaze"): "crowd gaze",
    ("crowd", "face"): "crowd faces",
}
_PLACES = 65
Floats = NDArray[np.float64]
Measure = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture with its annotations.

    Attributes:
        path: path of the file.
        size: size of the picture.
        masses: for each annotated kind, its mass in bins along the width and along the height.
        crops: windows that people chose: left, top, width and height in pixels, (n, 4).
    """

    path: Path
    size: Size
    masses: dict[Measure, tuple[Floats, Floats]]
    crops: Floats

    def kept(self, window: Region) -> dict[Measure, float]:
        """Return the agreement of a window that is free along one axis, 0 to 1 for each measure.

        It is the fraction of the mass in the window; for crops of people, the mean intersection
        over union with the largest windows of this aspect on the same centres.
        """
        wide = window.width / self.size.width, window.height / self.size.height
        axis = int(wide[1] < wide[0])
        start = (window.left / self.size.width, window.top / self.size.height)[axis]
        found = {
            measure: _mass(masses[axis], start, start + wide[axis])
            for measure, masses in self.masses.items()
        }
        if len(self.crops):
            found["flms", "iou"] = self._agreement(axis, start, wide[axis])
        return found

    def most(self, target: Size) -> dict[Measure, float]:
        """Return the best agreement that a window can have, for each measure."""
        width, height = largest_extent(self.size, target)
        places = np.linspace(0, 1, _PLACES)
        lefts = places * (self.size.width - width)
        tops = places * (self.size.height - height)
        windows = [Region(left, top, width, height) for left, top in zip(lefts, tops, strict=True)]
        kept = [self.kept(window) for window in windows]
        return {measure: max(one[measure] for one in kept) for measure in kept[0]}

    def _agreement(self, axis: int, start: float, length: float) -> float:
        side = (self.size.width, self.size.height)[axis]
        middles = (self.crops[:, axis] + self.crops[:, axis + 2] / 2) / side
        starts = np.clip(middles - length / 2, 0, 1 - length)
        common = np.maximum(0, length - np.abs(starts - start))
        return float((common / (2 * length - common)).mean())


def read_photos(*folders: str) -> list[Photo]:
    """Return the pictures of some folders, by default of all.

    Raises:
        Unavailable: a data set is not in ../shared.
    """
    photos = []
    for name in folders or FOLDERS:
        try:
            rows = json.loads((SHARED / name / "truth.json").read_text())
        except FileNotFoundError as error:
            raise Unavailable(optional_data(name)) from error
        photos += [_photo(row, SHARED / name / "images") for row in rows]
    return photos


def _photo(row: dict[str, Any], images: Path) -> Photo:
    kind_of_set = row.get("set", "osie")
    masses = {
        (name, kind): (np.array(row[kind]["x"]), np.array(row[kind]["y"]))
        for name, kind in MEASURES
        if name == kind_of_set and row.get(kind) is not None
    }
    crops = np.array(row.get("crops") or (), float).reshape(-1, 4)
    return Photo(images / row["file"], Size(row["width"], row["height"]), masses, crops)


def _mass(bins: Floats, start: float, end: float) -> float:
    """Return the fraction of the mass between two places, interpolated within bins."""
    edges = np.arange(len(bins) + 1) / len(bins)
    sums = np.concatenate([[0], np.cumsum(bins)])
    first, last = np.interp([start, end], edges, sums)
    return float((last - first) / sums[-1])
