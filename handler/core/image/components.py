"""Connected components of a mask, and its morphology, with numpy alone.

Names follow scikit-image. All masks are padded: no pixel within a window's width of the edge is
set.
"""

from typing import Self

import numpy as np
import numpy.typing as npt
from msgspec import Struct

Mask = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.intp]


class ConnectedComponents(Struct, frozen=True):
    """The connected components of a mask, as runs along its rows.

    Attributes:
        shape: height and width of the mask.
        starts: index of the first pixel of each run in the flattened mask, (runs,).
        stops: index after the last pixel of each run, (runs,).
        labels: component that each run belongs to, from 0, (runs,).
        count: number of components.
    """

    shape: tuple[int, int]
    starts: Counts
    stops: Counts
    labels: Counts
    count: int

    @classmethod
    def of(cls, mask: Mask, *, diagonally: bool = True) -> Self:
        """Label the connected components of a mask.

        Args:
            mask: bool array (height, width).
            diagonally: whether pixels that touch only at a corner are connected.
        """
        height, width = mask.shape
        edges = np.flatnonzero(np.diff(mask.ravel().view(np.int8))) + 1
        starts, stops = edges[::2], edges[1::2]
        # A run touches those of the next row that start before its end and end after its start.
        reach = int(diagonally)
        first = np.searchsorted(stops, starts + width - reach, side="right")
        beyond = np.searchsorted(starts, stops + width + reach, side="left")
        touching = np.maximum(beyond - first, 0)
        above = np.repeat(np.arange(len(starts)), touching)
        skipped = np.cumsum(touching) - touching
        below = np.arange(len(above)) + np.repeat(first - skipped, touching)
        roots = _roots(len(starts), above, below)
        numbers = np.cumsum(roots == np.arange(len(roots)))
        return cls((height, width), starts, stops, numbers[roots] - 1, int(numbers[-1:].sum()))

    def areas(self, mask: Mask) -> Counts:
        """Return the number of pixels of another mask, of the same shape, in each component."""
        sums = np.cumsum(mask.ravel(), dtype=np.int32)
        weights = sums[self.stops - 1] - sums[self.starts - 1]
        return np.bincount(self.labels, weights, self.count).astype(np.intp)

    def boxes(self) -> tuple[Counts, Counts, Counts, Counts]:
        """Return left, top, right and bottom of each component's bounding box, each (count,)."""
        rows, columns = np.divmod(self.starts, self.shape[1])
        ends = columns + self.stops - self.starts
        left, right = _range(columns, ends, self.labels, self.count)
        top, bottom = _range(rows, rows + 1, self.labels, self.count)
        return left, top, right, bottom

    def lengths(self) -> Counts:
        """Return the longer side of each component's bounding box, (count,)."""
        left, top, right, bottom = self.boxes()
        return np.asarray(np.maximum(right - left, bottom - top), np.intp)

    def pixels(self, number: int) -> tuple[Counts, Counts]:
        """Return the rows and the columns of the pixels of one component, each (pixels,)."""
        runs = np.flatnonzero(self.labels == number)
        places = [np.arange(self.starts[run], self.stops[run]) for run in runs]
        rows, columns = np.divmod(np.concatenate(places), self.shape[1])
        return rows, columns

    def mask(self, chosen: Mask) -> Mask:
        """Return the mask of some components.

        Args:
            chosen: whether each component is included, bool (count,).
        """
        runs = chosen[self.labels]
        steps = np.zeros(self.shape[0] * self.shape[1], np.int8)
        steps[self.starts[runs]] = 1
        steps[self.stops[runs]] = -1
        return np.cumsum(steps, dtype=np.int8).view(np.bool_).reshape(self.shape)


def closing(mask: Mask, side: int) -> Mask:
    """Return the morphological closing: set the pixels that no square outside the mask covers.

    Args:
        mask: bool array (height, width).
        side: side of the square, in pixels.
    """
    return _erode(_dilate(mask, side), side)


def opening(mask: Mask, side: int) -> Mask:
    """Return the morphological opening: keep the pixels that a square inside the mask covers.

    Args:
        mask: bool array (height, width).
        side: side of the square, in pixels.
    """
    return _dilate(_erode(mask, side), side)


def fill_holes(mask: Mask) -> Mask:
    """Return the mask with the areas that it encloses."""
    background = ~mask
    background[[0, -1]] = background[:, [0, -1]] = False
    components = ConnectedComponents.of(background, diagonally=False)
    outside = components.labels[0]  # the corner is never part of the mask
    return mask | components.mask(np.arange(components.count) != outside)


def _roots(count: int, above: Counts, below: Counts) -> Counts:
    """Return the first run of each run's component, by union and pointer jumping, (runs,)."""
    roots: Counts = np.arange(count)
    while not np.array_equal(roots[above], roots[below]):
        one, other = roots[above], roots[below]
        np.minimum.at(roots, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(roots, roots[roots]):
            roots = roots[roots]
    return roots


def _range(low: Counts, high: Counts, labels: Counts, count: int) -> tuple[Counts, Counts]:
    lowest, highest = np.full(count, np.iinfo(np.intp).max), np.zeros(count, np.intp)
    np.minimum.at(lowest, labels, low)
    np.maximum.at(highest, labels, high)
    return lowest, highest


def _dilate(mask: Mask, side: int) -> Mask:
    """Set each pixel at which a window that ends there touches the mask."""
    for step in _steps(side):
        mask = mask | np.pad(mask[:-step], [(step, 0), (0, 0)])
    for step in _steps(side):
        mask = mask | np.pad(mask[:, :-step], [(0, 0), (step, 0)])
    return mask


def _erode(mask: Mask, side: int) -> Mask:
    """Keep each pixel at which a window that starts there lies inside the mask."""
    for step in _steps(side):
        mask = mask & np.pad(mask[step:], [(0, step), (0, 0)])
    for step in _steps(side):
        mask = mask & np.pad(mask[:, step:], [(0, 0), (0, step)])
    return mask


def _steps(side: int) -> list[int]:
    """Return shifts that add up to a window; each at most doubles the width reached so far."""
    steps, reached = [], 1
    while reached < side:
        steps.append(min(reached, side - reached))
        reached += steps[-1]
    return steps
