"""libvips' integer shrink, exact to the bit. It is used for small pictures, where it costs little.

Attention scores a 32x32 picture in which adjacent scores differ little, so only the exact
arithmetic chooses the window that libvips chooses. The same applies to windows of a small picture.
"""

import math
from collections.abc import Iterator
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from handler.core.geometry import Region, Size, half_up

# libvips' reducev/reduceh (8.18): kernel phases, and the fixed-point scale of their weights.
_PHASES = 64
_WEIGHT_ONE = 4096
_HALF = _WEIGHT_ONE // 2
# Rows computed at a time. Adjacent rows read nearly the same rows of the source.
_BLOCK = 16
BLOCK_PIXELS = 4_000_000
"""Pixels of the source whose columns are shrunk at a time."""

_Real = TypeVar("_Real", np.float32, np.float64)


def shrink_to_square(image: Image.Image, side: int) -> npt.NDArray[np.uint8]:
    """Shrink ``image`` to ``side`` x ``side`` pixels, its aspect ignored.

    An axis that is shorter than ``side`` is not shrunk. Both axes are then enlarged by Catmull-Rom.

    Args:
        image: 8-bit picture of any mode.
        side: side of the result, in pixels.

    Returns:
        uint8 array (side, side, bands).
    """
    whole = Region(0, 0, image.width, image.height)
    size = Size(min(side, image.width), min(side, image.height))
    shrunk = shrink_exactly(image, whole, size)
    if min(image.size) < side:
        shrunk = _enlarged_rows(shrunk, side).swapaxes(0, 1)
        shrunk = _enlarged_rows(shrunk, side).swapaxes(0, 1)
    return np.ascontiguousarray(shrunk)


def shrink_exactly(image: Image.Image, region: Region, size: Size) -> npt.NDArray[np.uint8]:
    """Shrink ``region`` of ``image`` to ``size``.

    Each axis, the vertical one first, is averaged over blocks of half the factor and then resampled
    by Lanczos3. Both results are rounded to integers as in ``vips_resize`` (kernel=lanczos3,
    gap=2).

    Args:
        image: 8-bit picture of any mode.
        region: the area to read, in pixels of ``image``. Outside the picture the edge pixels are
            repeated.
        size: size of the result, at most that of the region.

    Returns:
        uint8 array (size.height, size.width, bands).
    """
    # The columns of a long picture are shrunk some at a time, as each step makes copies.
    rows = np.concatenate(
        [_shrunk_rows(block, region, size.height) for block in _column_blocks(image)],
        axis=1,
    )
    shrink = region.width / size.width
    factor = _box_factor(image.width, shrink)
    columns = _box_columns(rows, factor).swapaxes(0, 1)
    columns = _lanczos_rows(columns, region.left / factor, shrink / factor, size.width)
    return np.ascontiguousarray(columns.swapaxes(0, 1))


