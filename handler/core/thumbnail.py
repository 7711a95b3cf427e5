"""libvips' integer shrink of a picture to a tiny one, to the bit.

Attention scores a 32x32 picture, and neighbouring scores lie close together: only the exact
arithmetic picks the window that libvips picks.
"""

import math

import numpy as np
import numpy.typing as npt
from PIL import Image

# libvips' reducev/reduceh (8.18): kernel phases, and the fixed-point scale of their weights.
_PHASES = 64
_WEIGHT_ONE = 4096


def thumbnail(image: Image.Image, side: int) -> npt.NDArray[np.uint8]:
    """Shrink ``image`` to ``side`` x ``side`` pixels, its aspect ignored.

    Per axis, vertical first: a box average by half the factor, then Lanczos3, each rounded to
    integers as ``vips_resize`` (kernel=lanczos3, gap=2) rounds them. If an axis is then still
    shorter than ``side``, Catmull-Rom follows on both.

    Returns:
        uint8 array (side, side, bands).
    """
    rows = _box_rows(image, _box_factor(image.height / side))
    rows = _lanczos_rows(rows, image.height / side, side)
    columns = _box_columns(rows, _box_factor(image.width / side))
    columns = _lanczos_rows(columns.swapaxes(0, 1), image.width / side, side)
    if min(columns.shape[:2]) < side:
        columns = _enlarged_rows(columns, side).swapaxes(0, 1)
        columns = _enlarged_rows(columns, side).swapaxes(0, 1)
    return np.ascontiguousarray(columns.swapaxes(0, 1))


def _box_factor(shrink: float) -> int:
    return max(1, math.floor(shrink / 2))


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
        missing = factor - len(rest)
        parts.append(_average(np.pad(rest, ((0, missing), (0, 0), (0, 0)), "edge"), factor))
    return np.concatenate(parts) if len(parts) > 1 else parts[0]


def _box_columns(pixels: npt.NDArray[np.uint8], factor: int) -> npt.NDArray[np.uint8]:
    missing = -pixels.shape[1] % factor
    padded = np.pad(pixels, ((0, 0), (0, missing), (0, 0)), "edge") if missing else pixels
    return _average(padded.swapaxes(0, 1), factor).swapaxes(0, 1)


def _bands(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return pixels[..., np.newaxis] if pixels.ndim == 2 else pixels


def _average(rows: npt.NDArray[np.uint8], factor: int) -> npt.NDArray[np.uint8]:
    """Mean of runs of ``factor`` rows, by vips_shrinkv's multiply-and-shift."""
    sums = rows.reshape(-1, factor, *rows.shape[1:]).sum(axis=1, dtype=np.uint64)
    scale = np.uint64((1 << 32) // ((1 << 8) * factor))
    return np.asarray((sums + np.uint64(factor // 2)) * scale >> np.uint64(24), np.uint8)


def _lanczos_rows(rows: npt.NDArray[np.uint8], shrink: float, length: int) -> npt.NDArray[np.uint8]:
    """vips_reducev: Lanczos3 with fixed-point weights and clipped, rounded results."""
    if shrink <= 1:
        return rows
    residual = shrink / _box_factor(shrink)
    weights = _lanczos_weights(len(rows), residual, length)
    # Weights are integers below 2^13 and pixels below 2^8: every sum is exact in float32.
    sums = weights @ rows.reshape(len(rows), -1).astype(np.float32)
    rounded = (sums.astype(np.int32) + _WEIGHT_ONE // 2) >> 12
    return np.asarray(np.clip(rounded, 0, 255), np.uint8).reshape(length, *rows.shape[1:])


def _lanczos_weights(side: int, shrink: float, length: int) -> npt.NDArray[np.float32]:
    """Matrix (length, side) of the fixed-point weights of each output row; edges replicated."""
    taps = 2 * round(3 * shrink) + 1
    matrix = np.zeros((length, side), np.float32)
    for row in range(length):
        centre = (row + 0.5) * shrink
        first = math.floor(centre)
        phase = _phase(centre - first)
        distance = (np.arange(taps) - (phase + taps / 2 - 1)) / shrink
        kernel = np.where(np.abs(distance) < 3, np.sinc(distance) * np.sinc(distance / 3), 0)
        fixed = (kernel / kernel.sum() * _WEIGHT_ONE).astype(np.int32)
        index = np.arange(taps) + first - (math.ceil(taps / 2) - 1)
        np.add.at(matrix[row], np.clip(index, 0, side - 1), fixed)
    return matrix


def _phase(fraction: float) -> float:
    """A fraction of a pixel, rounded to the positions that libvips has weights for."""
    return int(fraction * _PHASES * 2 + 1) // 2 / _PHASES


def _enlarged_rows(rows: npt.NDArray[np.uint8], length: int) -> npt.NDArray[np.uint8]:
    """vips_affine as vips_resize calls it: Catmull-Rom, half a pixel early, edges replicated."""
    side = len(rows)
    weights = np.zeros((length, side))
    for row in range(length):
        position = row * side / length - 0.5
        first = math.floor(position)
        t = _phase(position - first)
        taps = (
            t * (-0.5 + t * (1 - 0.5 * t)),
            1 + t * t * (-2.5 + 1.5 * t),
            t * (0.5 + t * (2 - 1.5 * t)),
            t * t * (-0.5 + 0.5 * t),
        )
        np.add.at(weights[row], np.clip(np.arange(first - 1, first + 3), 0, side - 1), taps)
    sums = weights @ rows.reshape(side, -1)
    return np.asarray(np.clip(np.floor(sums + 0.5), 0, 255), np.uint8).reshape(
        length, *rows.shape[1:]
    )
