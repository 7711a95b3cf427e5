"""Sizes, points and rectangles: pure arithmetic, no pixels.

Unless a docstring states another frame, coordinates are pixels of the upright picture (after EXIF
orientation), origin top left, x to the right, y down.
"""

import math
from enum import IntEnum

from msgspec import Struct


def half_up(value: float) -> int:
    """Round to the nearest integer, halves upwards, as C's ``(int) (value + 0.5)`` does."""
    return int(value + 0.5)


class Size(Struct, frozen=True):
    """Width and height in pixels."""

    width: int
    height: int

    @property
    def area(self) -> int:
        """Number of pixels."""
        return self.width * self.height

    @property
    def swapped(self) -> "Size":
        """The size after a quarter turn."""
        return Size(self.height, self.width)


class Point(Struct, frozen=True):
    """A position in pixels."""

    x: int
    y: int


class Box(Struct, frozen=True):
    """A rectangle of whole pixels; left and top inclusive, right and bottom exclusive."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """First column to the right of the box."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """First row below the box."""
        return self.top + self.height

    @property
    def area(self) -> int:
        """Number of pixels inside."""
        return self.width * self.height

    def clamp_to(self, frame: Size) -> "Box":
        """Move the box into ``frame``, and shrink it only where it is larger than the frame."""
        width, height = min(self.width, frame.width), min(self.height, frame.height)
        return Box(
            max(0, min(self.left, frame.width - width)),
            max(0, min(self.top, frame.height - height)),
            width,
            height,
        )

    def around(self, *others: "Box") -> "Box":
        """Return the smallest box that contains this one and others."""
        boxes = (self, *others)
        left, top = min(box.left for box in boxes), min(box.top for box in boxes)
        right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
        return Box(left, top, right - left, bottom - top)

    def region(self) -> "Region":
        """Return the same rectangle with real-valued sides."""
        return Region(self.left, self.top, self.width, self.height)


class Region(Struct, frozen=True):
    """A rectangle with real-valued sides: the area that a resampling reads.

    It may reach outside the picture, where the edge pixels are repeated.
    """

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Right edge."""
        return self.left + self.width

    @property
    def bottom(self) -> float:
        """Bottom edge."""
        return self.top + self.height

    def rescaled(self, picture: Size, other: Size) -> "Region":
        """Return the same area of the picture after it is resized.

        Args:
            picture: size of the picture that the region refers to.
            other: size of the resized picture.
        """
        across, down = other.width / picture.width, other.height / picture.height
        return Region(self.left * across, self.top * down, self.width * across, self.height * down)

    def box_around(self) -> Box:
        """Return the smallest box of whole pixels that contains the region."""
        left, top = math.floor(self.left), math.floor(self.top)
        return Box(left, top, math.ceil(self.right) - left, math.ceil(self.bottom) - top)

    def box_in(self, frame: Size) -> Box:
        """Return the nearest box of whole pixels inside ``frame``; never empty."""
        left = min(max(0, half_up(self.left)), frame.width - 1)
        top = min(max(0, half_up(self.top)), frame.height - 1)
        right = max(left + 1, min(frame.width, half_up(self.right)))
        bottom = max(top + 1, min(frame.height, half_up(self.bottom)))
        return Box(left, top, right - left, bottom - top)


class Orientation(IntEnum):
    """The eight EXIF values, named by the operation that turns the stored picture upright."""

    UPRIGHT = 1
    MIRROR = 2
    HALF_TURN = 3
    FLIP = 4
    TRANSPOSE = 5
    TURN_RIGHT = 6
    TRANSVERSE = 7
    TURN_LEFT = 8

    @property
    def swaps_axes(self) -> bool:
        """True if width and height of the stored picture are swapped in the upright one."""
        return self >= Orientation.TRANSPOSE

    def size(self, size: Size) -> Size:
        """Return the upright size of a stored picture, or the stored size of an upright one."""
        return size.swapped if self.swaps_axes else size

    def stored_region(self, region: Region, upright: Size) -> Region:
        """Return the region of the stored picture that shows ``region`` of the upright one.

        Args:
            region: in pixels of the upright picture.
            upright: size of that picture.
        """
        right = upright.width - region.right
        bottom = upright.height - region.bottom
        left, top = {
            Orientation.UPRIGHT: (region.left, region.top),
            Orientation.MIRROR: (right, region.top),
            Orientation.HALF_TURN: (right, bottom),
            Orientation.FLIP: (region.left, bottom),
            Orientation.TRANSPOSE: (region.top, region.left),
            Orientation.TURN_RIGHT: (region.top, right),
            Orientation.TRANSVERSE: (bottom, right),
            Orientation.TURN_LEFT: (bottom, region.left),
        }[self]
        if self.swaps_axes:
            return Region(left, top, region.height, region.width)
        return Region(left, top, region.width, region.height)
