"""Marks: the connected components of a mask, by their bounding boxes."""

from typing import Self

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from handler.core.image.components import ConnectedComponents, Mask

Counts = npt.NDArray[np.int32]


class Marks(Struct, frozen=True):
    """Bounding boxes of components, and the pixels in each; every array is (marks,)."""

    left: Counts
    top: Counts
    right: Counts
    bottom: Counts
    areas: Counts

    @classmethod
    def of(cls, components: ConnectedComponents, ink: Mask) -> Self:
        """Return the marks of the components of a mask."""
        parts = (*components.boxes(), components.areas(ink))
        return cls(*(part.astype(np.int32) for part in parts))

    def __getitem__(self, chosen: Mask | npt.NDArray[np.intp]) -> "Marks":
        return Marks(*(part[chosen] for part in self._parts()))

    def _parts(self) -> tuple[Counts, ...]:
        return self.left, self.top, self.right, self.bottom, self.areas

    @property
    def width(self) -> Counts:
        """Widths of the boxes."""
        return self.right - self.left

    @property
    def height(self) -> Counts:
        """Heights of the boxes."""
        return self.bottom - self.top

    @property
    def length(self) -> Counts:
        """Longer sides of the boxes."""
        return np.maximum(self.width, self.height)

    @property
    def breadth(self) -> Counts:
        """Shorter sides of the boxes."""
        return np.minimum(self.width, self.height)

    def gaps(self, others: Self) -> tuple[Counts, Counts]:
        """Return the gaps to other marks; negative where the ranges overlap.

        Returns:
            The horizontal and the vertical gaps, each (marks, others).
        """
        across = np.maximum(_column(self.left), others.left)
        across -= np.minimum(_column(self.right), others.right)
        down = np.maximum(_column(self.top), others.top)
        down -= np.minimum(_column(self.bottom), others.bottom)
        return across, down


def _column(values: Counts) -> Counts:
    return values[:, np.newaxis]
