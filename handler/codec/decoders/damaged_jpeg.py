"""JPEG files with errors that viewers ignore."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
import numpy.typing as npt

from handler.codec.headers.header import MOST_MISSING
from handler.codec.headers.jpeg import JpegHeader, last_scan
from handler.core.image.freed_rows import Samples
from handler.errors import ProcessingFailed

Rows = npt.NDArray[np.bool_]

_END = b"\xff\xd9"
# libjpeg-turbo decodes blocks that are missing to 128 in all components. The conversion of colours
# may move it by one level, and inks are 255 minus it.
_LEAST_GREY, _GREY_LEVELS = 126, 4
# Largest height of the blocks of all components that cover the same rectangle.
_UNIT_ROWS = 16
_EDGE_COLUMNS = 8
_STRIP_ROWS = 64
# Scale at which two versions of a picture are compared, which need less memory than the picture.
_COARSE = 2


class Read(Protocol):
    """A function that decodes a file, and raises ValueError for an error."""

    def __call__(self, data: bytes, scale: int, *, strict: bool) -> Samples:
        """Return an array (height, width, bands).

        Args:
            data: the file.
            scale: the picture is decoded at 1/scale of its size.
            strict: whether errors that libjpeg-turbo can ignore are raised.
        """


def decode(header: JpegHeader, scale: int, read: Read, colours: int) -> Samples:
    """Decode a file with errors.

    Args:
        header: of the file.
        scale: the picture is decoded at 1/scale of its size.
        read: decodes it.
        colours: number of bands that hold colours or inks.

    Returns:
        The array that ``read`` returns.

    Raises:
        ProcessingFailed: the error cannot be ignored, or more than 0.5 % of the rows are missing.
    """
    try:
        if header.several_scans:
            missing = _missing_of_scans(header, read)
            pixels = read(header.data, scale, strict=False)
        else:
            pixels = read(header.data, scale, strict=False)
            missing = _grey_rows(pixels[..., :colours], -(-_UNIT_ROWS // scale)) / len(pixels)
    except (ValueError, MemoryError) as error:
        raise ProcessingFailed("The JPEG data are damaged or incomplete") from error
    if missing > MOST_MISSING:
        raise ProcessingFailed("The JPEG data are damaged or incomplete")
    return pixels


def _missing_of_scans(header: JpegHeader, read: Read) -> float:
    """Return the share of rows that one of several scans does not reach.

    If the last scan ends early, the rows after it have the pixels of the earlier scans.
    """
    start, is_last = last_scan(header.data, header.components)
    if not is_last:
        return 1
    if header.data.find(_END, start) >= 0:
        return 0
    try:
        read(header.data + _END, _COARSE, strict=True)
    except ValueError:
        pass
    else:  # only the end marker is missing
        return 0
    # A file that ends after the header of the scan. If it ended before that header, libjpeg-turbo
    # would smooth the blocks.
    coarse = read(header.data[:start] + _END, _COARSE, strict=False)
    pixels = read(header.data, _COARSE, strict=False)
    rows = _last_rows(pixels, lambda rows: np.all(pixels[rows] == coarse[rows], axis=(1, 2)))
    return rows / len(pixels)


def _grey_rows(pixels: Samples, unit: int) -> int:
    """Return the number of rows at the bottom whose blocks are missing.

    Args:
        pixels: array (height, width, bands).
        unit: height of the blocks, some of which may be missing in the last row of blocks.
    """

    def grey(part: Samples) -> Rows:
        # Differences below zero wrap around.
        levels = part - np.uint8(_LEAST_GREY)
        rows: Rows = np.all(levels < _GREY_LEVELS, axis=(1, 2))
        return rows

    whole = _last_rows(pixels, lambda rows: grey(pixels[rows]))
    rest = pixels[max(0, len(pixels) - whole - unit) : len(pixels) - whole, -_EDGE_COLUMNS:]
    return whole + _last_rows(rest, lambda rows: grey(rest[rows]))


def _last_rows(pixels: Samples, holds: Callable[[slice], Rows]) -> int:
    """Return the number of last rows for which a condition holds.

    Args:
        pixels: array (height, width, bands).
        holds: returns for some rows if the condition holds.
    """
    stop = len(pixels)
    while stop > 0:
        start = max(0, stop - _STRIP_ROWS)
        held = holds(slice(start, stop))[::-1]
        if not held.all():
            return len(pixels) - stop + int(held.argmin())
        stop = start
    return len(pixels)
