"""Resampling with libvips' geometry on Pillow's kernels."""

import numpy as np
from PIL import Image

from handler.core.geometry import Region, Size
from handler.core.image.resample_spans import (
    BICUBIC_REACH,
    LANCZOS_REACH,
    REDUCING_GAP,
    Span,
    parts_of,
)
from handler.core.image.vips_shrink import shrink_exactly

# Pictures of up to this many pixels are shrunk with libvips' exact arithmetic, in at most 6 ms. In
# larger ones there are so many windows that the last bit of a pixel does not matter.
_EXACT_PIXELS = 256 * 256
# The axes are resampled one after the other if a picture would be padded to so many times its
# pixels, and to so many pixels. Padding copies the strips at its edges several times. A result of
# fewer than 48 pixels a side needs such wide strips that they are copies of most of the picture.
_PADDED_TIMES, _PADDED_PIXELS = 1.125, 1 << 18


def resample(image: Image.Image, region: Region, size: Size) -> Image.Image:
    """Resample ``region`` of ``image`` to ``size``.

    The kernels are those of libvips' ``vips_resize``: an integer box shrink and Lanczos3 to reduce,
    Catmull-Rom to enlarge. Alpha must be premultiplied (mode ``RGBa`` or ``La``).

    Args:
        image: 8-bit picture of any mode that Pillow resizes.
        region: the area to read, in pixels of ``image``. Outside the picture the edge pixels are
            repeated. Clamping the region instead would shift and stretch the picture.
        size: size of the result.

    Returns:
        A picture of the same mode; ``image`` itself if nothing changes.
    """
    whole = Region(0, 0, image.width, image.height)
    if region == whole and size == Size(image.width, image.height):
        return image
    if (steps := one_axis_first(Size(image.width, image.height), region, size)) is not None:
        first, between, rest = steps
        return resample(resample(image, first, between), rest, size)
    shrinks = region.width >= size.width and region.height >= size.height
    if shrinks and image.width * image.height <= _EXACT_PIXELS:
        return _from_array(image.mode, shrink_exactly(image, region, size))
    columns, rows = parts_of(region, size, Size(image.width, image.height))
    if len(columns) == len(rows) == 1 and not (columns[0].overhangs or rows[0].overhangs):
        return resize(image, region, size)
    result = Image.new(image.mode, (size.width, size.height))
    for row in rows:
        for column in columns:
            part = resample_part(image, column, row)
            result.paste(part, (column.start, row.start))
    return result


def one_axis_first(whole: Size, region: Region, size: Size) -> tuple[Region, Size, Region] | None:
    """Return the two steps by which one axis is resampled first, or None if both at once are.

    A picture of 60,000 × 200 pixels that is reduced to one row would be padded to thousands of
    rows. After its columns were reduced, padding costs nothing.

    Returns:
        The region of the first step, the size of its result, and the region of the second step.
    """
    across = _padded(region.left, region.width, size.width, whole.width)
    down = _padded(region.top, region.height, size.height, whole.height)
    if across * down <= max(_PADDED_TIMES * whole.area, _PADDED_PIXELS):
        return None
    if down > whole.height and size.width < whole.width:
        part = Region(region.left, 0, region.width, whole.height)
        rest = Region(0, region.top, size.width, region.height)
        return part, Size(size.width, whole.height), rest
    if across > whole.width and size.height < whole.height:
        part = Region(0, region.top, whole.width, region.height)
        rest = Region(region.left, 0, region.width, size.height)
        return part, Size(whole.width, size.height), rest
    return None


def _padded(origin: float, length: float, result: int, side: int) -> float:
    """Return the length of an axis with the edge pixels that its kernels read."""
    reach = max(LANCZOS_REACH * length / result, BICUBIC_REACH)
    before = reach - origin if origin < 0 else 0.0
    after = origin + length + reach - side if origin + length > side else 0.0
    return side + before + after


def resample_part(image: Image.Image, column: Span, row: Span) -> Image.Image:
    """Resample the pixels of a run of columns and a run of rows.

    Args:
        image: the picture, or its first rows, of which the run needs no others.
        column: run of columns of the result.
        row: run of rows of the result.
    """
    (left, right), (top, bottom) = column.existing, row.existing
    x, y = column.origin, row.origin
    if column.overhangs or row.overhangs:
        strip = np.asarray(image.crop((left, top, right, min(bottom, image.height))))
        margins = [(row.before, row.after), (column.before, column.after)]
        margins += [(0, 0)] * (strip.ndim - 2)
        image = _from_array(image.mode, np.pad(strip, margins, mode="edge"))
        x += column.before - left
        y += row.before - top
    size = Size(column.length, row.length)
    return resize(image, Region(x, y, size.width * column.shrink, size.height * row.shrink), size)


def _from_array(mode: str, pixels: np.ndarray) -> Image.Image:
    height, width = pixels.shape[:2]
    return Image.frombytes(mode, (width, height), pixels.tobytes())


def resize(image: Image.Image, region: Region, size: Size) -> Image.Image:
    """Resample a region that no kernel leaves; see `resample`."""
    enlarging = region.width < size.width and region.height < size.height
    return image.resize(
        (size.width, size.height),
        Image.Resampling.BICUBIC if enlarging else Image.Resampling.LANCZOS,
        box=(region.left, region.top, region.right, region.bottom),
        reducing_gap=None if enlarging else REDUCING_GAP,
    )
