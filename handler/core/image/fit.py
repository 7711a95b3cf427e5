"""The two fits of sharp: cover, and contain.

Reproduces the geometry of ``resize(width, height, {fit})`` of sharp 0.35 on libvips 8.18.
"""

from msgspec import Struct

from handler.core.geometry import Box, Region, Size, half_up


class Cover(Struct, frozen=True):
    """A picture of ``source`` pixels, resized by 1/``shrink`` to ``resized`` pixels.

    ``shrink`` is in source pixels per resized pixel and the same on both axes; below 1 it enlarges.
    """

    source: Size
    resized: Size
    shrink: float

    @classmethod
    def of(cls, source: Size, target: Size) -> "Cover":
        """Return the smallest resize of ``source`` that covers ``target`` and keeps its aspect."""
        shrink = min(source.width / target.width, source.height / target.height)
        resized = Size(
            max(target.width, half_up(source.width / shrink)),
            max(target.height, half_up(source.height / shrink)),
        )
        return cls(source, resized, shrink)

    def region_of(self, window: Box) -> Region:
        """Return the area of the source that a window is made from, in source pixels.

        It may leave the picture by up to half a resized pixel. To reduce, libvips centres the
        sampling: if the resized side was rounded, the area exceeds the picture equally on both
        sides. To enlarge, libvips starts half a resized pixel early.

        Args:
            window: the window, in resized pixels.
        """
        return Region(
            window.left * self.shrink - self._inset(self.source.width, self.resized.width),
            window.top * self.shrink - self._inset(self.source.height, self.resized.height),
            window.width * self.shrink,
            window.height * self.shrink,
        )

    def _inset(self, source: int, resized: int) -> float:
        if self.shrink < 1:
            return self.shrink / 2
        if self.shrink == 1:
            return 0
        return (resized * self.shrink - source) / 2


class Contained(Struct, frozen=True):
    """A part of a picture, resized to fit into a square.

    Attributes:
        region: the area that is read, in pixels of the picture. It may leave the part by up to half
            a resized pixel.
        size: size of the resized part, in pixels.
        left: left edge of the resized part in the square, in pixels.
        top: top edge of the resized part in the square, in pixels.
    """

    region: Region
    size: Size
    left: int
    top: int


def contain(content: Box, side: int, *, enlarge: bool = True) -> Contained:
    """Fit a part of a picture into a square: centred, reduced or enlarged, its aspect kept.

    Reproduces sharp's ``resize({fit: "contain"})``.

    Args:
        content: the part, in pixels of the picture.
        side: side of the square, in pixels.
        enlarge: whether a part that is smaller than the square is enlarged.
    """
    shrink = max(content.width, content.height) / side
    if not enlarge:
        shrink = max(1.0, shrink)
    fitted = Size(
        *(min(side, max(1, _resized(n, shrink))) for n in (content.width, content.height))
    )
    read = Cover(Size(content.width, content.height), fitted, shrink).region_of(
        Box(0, 0, fitted.width, fitted.height)
    )
    region = Region(content.left + read.left, content.top + read.top, read.width, read.height)
    left, top = (side - fitted.width) // 2, (side - fitted.height) // 2
    return Contained(region, fitted, left, top)


def _resized(length: int, shrink: float) -> int:
    """Return the length of a resized side, computed in the same order as in sharp and libvips.

    If the result ends in a half, its last bit decides how it is rounded.
    """
    scale = 1 / shrink
    return half_up(length * scale if scale > 1 else length / (1 / scale))
