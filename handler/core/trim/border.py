"""Trim: the box of what is not background.

Reproduces sharp 0.35's ``trim`` (``vips_find_trim``): alpha is flattened on the background, a 3x3
median takes specks out, and a pixel counts as content when any band is further from the background
than the threshold. Alpha is searched in the same way, and the boxes are united.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from handler.core.geometry import Box

Samples = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

# Borders are scanned inwards by strips of about this many bytes, until content is met: most of the
# picture is never looked at. The allocator takes what is much larger from the system anew each
# time, which costs more than the scanning.
_STRIP_BYTES = 128 * 1024
# Every strip reads a line more on either side for the median, so a thin one is not worth it.
_FEWEST_LINES = 8
# Of the nine pixels under a 3x3 median, five decide on which side of a bound it lies.
_MAJORITY = 5


def corner_colour(image: Image.Image) -> tuple[int, ...]:
    """The top left pixel, which sharp takes for the background; one value a band."""
    pixel = image.getpixel((0, 0))
    values = pixel if isinstance(pixel, tuple) else (int(pixel or 0),)
    return values[:3] if image.mode == "RGBX" else values


def find_content(image: Image.Image, threshold: int, background: tuple[int, ...]) -> Box | None:
    """Find the smallest box that holds everything but the background.

    Args:
        image: upright picture, mode L, RGB, RGBX, CMYK or RGBA with straight alpha.
        threshold: how far a pixel may be from the background, 0 to 255.
        background: one value for each band of ``image``, alpha included.

    Returns:
        The box in pixels of ``image``; None when there is nothing but background.
    """
    width, height = image.size
    test = _ContentTest.of(image, threshold, background)

    def rows(start: int, stop: int) -> Mask:
        found = test.content_in(Box(0, start, width, stop - start))
        return np.asarray(found.any(axis=(1, 2)), np.bool_)

    step = test.lines_per_strip(width)
    top = _first(rows, 0, height, step)
    if top is None:
        return None
    bottom = _last(rows, top, height, step)

    def columns(start: int, stop: int) -> Mask:
        found = test.content_in(Box(start, top, stop - start, bottom - top))
        # Both axes at once would be an order of magnitude slower.
        columns_by_band = np.asarray(found.any(axis=0), np.bool_)
        return np.asarray(columns_by_band.any(axis=1), np.bool_)

    step = test.lines_per_strip(bottom - top)
    left = _first(columns, 0, width, step)
    if left is None:
        return None
    return Box(left, top, _last(columns, left, width, step) - left, bottom - top)


def majority(mask: Mask) -> Mask:
    """Where most of the 3x3 neighbourhood is set: a median, on one side of a bound.

    Args:
        mask: (height, width, ...).

    Returns:
        As ``mask``, one line shorter on each of the four sides.
    """
    counts = mask.view(np.uint8)
    across = counts[:, :-2] + counts[:, 1:-1] + counts[:, 2:]
    return np.asarray(across[:-2] + across[1:-1] + across[2:] >= _MAJORITY, np.bool_)


@dataclass(frozen=True, slots=True)
class _ContentTest:
    """Tells content from background, sample by sample.

    Attributes:
        image: the picture.
        background: uint8 (samples of a pixel).
        lowest: uint8 (samples of a row), the least that is background.
        highest: uint8 (samples of a row), the most.
    """

    image: Image.Image
    background: Samples
    lowest: Samples
    highest: Samples

    @classmethod
    def of(cls, image: Image.Image, threshold: int, background: tuple[int, ...]) -> "_ContentTest":
        values = np.array(background)
        bounds = [np.maximum(values - threshold, 0), np.minimum(values + threshold, 255)]
        if image.mode == "RGBX":  # anything may stand in the byte that fills up a pixel
            values, *bounds = (
                np.append(part, filler)
                for part, filler in zip((values, *bounds), (0, 0, 255), strict=True)
            )
        # Long rows of samples are compared many times faster than pixel after pixel.
        rows = (np.tile(bound.astype(np.uint8), image.width) for bound in bounds)
        return cls(image, values.astype(np.uint8), *rows)

    def lines_per_strip(self, length: int) -> int:
        """How many lines of that many pixels make a strip."""
        return max(_FEWEST_LINES, _STRIP_BYTES // (length * len(self.background)))

    def content_in(self, box: Box) -> Mask:
        """Which samples of a box are content: (height, width, samples)."""
        left, top = max(0, box.left - 1), max(0, box.top - 1)
        right, bottom = min(self.image.width, box.right + 1), min(self.image.height, box.bottom + 1)
        shape = (bottom - top, right - left, len(self.background))
        found = np.zeros((box.height, box.width, shape[2]), np.bool_)
        shown = self._flattened(
            np.asarray(self.image.crop((left, top, right, bottom))).reshape(shape)
        )
        if shown is None:
            return found
        # Edge pixels are repeated outside the picture.
        missing = [
            (top - box.top + 1, box.bottom + 1 - bottom),
            (left - box.left + 1, box.right + 1 - right),
            (0, 0),
        ]
        lines = shown.reshape(shape[0], -1)
        row = lines.shape[1]
        for far in (lines > self.highest[:row], lines < self.lowest[:row]):
            if far.any():
                found |= majority(np.pad(far.reshape(shape), missing, mode="edge"))
        return found

    def _flattened(self, pixels: Samples) -> Samples | None:
        """The pixels as they are seen on the background, with their alpha; None: not at all."""
        if self.image.mode != "RGBA":
            return pixels
        opacity = pixels[..., 3:]
        if opacity.min() == 255:
            return pixels
        if opacity.max() == self.lowest[3] == 0:
            return None
        alpha = opacity.astype(np.uint16)
        background = self.background[:3] * (255 - alpha)
        flat = (pixels[..., :3] * alpha + background) // 255
        return np.concatenate([flat.astype(np.uint8), opacity], axis=2)


def _first(found: Callable[[int, int], Mask], start: int, stop: int, step: int) -> int | None:
    for near in range(start, stop, step):
        hits = found(near, min(near + step, stop))
        if hits.any():
            return near + int(hits.argmax())
    return None


def _last(found: Callable[[int, int], Mask], start: int, stop: int, step: int) -> int:
    """One past the last line that is found; ``start`` itself is known to be."""
    for far in range(stop, start, -step):
        hits = found(max(start, far - step), far)
        if hits.any():
            return far - int(hits[::-1].argmax())
    return start + 1
