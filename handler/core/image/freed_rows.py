"""Rows of a decoded picture, whose memory is freed while they are read, the last ones first."""

from collections.abc import Callable
from contextlib import suppress
from mmap import mmap
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from PIL import Image

from handler.core.geometry import Size

Samples = npt.NDArray[np.uint8]

# Bytes of the rows that `PackedRows.reduced` copies at a time, with what is made of them: first
# the one, and the other once so much was freed. Each copy then uses the memory of the last one.
_FEW_BYTES, _MANY_BYTES = 2 << 20, 4 << 20
_PACKED_BYTES, _PIXEL_BYTES = 3, 4
# Bytes that `PackedRows.reduced` frees: as many as the steps after it need. The system would have
# to clear all further ones for the next picture, which takes a twentieth of the time of a PNG.
_FREED_BYTES = 8 << 20
# Rows that are copied at a time; so many stay in the processor's cache.
_COPIED_ROWS = 64


class Rows(Protocol):
    """The rows of a picture, in memory that no other object uses.

    Attributes:
        reusable: whether other pictures can use the memory of freed rows.
    """

    reusable: bool

    def image(self, mode: str, size: Size) -> Image.Image:
        """Return the first rows as a picture that uses their memory.

        Args:
            mode: mode of the picture.
            size: width of the picture and number of rows.
        """

    def keep(self, height: int) -> None:
        """Free all rows but the first ones. No picture of `image` may exist.

        Args:
            height: number of rows to keep.
        """


def map_rows(
    memory: Samples | mmap, mode: str, size: Size, stride: int, offset: int = 0
) -> Image.Image:
    """Return rows as a picture that uses their memory.

    `Image.frombuffer` copies pixels of modes RGB and RGBa.

    Args:
        memory: contiguous uint8 array, or mapped memory.
        mode: mode of the picture.
        size: width of the picture and number of rows.
        stride: bytes of a row.
        offset: of the first row, in bytes.
    """
    core: Any = Image.core  # type: ignore[attr-defined]  # Pillow's C module
    mapped = core.map_buffer(memory, (size.width, size.height), "raw", offset, (mode, stride, 1))
    return Image.Image()._new(mapped)


def unfilled(mode: str, size: Size) -> Image.Image:
    """Return a picture whose pixels must be written before they are read.

    The system provides its memory page by page as pixels are written. `Image.new` fills a picture
    even if it receives no colour.

    Args:
        mode: mode of the picture.
        size: size of the picture, in pixels.
    """
    row = size.width * (1 if mode == "L" else _PIXEL_BYTES)
    return map_rows(np.empty(row * size.height, np.uint8), mode, size, row)


class ArrayRows:
    """Rows in an array, which shrinks.

    The C library reuses the memory at the end of a block that has shrunk, without returning it to
    the system, which would have to clear it again.
    """

    reusable = True

    def __init__(self, samples: Samples, stride: int) -> None:
        """Use the memory of an array.

        Args:
            samples: uint8 array of one dimension, which owns its memory.
            stride: bytes of a row.
        """
        self._samples = samples
        self._stride = stride

    def image(self, mode: str, size: Size) -> Image.Image:
        """Return the first rows; see `Rows`."""
        return map_rows(self._samples, mode, size, self._stride)

    def keep(self, height: int) -> None:
        """Free the other rows; see `Rows`."""
        with suppress(ValueError):  # referenced elsewhere
            self._samples.resize(height * self._stride)


class PackedRows:
    """Rows of three bytes a pixel, which Pillow cannot use without a copy.

    Attributes:
        size: size of the picture.
    """

    def __init__(self, samples: Samples, give_back: Callable[[Samples], None]) -> None:
        """Use the memory of an array.

        Args:
            samples: uint8 array (height, width, 3), red first, which owns its memory.
            give_back: returns the memory of rows to the system.
        """
        height, width = samples.shape[:2]
        self.size = Size(width, height)
        self._samples = samples
        self._give_back = give_back

    def image(self) -> Image.Image:
        """Return a copy of all rows, mode RGB, and free the rows."""
        image = unfilled("RGB", self.size)
        for top in range(0, self.size.height, _COPIED_ROWS):
            bottom = min(top + _COPIED_ROWS, self.size.height)
            image.paste(self._copied(top, bottom), (0, top))
            self._give_back(self._samples[top:bottom])
        return image

    def reduced(
        self, width: int, step: int, reduce: Callable[[Image.Image], Image.Image]
    ) -> Image.Image | None:
        """Return a smaller picture in the memory of the rows, which are overwritten.

        Args:
            width: width of the result.
            step: number of rows that become one row of the result; the last ones may be fewer.
            reduce: returns a part of the result, mode RGB, for some rows of mode RGB, which it may
                overwrite.

        Returns:
            Picture of mode RGB; None, with nothing overwritten, if its rows do not fit.
        """
        row, written = _PACKED_BYTES * self.size.width, _PIXEL_BYTES * width
        if written > row * step:
            return None
        flat = self._samples.reshape(-1)
        height, length = self.size.height, -(-self.size.height // step)
        result = map_rows(flat, "RGB", Size(width, length), written)
        bottom = given_back = 0
        while bottom < height:
            freed = row * bottom - written * length
            used = _MANY_BYTES if freed + _FEW_BYTES >= _MANY_BYTES else _FEW_BYTES
            steps = used // (_PIXEL_BYTES * self.size.width * step + written)
            top, bottom = bottom, min(height, bottom + max(1, steps) * step)
            result.paste(reduce(self._copied(top, bottom)), (0, top // step))
            unused = flat[max(row * top, written * length) : row * bottom]
            if given_back < _FREED_BYTES and len(unused):
                self._give_back(unused)
                given_back += len(unused)
        return result

    def _copied(self, top: int, bottom: int) -> Image.Image:
        size = self.size.width, bottom - top
        return Image.frombuffer("RGB", size, self._samples[top:bottom], "raw", "RGB", 0, 1)