def _column_blocks(image: Image.Image) -> Iterator[Image.Image]:
    """Yield the columns in blocks of at most `BLOCK_PIXELS` pixels, from left to right."""
    step = max(1, BLOCK_PIXELS // image.height)
    if step >= image.width:
        yield image
        return
    for left in range(0, image.width, step):
        yield image.crop((left, 0, min(left + step, image.width), image.height))


def _shrunk_rows(image: Image.Image, region: Region, height: int) -> npt.NDArray[np.uint8]:
    """Shrink the vertical axis of ``region`` to ``height``; see `shrink_exactly`."""
    shrink = region.height / height
    factor = _box_factor(image.height, shrink)
    rows = _box_rows(image, factor)
    return _lanczos_rows(rows, region.top / factor, shrink / factor, height)


def _box_factor(side: int, shrink: float) -> int:
    """Return half the factor by which a side shrinks to a whole number of pixels, rounded down."""
    return max(1, math.floor(side / max(1, half_up(side / shrink)) / 2))


def _box_rows(image: Image.Image, factor: int) -> npt.NDArray[np.uint8]:
    """Average runs of ``factor`` rows; the last run is completed with copies of the last row."""
    whole = image.height // factor * factor
    parts = []
    if whole:
        # Pillow's reduce rounds as vips_shrinkv does, and is much faster than numpy.
        body = image if factor == 1 else image.reduce((1, factor), (0, 0, image.width, whole))
        parts.append(_bands(np.asarray(body)))
    if whole < image.height:
        rest = _bands(np.asarray(image.crop((0, whole, image.width, image.height))))
        parts.append(_average(_completed(rest, factor), factor))
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _box_columns(pixels: npt.NDArray[np.uint8], factor: int) -> npt.NDArray[np.uint8]:
    """Average runs of ``factor`` columns; see `_box_rows`."""
    return _average(_completed(pixels.swapaxes(0, 1), factor), factor).swapaxes(0, 1)


def _completed(rows: npt.NDArray[np.uint8], factor: int) -> npt.NDArray[np.uint8]:
    """Return rows with copies of the last one, so that their number is a multiple of ``factor``.

    np.pad takes ten times as long.
    """
    missing = -len(rows) % factor
    return np.concatenate([rows, np.repeat(rows[-1:], missing, axis=0)]) if missing else rows


def _bands(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return pixels[..., np.newaxis] if pixels.ndim == 2 else pixels


def _average(rows: npt.NDArray[np.uint8], factor: int) -> npt.NDArray[np.uint8]:
    """Return the mean of each run of ``factor`` rows, by vips_shrinkv's multiply-and-shift."""
    runs = np.ascontiguousarray(rows).reshape(-1, factor, *rows.shape[1:])
    sums = runs.sum(axis=1, dtype=np.uint32)
    scale = np.uint64((1 << 32) // ((1 << 8) * factor))
    return np.asarray((sums + np.uint64(factor // 2)) * scale >> np.uint64(24), np.uint8)


def _lanczos_rows(
    rows: npt.NDArray[np.uint8], origin: float, shrink: float, length: int
) -> npt.NDArray[np.uint8]:
    """Reduce like vips_reducev: Lanczos3 with fixed-point weights; results are rounded, clipped."""
    if (origin, shrink, length) == (0, 1, len(rows)):
        return rows  # the weights give the same, but are large for a strip of a million rows
    weights = _lanczos_weights(len(rows), origin, shrink, length)
    flat = rows.reshape(len(rows), -1)
    result = np.empty((length, flat.shape[1]), np.uint8)
    for start in range(0, length, _BLOCK):
        block = weights[start : start + _BLOCK]
        read = np.flatnonzero(block.any(axis=0))
        used = slice(read[0], read[-1] + 1)
        # Weights are integers below 2^13 and pixels below 2^8: every sum is exact in float32.
        sums = block[:, used] @ flat[used].astype(np.float32)
        result[start : start + _BLOCK] = ((sums.astype(np.int32) + _HALF) >> 12).clip(0, 255)
    return result.reshape(length, *rows.shape[1:])


def _lanczos_weights(
    side: int, origin: float, shrink: float, length: int
) -> npt.NDArray[np.float32]:
    """Return the fixed-point weights of each output row, (length, side), with edges repeated."""
    taps = 2 * round(3 * shrink) + 1
    centres = origin + (np.arange(length, dtype=np.float64)[:, np.newaxis] + 0.5) * shrink
    first = np.floor(centres)
    distance = (np.arange(taps) - (_phase(centres - first) + taps / 2 - 1)) / shrink
    kernel = np.where(np.abs(distance) < 3, np.sinc(distance) * np.sinc(distance / 3), 0)
    fixed = (kernel / kernel.sum(axis=1, keepdims=True) * _WEIGHT_ONE).astype(np.int32)
    return _matrix(side, first - (math.ceil(taps / 2) - 1), fixed.astype(np.float32))


def _phase(fraction: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Round fractions of a pixel to the positions for which libvips has weights."""
    return np.asarray(np.floor(fraction * _PHASES * 2 + 1) // 2 / _PHASES)


def _matrix(
    side: int, first: npt.NDArray[np.float64], weights: npt.NDArray[_Real]
) -> npt.NDArray[_Real]:
    """Return a matrix (length, side) with each row of ``weights`` (length, taps) at ``first``."""
    length, taps = weights.shape
    index = (first.astype(np.intp) + np.arange(taps)).clip(0, side - 1)
    matrix = np.zeros((length, side), weights.dtype)
    np.add.at(matrix, (np.arange(length)[:, np.newaxis], index), weights)
    return matrix


def _enlarged_rows(rows: npt.NDArray[np.uint8], length: int) -> npt.NDArray[np.uint8]:
    """Enlarge like vips_affine in vips_resize: Catmull-Rom, half a pixel early, edges repeated."""
    side = len(rows)
    position = np.arange(length)[:, np.newaxis] * side / length - 0.5
    first = np.floor(position)
    t = _phase(np.asarray(position - first, np.float64))
    taps = (
        t * (-0.5 + t * (1 - 0.5 * t)),
        1 + t * t * (-2.5 + 1.5 * t),
        t * (0.5 + t * (2 - 1.5 * t)),
        t * t * (-0.5 + 0.5 * t),
    )
    sums = _matrix(side, first - 1, np.concatenate(taps, axis=1)) @ rows.reshape(side, -1)
    return np.asarray(np.clip(np.floor(sums + 0.5), 0, 255), np.uint8).reshape(
        length, *rows.shape[1:]
    )
