"""Connected parts of a mask, its gaps and its holes, by numpy alone.

All masks are padded: nothing of them lies within a window's width of their edges.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
import numpy.typing as npt

Mask = npt.NDArray[np.bool_]
Counts = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class ConnectedComponents:
    """The connected parts of a mask, as runs along its rows.

    Attributes:
        shape: of the mask, height and width.
        starts: (runs), where each begins, counted along the rows from the top left.
        stops: (runs), one past where it ends.
        labels: (runs), the part that it belongs to, from 0.
        count: how many parts there are.
    """

    shape: tuple[int, int]
    starts: Counts
    stops: Counts
    labels: Counts
    count: int

    @classmethod
    def of(cls, mask: Mask, *, diagonally: bool = True) -> Self:
        """Take a mask apart.

        Args:
            mask: (height, width).
            diagonally: whether pixels that touch at a corner are connected.
        """
        height, width = mask.shape
        edges = np.flatnonzero(np.diff(mask.ravel().view(np.int8))) + 1
        starts, stops = edges[::2], edges[1::2]
        # Runs of the next row that begin before the end of this one, and end after its beginning.
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
        """How many pixels of another mask, of the same shape, lie in each part."""
        sums = np.cumsum(mask.ravel(), dtype=np.int32)
        weights = sums[self.stops - 1] - sums[self.starts - 1]
        return np.bincount(self.labels, weights, self.count).astype(np.intp)

    def lengths(self) -> Counts:
        """The longer side of each part's box."""
        rows, columns = np.divmod(self.starts, self.shape[1])
        widths = self.stops - self.starts
        sides = [_range(low, high, self.labels, self.count)
                 for low, high in ((rows, rows + 1), (columns, columns + widths))]  # fmt: skip
        return np.maximum(*sides)

    def mask(self, chosen: Mask) -> Mask:
        """The mask of some components.

        Args:
            chosen: (parts).
        """
        runs = chosen[self.labels]
        steps = np.zeros(self.shape[0] * self.shape[1], np.int8)
        steps[self.starts[runs]] = 1
        steps[self.stops[runs]] = -1
        return np.cumsum(steps, dtype=np.int8).view(np.bool_).reshape(self.shape)


def closing(mask: Mask, side: int) -> Mask:
    """Fill what a window of that side cannot enter: a morphological closing."""
    return _erode(_dilate(mask, side), side)


def opening(mask: Mask, side: int) -> Mask:
    """Leave only what a window of that side fits into: a morphological opening."""
    return _dilate(_erode(mask, side), side)


def fill_holes(mask: Mask) -> Mask:
    """Add what the mask encloses."""
    background = ~mask
    background[[0, -1]] = background[:, [0, -1]] = False
    components = ConnectedComponents.of(background, diagonally=False)
    outside = components.labels[0]  # nothing of the mask is near the corner
    return mask | components.mask(np.arange(components.count) != outside)


def _roots(count: int, above: Counts, below: Counts) -> Counts:
    """The first run of the part that each belongs to, by union and pointer jumping."""
    roots: Counts = np.arange(count)
    while not np.array_equal(roots[above], roots[below]):
        one, other = roots[above], roots[below]
        np.minimum.at(roots, np.maximum(one, other), np.minimum(one, other))
        while not np.array_equal(roots, roots[roots]):
            roots = roots[roots]
    return roots


def _range(low: Counts, high: Counts, labels: Counts, count: int) -> Counts:
    lowest, highest = np.full(count, np.iinfo(np.intp).max), np.zeros(count, np.intp)
    np.minimum.at(lowest, labels, low)
    np.maximum.at(highest, labels, high)
    return np.asarray(highest - lowest, np.intp)


def _dilate(mask: Mask, side: int) -> Mask:
    """Where a window that ends there meets the mask."""
    for step in _steps(side):
        mask = mask | np.pad(mask[:-step], [(step, 0), (0, 0)])
    for step in _steps(side):
        mask = mask | np.pad(mask[:, :-step], [(0, 0), (step, 0)])
    return mask


def _erode(mask: Mask, side: int) -> Mask:
    """Where a window that begins there lies within the mask."""
    for step in _steps(side):
        mask = mask & np.pad(mask[step:], [(0, step), (0, 0)])
    for step in _steps(side):
        mask = mask & np.pad(mask[:, step:], [(0, 0), (0, step)])
    return mask


def _steps(side: int) -> list[int]:
    """Shifts that add up to a window: each doubles what the last have reached."""
    steps, reached = [], 1
    while reached < side:
        steps.append(min(reached, side - reached))
        reached += steps[-1]
    return steps
