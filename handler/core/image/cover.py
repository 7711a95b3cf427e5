"""The cover resize of sharp: how large the picture becomes, and where each output pixel reads.

Reproduces sharp 0.35's ``resize(width, height, {fit: "cover"})`` on libvips 8.18.
"""

from dataclasses import dataclass

from handler.core.geometry import Box, Region, Size, half_up


@dataclass(frozen=True, slots=True)
class Cover:
    """A picture of ``source`` pixels, resized by 1/``shrink`` to ``resized`` pixels.

    ``shrink`` is in source pixels per resized pixel and the same on both axes; below 1 it enlarges.
    """

    source: Size
    resized: Size
    shrink: float

    @classmethod
    def of(cls, source: Size, target: Size) -> "Cover":
        """The smallest resize of ``source`` that covers ``target``, its aspect kept."""
        shrink = min(source.width / target.width, source.height / target.height)
        resized = Size(
            max(target.width, half_up(source.width / shrink)),
            max(target.height, half_up(source.height / shrink)),
        )
        return cls(source, resized, shrink)

    def region_of(self, window: Box) -> Region:
        """The area of the source that ``window``, in resized pixels, is made from.

        It may leave the picture by up to half a resized pixel. Reducing, libvips centres the
        sampling: where the resized side is rounded, the excess hangs out evenly on both sides.
        Enlarging, it starts half a resized pixel early.
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
