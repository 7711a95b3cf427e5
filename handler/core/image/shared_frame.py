"""A frame for several plans."""

from handler.core.geometry import Size
from handler.core.image.frame import Frame, Pixels


class SharedFrame:
    """A frame that several plans share, decoded at the finest scale that any of them needs."""

    def __init__(self, frame: Frame, shrink: float) -> None:
        """Wrap a frame.

        Args:
            frame: the opened picture.
            shrink: the smallest shrink of all uses; see `Frame.pixels`.
        """
        self._frame = frame
        self._shrink = shrink

    @property
    def size(self) -> Size:
        """Size of the upright picture at full scale."""
        return self._frame.size

    def pixels(self, shrink: float) -> Pixels:
        """Decode the picture, at the same scale for every coarser use."""
        return self._frame.pixels(min(shrink, self._shrink))

    def forget_pixels(self) -> None:
        """Free the memory of the decoded pixels."""
        self._frame.forget_pixels()
