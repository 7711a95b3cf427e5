"""Statistics of a picture's edges, where background and noise are measured."""

from typing import TypeVar

import numpy as np
import numpy.typing as npt
from PIL import Image

from handler.core.image.components import Mask
from handler.core.trim.background_surface import Planes, planes

Sample = TypeVar("Sample", np.uint8, np.bool_)

# Width of the edge that background and noise are measured on, as a share of the shorter side.
_EDGE = 0.02
# Width of the strips in which the noise of single pixels is measured.
_NOISE_STRIP = 8
# Upper quartile of the absolute value of a normal variable, in standard deviations.
_THIRD_QUARTILE = 1.1503


def edge_samples(pixels: Planes, excluded: Mask) -> Planes:
    """Return the samples of the edges outside a mask, or all if none is outside.

    Args:
        pixels: uint8 (bands, height, width).
        excluded: bool (height, width).

    Returns:
        Array (bands, samples).
    """
    samples = _flat(_edges(pixels))
    included = ~_flat(_edges(excluded[np.newaxis]))[0]
    return samples[:, included] if included.any() else samples


def lower_quartile(distance: Planes, excluded: Mask) -> float:
    """Return the lower quartile of distances at the edges, in the band with the largest.

    Args:
        distance: uint8 (bands, height, width).
        excluded: pixels that are not measured, bool (height, width).
    """
    return float(np.percentile(edge_samples(distance, excluded), 25, axis=1).max())


def noise_of_view(levels: Planes) -> float:
    """Return the standard deviation of the noise at the edges of an averaged picture."""
    return _noise(_edges(levels))


def noise_of_pixels(image: Image.Image, mode: str) -> float:
    """Return the standard deviation of the noise of single pixels at the edges.

    Args:
        image: the picture.
        mode: mode in which its levels are compared.
    """
    width, height = image.size
    deep, wide = min(_NOISE_STRIP, height), min(_NOISE_STRIP, width)
    strips = [(0, 0, width, deep), (0, height - deep, width, height),
              (0, 0, wide, height), (width - wide, 0, width, height)]  # fmt: skip
    edges = [planes(image.crop(strip).convert(mode)) for strip in strips]
    return _noise([*edges[:2], *(edge.transpose(0, 2, 1) for edge in edges[2:])])


def _noise(edges: list[Planes]) -> float:
    """Return the standard deviation of noise from differences along the edges."""
    steps = [np.abs(np.diff(edge.astype(np.int16), axis=2)) for edge in edges]
    samples = np.concatenate([step.reshape(len(step), -1) for step in steps], axis=1)
    if not samples.size:
        return 0
    # The upper quartile, not the median, because half of the noise on white is clipped.
    return float(np.percentile(samples, 75, axis=1).max()) / _THIRD_QUARTILE / 2**0.5


def _edges(pixels: npt.NDArray[Sample]) -> list[npt.NDArray[Sample]]:
    """Return the four edges, each (bands, lines, length)."""
    width = max(1, round(min(pixels.shape[1:]) * _EDGE))
    turned = pixels.transpose(0, 2, 1)
    return [part for side in (pixels, turned) for part in (side[:, :width], side[:, -width:])]


def _flat(edges: list[npt.NDArray[Sample]]) -> npt.NDArray[Sample]:
    """Return all samples of the edges, (bands, samples)."""
    return np.concatenate([edge.reshape(len(edge), -1) for edge in edges], axis=1)
