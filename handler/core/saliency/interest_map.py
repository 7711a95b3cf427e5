"""The interest map: several maps of a picture, combined."""

from collections.abc import Sequence

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image

from handler.core.geometry import Region, Size

Map = NDArray[np.float64]

# Cells along either side, for pictures of any aspect.
GRID = 32
# Added to each map, in units of its mean, so that no map can rule out a position: a value of 0
# counts as a tenth of the mean. Between a thirtieth and a half the windows are the same.
_FLOOR = 0.1
_TINY = 1e-6
# Exponent of the other maps next to the readout of the object network: its weight when both were
# fitted together, to the gaze of viewers.
_NEXT_TO_READOUT = 1 / 3
# Cells along either side at which the readout was fitted; finer detail of it is noise.
_READOUT_GRID = 16
# Name of the map of motion.
_MOTION = "motion"


class InterestMap(Struct, frozen=True):
    """The distribution of interest over a picture.

    Attributes:
        heat: share of the interest in each cell of the whole picture, float64 (32, 32); sums to 1.
        weights: contribution of each map: its share of the variance of the heat's logarithm. The
            weights sum to 1. One below 0 belongs to a map that contradicts the others.
    """

    heat: Map
    weights: dict[str, float]

    def kept(self, lefts: Map, tops: Map, window: tuple[float, float]) -> Map:
        """Return the share of the interest inside each of several windows of one size.

        Args:
            lefts: left edges, (n,), in shares of the picture's width.
            tops: top edges, (m,), in shares of the picture's height.
            window: width and height of the windows, in the same shares.

        Returns:
            float64 (m, n), 0 to 1.
        """
        across, down = _coverage(lefts, window[0]), _coverage(tops, window[1])
        return np.asarray(down @ self.heat @ across.T)

    def without(self, areas: Sequence[Region], picture: Size) -> "InterestMap":
        """Return the map with no interest in some areas.

        Args:
            areas: the areas, in pixels of the picture.
            picture: size of the picture.

        Returns:
            The new map; this one if no interest would remain.
        """
        remaining = np.ones_like(self.heat)
        for area in areas:
            across = _coverage(np.array([area.left / picture.width]), area.width / picture.width)
            down = _coverage(np.array([area.top / picture.height]), area.height / picture.height)
            remaining *= 1 - down.T @ across
        heat = self.heat * remaining
        return InterestMap(heat / heat.sum(), self.weights) if heat.sum() > _TINY else self


def combine(
    maps: Sequence[tuple[str, NDArray[np.floating]]],
    readout: Sequence[NDArray[np.floating]] = (),
) -> InterestMap:
    """Return the product of maps and of a Gaussian around the centre of the picture.

    Each map is divided by its mean, so that its unit does not matter, and has the exponent 1: an
    unweighted product of experts (Hinton 2002). The standard deviation of the Gaussian is half a
    side, so the edges are 1.6 times less interesting than the centre. Photographers place the
    subject there, and viewers look there first (Tatler 2007).

    Args:
        maps: name and values of each map. Values are 0 or more, cover the whole picture and have
            any shape (rows, columns). The weights of maps with the same name are added up.
        readout: further maps, as logarithms. With them all other maps have the exponent 1/3,
            because the readout was fitted next to them.
    """
    place = (np.arange(GRID) + 0.5) / (GRID / 2) - 1
    logarithms = [("centre", -(place[:, np.newaxis] ** 2 + place**2) / 2)]
    logarithms += [(name, _logarithm(values)) for name, values in maps]
    if readout:
        logarithms = [(name, values * _NEXT_TO_READOUT) for name, values in logarithms]
        fitted = sum(cells(values, _READOUT_GRID) for values in readout)
        logarithms.append(("objects", cells(np.asarray(fitted))))
    total = sum(logarithm for _, logarithm in logarithms)
    heat = np.exp(total - np.max(total))
    return InterestMap(heat / heat.sum(), _variance_shares(logarithms, np.asarray(total)))


def mean_with_motion(maps: Sequence[InterestMap], motion: Map) -> InterestMap:
    """Return the mean of the interest in the frames of an animation, times the motion.

    Args:
        maps: the interest of the frames that are looked at.
        motion: mean difference from frame to frame in each cell, (32, 32).
    """
    heat = np.mean([each.heat for each in maps], axis=0)
    logarithms = [(_MOTION, _logarithm(motion))]
    names = dict.fromkeys(name for each in maps for name in each.weights)
    means = {name: float(np.mean([each.weights.get(name, 0.0) for each in maps])) for name in names}
    total = np.log(heat + _TINY / GRID**2) + logarithms[0][1]
    share = _variance_shares(logarithms, total)[_MOTION]
    moved = np.exp(total - total.max())
    weights = {name: weight * (1 - share) for name, weight in means.items()} | {_MOTION: share}
    return InterestMap(moved / moved.sum(), weights)


def cells(values: NDArray[np.floating], grid: int = GRID) -> Map:
    """Return the values of a map in the cells of a grid, float64 (grid, grid)."""
    image = Image.fromarray(np.asarray(values, np.float32))
    return np.asarray(image.resize((grid, grid), Image.Resampling.BILINEAR), np.float64)


def _logarithm(values: NDArray[np.floating]) -> Map:
    values = cells(values)
    return np.asarray(np.log(np.maximum(values, 0) / (values.mean() + _TINY) + _FLOOR))


def _variance_shares(logarithms: Sequence[tuple[str, Map]], total: Map) -> dict[str, float]:
    deviation = total - total.mean()
    variance = float((deviation**2).mean())
    weights = dict.fromkeys((name for name, _ in logarithms), 0.0)
    for name, logarithm in logarithms:
        weights[name] += float((deviation * logarithm).mean()) / variance
    return weights


def _coverage(starts: Map, length: float) -> Map:
    """Return the share of each cell in ``starts`` to ``starts + length``, (n, cells), 0 to 1."""
    edges = np.arange(GRID + 1) / GRID
    first = np.maximum(edges[:-1], starts[:, np.newaxis])
    last = np.minimum(edges[1:], starts[:, np.newaxis] + length)
    return np.asarray(np.maximum(0, last - first) * GRID)
