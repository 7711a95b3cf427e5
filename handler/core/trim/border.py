"""Trim: the box of everything that is not background.

Reproduces sharp 0.35's ``trim`` (``vips_find_trim``). Alpha is flattened on the background, and a
3x3 median removes specks, except in line art. A pixel counts as content if any band differs from
the background by more than the threshold. Alpha is searched in the same way, and the two boxes are
united.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from PIL import Image

from handler.core.geometry import Box

Samples = npt.NDArray[np.uint8]
Mask = npt.NDArray[np.bool_]

# Borders are scanned inwards in strips of about this many bytes until content is found, so most of
# the picture is never read. For much larger strips the allocator would request memory from the
# system each time, which costs more than the scan.
_STRIP_BYTES = 128 * 1024
# Every strip reads one more line on either side for the median, which makes thin strips costly.
_FEWEST_LINES = 8
# Of the nine pixels under a 3x3 median, five decide on which side of a bound it lies.
_MAJORITY = 5


def corner_colour(image: Image.Image) -> tuple[int, ...]:
    """Return the top left pixel, which sharp uses as the background, as one value for each band."""
    pixel = image.getpixel((0, 0))
    values = pixel if isinstance(pixel, tuple) else (int(pixel or 0),)
    return values[:3] if image.mode == "RGBX" else values


def find_content(
    image: Image.Image, threshold: int, background: tuple[int, ...], *, line_art: bool = False
) -> Box | None:
    """Return the smallest box that contains everything but the background.

    Args:
        image: upright picture, mode L, RGB, RGBX, CMYK or RGBA with straight alpha.
        threshold: largest difference from the background, in any band, 0 to 255.
        background: one value for each band of ``image``, alpha included.
        line_art: whether single pixels are content. Otherwise a median removes them.

    Returns:
        The box in pixels of ``image``; None if there is only background.
    """
    width, height = image.size
    test = _ContentTest.of(image, threshold, background, line_art=line_art)

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
    """Return whether most of the 3x3 pixels around each pixel are set: the median of a mask.

    Args:
        mask: bool array (height, width, ...).

    Returns:
        bool array (height - 2, width - 2, ...).
    """
    counts = mask.view(np.uint8)
    across = counts[:, :-2] + counts[:, 1:-1] + counts[:, 2:]
    return np.asarray(across[:-2] + across[1:-1] + across[2:] >= _MAJORITY, np.bool_)


class _ContentTest(Struct, frozen=True):
    """The test that separates content from background, for each sample.

    Attributes:
        image: the picture.
        background: the background, uint8 (samples of a pixel).
        lowest: the smallest value that is background, uint8 (samples of a row).
        highest: the largest value that is background, uint8 (samples of a row).
        line_art: whether single pixels are content.
    """

    image: Image.Image
    background: Samples
    lowest: Samples
    highest: Samples
    line_art: bool

    @classmethod
    def of(
        cls, image: Image.Image, threshold: int, background: tuple[int, ...], *, line_art: bool
    ) -> "_ContentTest":
        values = np.array(background)
        bounds = [np.maximum(values - threshold, 0), np.minimum(values + threshold, 255)]
        if image.mode == "RGBX":  # the fourth byte of a pixel is undefined
            values, *bounds = (
                np.append(part, filler)
                for part, filler in zip((values, *bounds), (0, 0, 255), strict=True)
            )
        # Whole rows of samples are compared many times faster than single pixels.
        rows = (np.tile(bound.astype(np.uint8), image.width) for bound in bounds)
        lowest, highest = rows
        return cls(image, values.astype(np.uint8), lowest, highest, line_art)

    def lines_per_strip(self, length: int) -> int:
        """Return the number of lines of ``length`` pixels in a strip."""
        return max(_FEWEST_LINES, _STRIP_BYTES // (length * len(self.background)))

    def content_in(self, box: Box) -> Mask:
        """Return which samples of a box are content, bool (height, width, samples)."""
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
                around = np.pad(far.reshape(shape), missing, mode="edge")
                found |= around[1:-1, 1:-1] if self.line_art else majority(around)
        return found

    def _flattened(self, pixels: Samples) -> Samples | None:
        """Return the pixels on the background, with their alpha; None if all are invisible."""
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
    """Return one past the last line with content; line ``start`` is known to have some."""
    for far in range(stop, start, -step):
        hits = found(max(start, far - step), far)
        if hits.any():
            return far - int(hits[::-1].argmax())
    return start + 1
