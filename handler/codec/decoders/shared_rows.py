"""The rows of a picture that a worker process has decoded."""

from mmap import mmap

from PIL import Image

from handler.core.geometry import Size
from handler.core.image.freed_rows import map_rows
from handler.sandbox.pixels import HEADER_BYTES, PLAIN_MODES, free_rows


class SharedRows:
    """Rows in the memory that a worker process has written, which has ended."""

    reusable = False

    def __init__(self, memory: mmap, mode: str, size: Size) -> None:
        """Use the memory of a picture.

        Args:
            memory: the shared memory.
            mode: mode of the picture.
            size: size of the picture.
        """
        self._memory = memory
        self._stride = PLAIN_MODES[mode] * size.width
        self._height = size.height

    def image(self, mode: str, size: Size) -> Image.Image:
        """Return the first rows; see `handler.core.image.freed_rows.Rows`."""
        return map_rows(self._memory, mode, size, self._stride, HEADER_BYTES)

    def keep(self, height: int) -> None:
        """Free the other rows; see `handler.core.image.freed_rows.Rows`."""
        free_rows(self._memory, height * self._stride, self._height * self._stride)
        self._height = height
