"""Trim: the box of what is not background.

Reproduces sharp 0.35's ``trim`` (``vips_find_trim``): alpha is flattened on the background, a 3x3
median takes specks out, and a pixel counts as content when any band is further from the background
than the threshold. Alpha is searched in the same way, and the boxes are united.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

from handler.core.geometry import Box

Mask = npt.NDArray[np.bool_]

# Borders are scanned inwards by strips of this many rows or columns, until content is met: most of
# the picture is never looked at.
_STRIP = 64
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
    if image.mode != "RGBA":
        return _bounds(image, _differs(background, threshold))
    boxes = [
        _bounds(image, _differs(background[:3], threshold, has_alpha=True)),
        _bounds(image.getchannel("A"), _differs(background[3:], threshold)),
    ]
    return _union([box for box in boxes if box is not None])


def _differs(
    background: tuple[int, ...], threshold: int, has_alpha: bool = False
) -> Callable[[npt.NDArray[np.uint8]], Mask]:
    """A test of pixels (height, width, bands): is their median far from the background?"""

    def test(pixels: npt.NDArray[np.uint8]) -> Mask:
        flat = _flatten(pixels, background) if has_alpha else pixels
        found = np.zeros((pixels.shape[0] - 2, pixels.shape[1] - 2), np.bool_)
        for band, value in enumerate(background):
            # A median is beyond a bound where most of the nine pixels are.
            for far in (flat[..., band] > value + threshold, flat[..., band] < value - threshold):
                if far.any():
                    found |= _majority(far)
        return found

    return test


def _flatten(
    pixels: npt.NDArray[np.uint8], background: tuple[int, ...]
) -> npt.NDArray[np.uint8] | npt.NDArray[np.int32]:
    if (pixels[..., 3] == 255).all():
        return pixels
    colours = pixels[..., :3].astype(np.int32)
    alpha = pixels[..., 3:].astype(np.int32)
    flat = (colours * alpha + np.array(background, np.int32) * (255 - alpha)) // 255
    return flat.astype(np.int32, copy=False)


def _majority(mask: Mask) -> Mask:
    """Where most of the 3x3 neighbourhood is set; one pixel smaller than ``mask`` on each side."""
    counts = mask.astype(np.uint8)
    across = counts[:, :-2] + counts[:, 1:-1] + counts[:, 2:]
    return np.asarray(across[:-2] + across[1:-1] + across[2:] >= _MAJORITY, np.bool_)


def _bounds(image: Image.Image, test: Callable[[npt.NDArray[np.uint8]], Mask]) -> Box | None:
    width, height = image.size

    def rows(start: int, stop: int) -> Mask:
        strip = _padded(image, Box(0, start, width, stop - start))
        return np.asarray(test(strip).any(axis=1), np.bool_)

    top = _first(rows, 0, height)
    if top is None:
        return None
    bottom = _last(rows, top, height)

    def columns(start: int, stop: int) -> Mask:
        strip = _padded(image, Box(start, top, stop - start, bottom - top))
        return np.asarray(test(strip).any(axis=0), np.bool_)

    left = _first(columns, 0, width)
    if left is None:
        return None
    return Box(left, top, _last(columns, left, width) - left, bottom - top)


def _first(found: Callable[[int, int], Mask], start: int, stop: int) -> int | None:
    for near in range(start, stop, _STRIP):
        hits = found(near, min(near + _STRIP, stop))
        if hits.any():
            return near + int(hits.argmax())
    return None


def _last(found: Callable[[int, int], Mask], start: int, stop: int) -> int:
    """One past the last line that is found; ``start`` itself is known to be."""
    for far in range(stop, start, -_STRIP):
        near = max(start, far - _STRIP)
        hits = found(near, far)
        if hits.any():
            return far - int(hits[::-1].argmax())
    return start + 1


def _padded(image: Image.Image, box: Box) -> npt.NDArray[np.uint8]:
    """Pixels (height + 2, width + 2, bands) of a box and of what surrounds it, edges repeated."""
    left, top = max(0, box.left - 1), max(0, box.top - 1)
    right, bottom = min(image.width, box.right + 1), min(image.height, box.bottom + 1)
    pixels = np.asarray(image.crop((left, top, right, bottom)))
    missing = [
        (top - box.top + 1, box.bottom + 1 - bottom),
        (left - box.left + 1, box.right + 1 - right),
        (0, 0),
    ]
    return np.pad(pixels.reshape(*pixels.shape[:2], -1), missing, mode="edge")


def _union(boxes: list[Box]) -> Box | None:
    if not boxes:
        return None
    left, top = min(box.left for box in boxes), min(box.top for box in boxes)
    right, bottom = max(box.right for box in boxes), max(box.bottom for box in boxes)
    return Box(left, top, right - left, bottom - top)
