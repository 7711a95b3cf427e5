"""Resampling with libvips' geometry on Pillow's kernels."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from handler.core.geometry import Region, Size
from handler.core.image.freed_rows import PackedRows, Rows
from handler.core.image.vips_shrink import shrink_exactly

# Radius of the kernels: Lanczos3 in output pixels when reducing, Catmull-Rom in source pixels.
_LANCZOS_REACH = 3.0
_BICUBIC_REACH = 2.0
# libvips averages whole blocks until this factor or less is left for Lanczos (its `gap` option).
_REDUCING_GAP = 2.0
# Between its two passes Pillow stores each source row at the result's width. This many bytes fit
# into the processor's cache. A result that needs at most a quarter more is not split.
_BETWEEN_BYTES = 3 << 20
_PIXEL_BYTES = 4
# Pictures of up to this many pixels are shrunk with libvips' exact arithmetic, in at most 6 ms. In
# larger ones there are so many windows that the last bit of a pixel does not matter.
_EXACT_PIXELS = 256 * 256
# The axes are resampled one after the other if a picture would be padded to so many times its
# pixels, and to so many pixels. Padding copies the strips at its edges several times. A result of
# fewer than 48 pixels a side needs such wide strips that they are copies of most of the picture.
_PADDED_TIMES, _PADDED_PIXELS = 1.125, 1 << 18
# Pictures of up to this many pixels are not freed while they are read.
_SMALL_PIXELS = 1_000_000


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
    if (steps := _one_axis_first(Size(image.width, image.height), region, size)) is not None:
        first, between, rest = steps
        return resample(resample(image, first, between), rest, size)
    shrinks = region.width >= size.width and region.height >= size.height
    if shrinks and image.width * image.height <= _EXACT_PIXELS:
        return _from_array(image.mode, shrink_exactly(image, region, size))
    columns, rows = _parts(region, size, Size(image.width, image.height))
    if len(columns) == len(rows) == 1 and not (columns[0].overhangs or rows[0].overhangs):
        return _resize(image, region, size)
    result = Image.new(image.mode, (size.width, size.height))
    for row in rows:
        for column in columns:
            part = _resample_part(image, column, row)
            result.paste(part, (column.start, row.start))
    return result


def resample_and_free(
    source: Rows, mode: str, whole: Size, region: Region, size: Size
) -> Image.Image:
    """Resample as `resample`, and free the rows of the source as soon as they are not needed.

    The last rows are resampled first. The result uses the memory of the source.

    Args:
        source: rows of the picture.
        mode: mode of the picture.
        whole: size of the picture.
        region: see `resample`.
        size: see `resample`.
    """
    columns, rows = _parts(region, size, whole)
    if len(rows) == 1 or _is_small(whole) or _one_axis_first(whole, region, size) is not None:
        return resample(source.image(mode, whole), region, size)
    parts: list[tuple[int, int, Image.Image]] = []
    for number, row in reversed(list(enumerate(rows))):
        image = source.image(mode, Size(whole.width, row.needed))
        parts += [
            (column.start, row.start, _resample_part(image, column, row)) for column in columns
        ]
        del image
        source.keep(max((above.needed for above in rows[:number]), default=0))
    result = Image.new(mode, (size.width, size.height), None)  # not filled
    while parts:
        left, top, part = parts.pop()
        result.paste(part, (left, top))
    return result


def resample_packed(
    source: PackedRows,
    to_srgb: Callable[[Image.Image], Image.Image],
    region: Region,
    size: Size,
) -> Image.Image | None:
    """Resample as `resample`, and free the rows of the source as soon as they are not needed.

    All rows are resampled to the width of the result first, then all columns.

    Args:
        source: rows of the picture.
        to_srgb: converts the colours of rows, which it may overwrite.
        region: see `resample`.
        size: see `resample`.

    Returns:
        The result; None, with nothing freed, where the axes are not resampled in this order.
    """
    whole = source.size
    across, down = region.width / size.width, region.height / size.height
    if min(across, down) < 1 or max(across, down) >= 2 * _REDUCING_GAP or _is_small(whole):
        return None
    if _one_axis_first(whole, region, size) is not None:
        return None
    columns = list(_spans(region.left, across, size.width, whole.width))

    def narrow(strip: Image.Image) -> Image.Image:
        rows = _Span(0, strip.height, 0, 1, 0, strip.height, strip.height)
        converted = to_srgb(strip)
        if len(columns) == 1 and not columns[0].overhangs:
            return _resample_part(converted, columns[0], rows)
        result = Image.new(converted.mode, (size.width, strip.height), None)  # not filled
        for column in columns:
            result.paste(_resample_part(converted, column, rows), (column.start, 0))
        return result

    between = source.narrowed(size.width, narrow)
    if between is None:
        return None
    return resample(between, Region(0, region.top, size.width, region.height), size)


def _is_small(size: Size) -> bool:
    """Return whether a picture has so few pixels that their memory does not matter."""
    return size.area <= _SMALL_PIXELS


def _parts(region: Region, size: Size, whole: Size) -> tuple[list["_Span"], list["_Span"]]:
    """Return the runs of columns and of rows that are resampled at a time."""
    columns = list(_spans(region.left, region.width / size.width, size.width, whole.width))
    rows = _spans(region.top, region.height / size.height, size.height, whole.height)
    return columns, [part for row in rows for part in row.cut(_rows_at_once(region, size))]


def _one_axis_first(whole: Size, region: Region, size: Size) -> tuple[Region, Size, Region] | None:
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
    reach = max(_LANCZOS_REACH * length / result, _BICUBIC_REACH)
    before = reach - origin if origin < 0 else 0.0
    after = origin + length + reach - side if origin + length > side else 0.0
    return side + before + after


@dataclass(frozen=True, slots=True)
class _Span:
    """A run of output pixels along one axis, and the source pixels that they are made from."""

    start: int
    length: int
    origin: float
    shrink: float
    first: int
    last: int
    side: int

    @property
    def before(self) -> int:
        """Number of pixels read before the first pixel of the picture."""
        return max(0, -self.first)

    @property
    def after(self) -> int:
        """Number of pixels read after the last pixel of the picture."""
        return max(0, self.last - self.side)

    @property
    def overhangs(self) -> bool:
        return self.before > 0 or self.after > 0

    @property
    def needed(self) -> int:
        """Number of rows from the first one of the picture to the last one that is read."""
        last = self.origin + self.length * self.shrink + _reach(self.shrink)
        return max(1, min(self.side, math.ceil(last)))

    def cut(self, length: int) -> Iterator["_Span"]:
        """Yield the run in parts of at most ``length``; a run that overhangs is not split."""
        if self.overhangs:
            length = self.length
        for start in range(0, self.length, length):
            yield replace(
                self,
                start=self.start + start,
                length=min(length, self.length - start),
                origin=self.origin + start * self.shrink,
            )

    @property
    def existing(self) -> tuple[int, int]:
        """First and last (exclusive) source pixel that is read and exists."""
        if not self.overhangs:
            return 0, self.side
        return max(0, min(self.first, self.side - 1)), min(self.side, max(self.last, 1))


def _rows_at_once(region: Region, size: Size) -> int:
    """Return the number of rows of the result to compute at a time."""
    shrink = region.height / size.height
    rows = _BETWEEN_BYTES // math.ceil(_PIXEL_BYTES * size.width * max(1, shrink))
    # Parts must start at whole source pixels. Pillow reads the region in single precision, so other
    # starts would change the last bit of the result and shift the blocks that are averaged first.
    whole = float(region.top).is_integer() and float(region.height).is_integer()
    step = size.height // math.gcd(int(region.height), size.height) if whole else size.height
    if size.height < 1.25 * rows or step > rows or shrink >= 2 * _REDUCING_GAP:
        return size.height
    return rows // step * step


def _spans(origin: float, shrink: float, length: int, side: int) -> Iterator[_Span]:
    """Split one axis into runs of which only the outermost need repeated edge pixels.

    To pad the whole picture would copy all of it; to pad a strip of it costs almost nothing.
    """
    reach = _reach(shrink)
    leaves_before = origin < 0
    leaves_after = origin + length * shrink > side + 1e-6
    head = min(length, math.ceil((reach - origin) / shrink)) if leaves_before else 0
    tail = 0
    if leaves_after:
        tail = min(length - head, math.ceil((origin + length * shrink + reach - side) / shrink))
    for start, stop in ((0, head), (head, length - tail), (length - tail, length)):
        if start < stop:
            first = origin + start * shrink
            last = origin + stop * shrink
            outer = (start == 0 and leaves_before, stop == length and leaves_after)
            yield _Span(
                start,
                stop - start,
                first,
                shrink,
                math.floor(first - reach) if any(outer) else 0,
                math.ceil(last + reach) if any(outer) else side,
                side,
            )


def _reach(shrink: float) -> float:
    """Return the number of source pixels that a kernel reads on each side, and one more."""
    return max(_LANCZOS_REACH * shrink, _BICUBIC_REACH) + 1


def _resample_part(image: Image.Image, column: _Span, row: _Span) -> Image.Image:
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
    return _resize(image, Region(x, y, size.width * column.shrink, size.height * row.shrink), size)


def _from_array(mode: str, pixels: np.ndarray) -> Image.Image:
    height, width = pixels.shape[:2]
    return Image.frombytes(mode, (width, height), pixels.tobytes())


def _resize(image: Image.Image, region: Region, size: Size) -> Image.Image:
    enlarging = region.width < size.width and region.height < size.height
    return image.resize(
        (size.width, size.height),
        Image.Resampling.BICUBIC if enlarging else Image.Resampling.LANCZOS,
        box=(region.left, region.top, region.right, region.bottom),
        reducing_gap=None if enlarging else _REDUCING_GAP,
    )
