"""The entropy strategy: strips with little information are removed until the window remains.

Reproduces ``vips_smartcrop`` (interesting=entropy) of libvips 8.18.
"""

import math

import numpy as np
import numpy.typing as npt

from handler.core.geometry import Box, Size

# Number of strips into which libvips divides what it removes along the axis that loses most.
_STEPS = 8


def busiest_window(pixels: npt.NDArray[np.uint8], target: Size) -> Box:
    """Return the window of ``target`` pixels that keeps the most information.

    Alternately along x and y, the outer strip with the lower Shannon entropy is removed. Of equal
    strips, the right or bottom one is removed.

    Args:
        pixels: uint8 array (height, width, bands) of the whole resized picture; alpha, if any,
            counts as a band.
        target: size of the window, at most that of the picture.

    Returns:
        The window, in pixels of the resized picture.
    """
    height, width = pixels.shape[:2]
    left = top = 0
    strip = max(
        math.ceil((width - target.width) / _STEPS), math.ceil((height - target.height) / _STEPS)
    )
    while width > target.width or height > target.height:
        cut = min(width - target.width, strip)
        if cut > 0:
            rows = pixels[top : top + height]
            near = _entropy(rows[:, left : left + cut])
            far = _entropy(rows[:, left + width - cut : left + width])
            width -= cut
            left += cut if near < far else 0
        cut = min(height - target.height, strip)
        if cut > 0:
            columns = pixels[:, left : left + width]
            near = _entropy(columns[top : top + cut])
            far = _entropy(columns[top + height - cut : top + height])
            height -= cut
            top += cut if near < far else 0
    return Box(left, top, width, height)


def _entropy(pixels: npt.NDArray[np.uint8]) -> float:
    """Return the Shannon entropy, in bits, of the histograms of all bands as one distribution."""
    counts = np.concatenate([np.bincount(band.ravel()) for band in np.moveaxis(pixels, 2, 0)])
    share = counts[counts > 0] / pixels.size
    return float(-(share * np.log2(share)).sum())
