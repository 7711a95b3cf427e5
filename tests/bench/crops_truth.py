"""Annotated gaze, faces and main objects, and the fraction of them that a window keeps."""

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

FOLDER = Path(__file__).parents[3] / "shared" / "crops-dev"
KINDS = ("gaze", "face", "main")
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture with its annotations.

    Attributes:
        path: path of the file.
        size: size of the picture.
        masses: for each annotated kind, its mass in bins along the width and along the height.
    """

    path: Path
    size: Size
    masses: dict[str, tuple[Floats, Floats]]

    def kept(self, window: Region) -> dict[str, float]:
        """Return the fraction of each kind, 0 to 1, in a window that is free along one axis."""
        wide = window.width / self.size.width, window.height / self.size.height
        axis = int(wide[1] < wide[0])
        start = (window.left / self.size.width, window.top / self.size.height)[axis]
        return {
            kind: _mass(masses[axis], start, start + wide[axis])
            for kind, masses in self.masses.items()
        }

    def most(self, target: Size) -> dict[str, float]:
        """Return the largest fraction of each kind that a window can keep."""
        width, height = largest_extent(self.size, target)
        places = np.linspace(0, 1, 65)
        lefts = places * (self.size.width - width)
        tops = places * (self.size.height - height)
        windows = [Region(left, top, width, height) for left, top in zip(lefts, tops, strict=True)]
        kept = [self.kept(window) for window in windows]
        return {kind: max(one[kind] for one in kept) for kind in self.masses}


def read_photos() -> list[Photo]:
    """Return the pictures.

    Raises:
        Unavailable: the data set is not in ../shared.
    """
    try:
        rows = json.loads((FOLDER / "truth.json").read_text())
    except FileNotFoundError as error:
        raise Unavailable(optional_data(FOLDER.name)) from error
    return [_photo(row) for row in rows]


def _photo(row: dict[str, Any]) -> Photo:
    masses = {
        kind: (np.array(row[kind]["x"]), np.array(row[kind]["y"]))
        for kind in KINDS
        if row[kind] is not None
    }
    return Photo(FOLDER / "images" / row["file"], Size(row["width"], row["height"]), masses)


def _mass(bins: Floats, start: float, end: float) -> float:
    """Return the fraction of the mass between two places, interpolated within bins."""
    edges = np.arange(len(bins) + 1) / len(bins)
    sums = np.concatenate([[0], np.cumsum(bins)])
    first, last = np.interp([start, end], edges, sums)
    return float((last - first) / sums[-1])
