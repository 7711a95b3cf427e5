"""EXIF orientation: from the picture as stored to the picture as seen, and back."""

from enum import IntEnum

from PIL import Image

from handler.core.geometry import Region, Size


class Orientation(IntEnum):
    """The EXIF tag's eight values, named by what turns the stored picture upright."""

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
        """Whether the upright picture is as wide as the stored one is high."""
        return self >= Orientation.TRANSPOSE

    def size(self, size: Size) -> Size:
        """The size of a stored picture when upright, and of an upright one as stored."""
        return size.swapped if self.swaps_axes else size

    def turn_upright(self, stored: Image.Image) -> Image.Image:
        """The picture as seen."""
        method = _METHODS.get(self)
        return stored if method is None else stored.transpose(method)

    def stored_region(self, region: Region, upright: Size) -> Region:
        """Where ``region`` of the picture as seen lies in the picture as stored.

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


_METHODS = {
    Orientation.MIRROR: Image.Transpose.FLIP_LEFT_RIGHT,
    Orientation.HALF_TURN: Image.Transpose.ROTATE_180,
    Orientation.FLIP: Image.Transpose.FLIP_TOP_BOTTOM,
    Orientation.TRANSPOSE: Image.Transpose.TRANSPOSE,
    Orientation.TURN_RIGHT: Image.Transpose.ROTATE_270,
    Orientation.TRANSVERSE: Image.Transpose.TRANSVERSE,
    Orientation.TURN_LEFT: Image.Transpose.ROTATE_90,
}
