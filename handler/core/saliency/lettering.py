"""Lines of lettering in a picture: signs, titles, labels.

Letters are found by their strokes, without a network:

1. Strokes are pixels that are clearly lighter, or clearly darker, than the mean around them
   (Niblack, "An Introduction to Digital Image Processing", 1986).
2. Their connected components are letters if they have the size and the compactness of letters.
3. Letters next to each other are a line if they have the same height, stroke width and contrast and
   stand on the same level (Epshtein et al., "Detecting Text in Natural Scenes with Stroke Width
   Transform", 2010).
4. A line is lettering if what is between and around its letters is even. Foliage and gravel have
   strokes as well, but no even background.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from handler.core.image.components import ConnectedComponents
from handler.core.spans import Floats

Grey = NDArray[np.float32]
Letters = NDArray[np.float64]

# The mean is over a square of this many pixels on either side. It is larger than a letter's
# strokes, and smaller than the picture's own shading.
_AROUND = 12
# Least difference of a stroke from that mean, in grey levels and in mean differences there.
_STROKE, _STROKE_IN_TEXTURE = 12, 0.6
# Letters are this many pixels high, at most this share of the picture, and at most this much wider
# than high: letters that touch each other are one component.
_LEAST_HEIGHT, _MOST_HEIGHT, _WIDEST = 5, 0.35, 4
# Strokes fill this share of a letter's box, and are at most this thick, in heights of the letter.
_LEAST_FILL, _MOST_FILL, _THICKEST = 0.12, 0.97, 0.6
# Only this many letters with the most contrast are compared with each other.
_MOST_LETTERS = 300
# Largest ratios of heights, stroke widths and contrasts in a line.
_HEIGHTS, _WIDTHS, _CONTRASTS = 2.0, 1.8, 2.0
# Least common height of adjacent letters, and their distance, in heights of the lower one: they
# overlap in italics, and have a gap between words.
_SAME_LEVEL, _CLOSEST, _FARTHEST = 0.6, -0.3, 0.9
# A line has this many letters. Of the 72 lines within this and the next limits in 568 photos, 71 %
# are lettering by the detector of PP-OCR. It finds six times as many: small and slanted print too.
_LEAST_LETTERS = 4
# A line is this many times as wide as high.
_LEAST_ASPECT = 2
# Contrast of ink and background in grey levels, and the share of ink in the line's box.
_LEAST_CONTRAST, _LEAST_INK = 35, 0.2
# Largest standard deviation of the stroke widths in shares of their mean, and of the letters' feet
# from a straight line, in heights of a letter.
_VARIED_WIDTHS, _VARIED_FEET = 0.15, 0.12
# Largest standard deviation of the background in a line, and above and below it, in contrasts.
_UNEVEN, _UNEVEN_AROUND = 0.26, 0.7
# Height of the strips above and below a line that are examined, in heights of its letters.
_STRIP = 0.35
# A line of which this share lies in another one is part of it.
_SAME_LINE = 0.5
# Left, top, right, bottom, stroke width, contrast.
_LEFT, _TOP, _RIGHT, _BOTTOM, _WIDTH, _CONTRAST = range(6)


def find_lettering(view: Image.Image) -> Floats:
    """Return the boxes of lines of lettering.

    Lines whose letters are lower than about a fiftieth of the picture are not found.

    Args:
        view: the whole picture with a long side of about 320 pixels, mode L, RGB or RGBX.

    Returns:
        Spans of the boxes in shares of the picture's sides, float64 (n, 2, 2).
    """
    image = view.convert("L")
    grey = np.asarray(image, np.float32)
    found = [
        _box(line)
        for is_light, letters in _letters(image, grey)
        for line in _lines(letters)
        if _is_lettering(grey, _box(line), line, is_light=is_light)
    ]
    boxes = np.array(_distinct(found), float).reshape(-1, 4)
    sides = np.array([image.width, image.height], float)
    return np.stack([boxes[:, :2] / sides, boxes[:, 2:] / sides], axis=2)


def _letters(image: Image.Image, grey: Grey) -> Iterator[tuple[bool, Letters]]:
    """Yield the letters that are lighter than their surroundings, then the darker ones."""
    blur = ImageFilter.BoxBlur(_AROUND)
    difference = grey - np.asarray(image.filter(blur), np.float32)
    size = np.abs(difference)
    texture = Image.fromarray(np.minimum(size, 255).astype(np.uint8)).filter(blur)
    least = np.maximum(_STROKE, _STROKE_IN_TEXTURE * np.asarray(texture, np.float32))
    sums = np.concatenate([[0], np.cumsum(np.pad(size, 1), dtype=np.float64)])
    for is_light in (True, False):
        strokes = (difference if is_light else -difference) > least
        yield is_light, _components(strokes, sums)


def _components(strokes: NDArray[np.bool_], sums: Floats) -> Letters:
    """Return the components of a mask that may be letters, (letters, 6).

    Args:
        strokes: the mask.
        sums: cumulative sums of the contrast of all pixels, with a border of one pixel, after a 0.
    """
    mask = np.pad(strokes, 1)
    parts = ConnectedComponents.of(mask, diagonally=False)
    if not parts.count:
        return np.empty((0, 6))
    boxes = np.stack(parts.boxes(), axis=1)
    width, height = (boxes[:, 2:] - boxes[:, :2]).T
    area = np.bincount(parts.labels, parts.stops - parts.starts, parts.count)
    inner = mask.copy()
    inner[1:-1, 1:-1] &= mask[:-2, 1:-1] & mask[2:, 1:-1] & mask[1:-1, :-2] & mask[1:-1, 2:]
    stroke = 2 * area / np.maximum(area - parts.areas(inner), 1)
    total = np.bincount(parts.labels, sums[parts.stops] - sums[parts.starts], parts.count)
    fill = area / (width * height)
    inside = (boxes[:, :2] > 1).all(axis=1) & (boxes[:, 2:] < np.array(mask.shape[::-1]) - 1).all(1)
    likely = inside & (height >= _LEAST_HEIGHT) & (height <= _MOST_HEIGHT * len(strokes))
    likely &= (width <= _WIDEST * height) & (stroke <= _THICKEST * height)
    likely &= (fill > _LEAST_FILL) & (fill < _MOST_FILL)
    letters = np.column_stack([boxes - 1, stroke, total / area])[likely]
    strongest = np.argsort(-letters[:, _CONTRAST], kind="stable")[:_MOST_LETTERS]
    return np.asarray(letters[strongest])


def _lines(letters: Letters) -> Iterator[Letters]:
    """Yield the letters of each line."""
    left, top, right, bottom, width, contrast = letters.T
    height = bottom - top
    lower = np.minimum(height[:, np.newaxis], height)
    common = np.minimum(bottom[:, np.newaxis], bottom) - np.maximum(top[:, np.newaxis], top)
    distance = left - right[:, np.newaxis]
    follows = (left > left[:, np.newaxis]) & (common > _SAME_LEVEL * lower)
    follows &= (distance > _CLOSEST * lower) & (distance < _FARTHEST * lower)
    for values, most in ((height, _HEIGHTS), (width, _WIDTHS), (contrast, _CONTRASTS)):
        larger = np.maximum(values[:, np.newaxis], values)
        follows &= larger < most * np.minimum(values[:, np.newaxis], values)
    linked = follows | follows.T | np.eye(len(letters), dtype=bool)
    first = np.arange(len(letters))
    while len(letters):
        reached = np.where(linked, first, len(letters)).min(axis=1)
        if np.array_equal(reached, first):
            break
        first = reached
    numbers, counts = np.unique(first, return_counts=True)
    for number in numbers[counts >= _LEAST_LETTERS]:
        yield letters[first == number]


def _box(letters: Letters) -> tuple[float, ...]:
    lowest, highest = letters.min(axis=0), letters.max(axis=0)
    return lowest[_LEFT], lowest[_TOP], highest[_RIGHT], highest[_BOTTOM]


def _is_lettering(grey: Grey, box: tuple[float, ...], letters: Letters, *, is_light: bool) -> bool:
    """Return whether a line has even strokes on one level, and an even background."""
    left, top, right, bottom = map(int, box)
    if right - left < _LEAST_ASPECT * (bottom - top):
        return False
    inside = grey[top:bottom, left:right]
    ink = inside > inside.mean() if is_light else inside < inside.mean()
    if not _LEAST_INK <= ink.mean() < 1:
        return False
    background = inside[~ink]
    contrast = abs(float(inside[ink].mean() - background.mean()))
    if contrast < _LEAST_CONTRAST or background.std() > _UNEVEN * contrast:
        return False
    height = float(np.median(letters[:, _BOTTOM] - letters[:, _TOP]))
    strip = max(2, int(_STRIP * height))
    above, below = grey[max(0, top - strip) : top], grey[bottom : bottom + strip]
    around = np.concatenate([above[:, left:right].ravel(), below[:, left:right].ravel()])
    widths = letters[:, _WIDTH]
    return bool(
        around.std() <= _UNEVEN_AROUND * contrast
        and widths.std() <= _VARIED_WIDTHS * widths.mean()
        and _deviation(letters[:, _LEFT], letters[:, _BOTTOM]) <= _VARIED_FEET * height
    )


def _deviation(xs: Letters, ys: Letters) -> float:
    """Return the standard deviation of points from the straight line through them."""
    xs, ys = xs - xs.mean(), ys - ys.mean()
    slope = (xs @ ys) / max(float(xs @ xs), 1e-9)
    return float((ys - slope * xs).std())


def _distinct(boxes: list[tuple[float, ...]]) -> list[tuple[float, ...]]:
    """Return the boxes that are not part of a larger one."""
    kept: list[tuple[float, ...]] = []
    for box in sorted(boxes, key=_area, reverse=True):
        if all(_area(_common(box, other)) < _SAME_LINE * _area(box) for other in kept):
            kept.append(box)
    return kept


def _area(box: tuple[float, ...]) -> float:
    left, top, right, bottom = box
    return max(0.0, right - left) * max(0.0, bottom - top)


def _common(one: tuple[float, ...], other: tuple[float, ...]) -> tuple[float, ...]:
    return (
        max(one[_LEFT], other[_LEFT]),
        max(one[_TOP], other[_TOP]),
        min(one[_RIGHT], other[_RIGHT]),
        min(one[_BOTTOM], other[_BOTTOM]),
    )
