"""Resampling of a picture whose rows are freed as soon as they are not needed."""

from collections.abc import Callable

from PIL import Image

from handler.core.geometry import Region, Size
from handler.core.image.freed_rows import PackedRows, Rows, unfilled
from handler.core.image.resample import one_axis_first, resample, resample_part, resize
from handler.core.image.resample_spans import REDUCING_GAP, Span, parts_of, spans_along

# Pictures of up to this many pixels are not freed while they are read.
_SMALL_PIXELS = 1_000_000
# Rows of blocks that are averaged before the next rows of the picture are freed.
_BLOCKS_AT_ONCE = 32

ToSrgb = Callable[[Image.Image], Image.Image]


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
    columns, rows = parts_of(region, size, whole, reused=source.reusable)
    if _is_small(whole) or one_axis_first(whole, region, size) is not None:
        return resample(source.image(mode, whole), region, size)
    if len(rows) == 1:
        if region == Region(0, 0, whole.width, whole.height) and _averages_blocks(region, size):
            return _reduce_and_free(source, mode, whole, size)
        return resample(source.image(mode, whole), region, size)
    parts: list[tuple[int, int, Image.Image]] = []
    for number, row in reversed(list(enumerate(rows))):
        image = source.image(mode, Size(whole.width, row.needed))
        parts += [
            (column.start, row.start, resample_part(image, column, row)) for column in columns
        ]
        del image
        source.keep(max((above.needed for above in rows[:number]), default=0))
    result = unfilled(mode, size)
    while parts:
        left, top, part = parts.pop()
        result.paste(part, (left, top))
    return result


def _reduce_and_free(source: Rows, mode: str, whole: Size, size: Size) -> Image.Image:
    """Resample a whole picture whose blocks are averaged first, as `Image.resize` does."""
    across, down = _block(whole, size)
    reduced = unfilled(mode, Size(-(-whole.width // across), -(-whole.height // down)))
    bottom = whole.height
    while bottom > 0:
        top = max(0, (bottom - 1) // down - _BLOCKS_AT_ONCE) * down
        image = source.image(mode, Size(whole.width, bottom))
        part = image.reduce((across, down), (0, top, whole.width, bottom))
        del image
        reduced.paste(part, (0, top // down))
        source.keep(top)
        bottom = top
    return resize(reduced, Region(0, 0, whole.width / across, whole.height / down), size)


def _averages_blocks(region: Region, size: Size) -> bool:
    """Return whether `Image.resize` averages blocks of both axes first."""
    return min(region.width / size.width, region.height / size.height) >= 2 * REDUCING_GAP


def _block(whole: Size, size: Size) -> tuple[int, int]:
    """Return width and height of the blocks that `Image.resize` averages."""
    across, down = whole.width / size.width, whole.height / size.height
    return int(across / REDUCING_GAP), int(down / REDUCING_GAP)


def resample_packed(
    source: PackedRows, to_srgb: ToSrgb, region: Region, size: Size
) -> Image.Image | None:
    """Resample as `resample`, and free the rows of the source as soon as they are not needed.

    Args:
        source: rows of the picture.
        to_srgb: converts the colours of rows, which it may overwrite.
        region: see `resample`.
        size: see `resample`.

    Returns:
        The result; None, with nothing freed, where that would need more memory or other steps.
    """
    whole = source.size
    if _is_small(whole) or one_axis_first(whole, region, size) is not None:
        return None
    across, down = region.width / size.width, region.height / size.height
    if _averages_blocks(region, size):
        return _reduce_packed(source, to_srgb, region, size)
    if min(across, down) >= 1 and max(across, down) < 2 * REDUCING_GAP:
        return _narrow_packed(source, to_srgb, region, size)
    return None


def _reduce_packed(
    source: PackedRows, to_srgb: ToSrgb, region: Region, size: Size
) -> Image.Image | None:
    """Resample as `resample_packed` where blocks are averaged first, as `Image.resize` does."""
    whole = source.size
    if region != Region(0, 0, whole.width, whole.height):
        return None
    across, down = _block(whole, size)
    reduced = source.reduced(
        -(-whole.width // across), down, lambda rows: to_srgb(rows).reduce((across, down))
    )
    rest = Region(0, 0, whole.width / across, whole.height / down)
    return None if reduced is None else resize(reduced, rest, size)


def _narrow_packed(
    source: PackedRows, to_srgb: ToSrgb, region: Region, size: Size
) -> Image.Image | None:
    """Resample as `resample_packed`, the rows first and then the columns."""
    whole = source.size
    columns = list(spans_along(region.left, region.width / size.width, size.width, whole.width))

    def narrow(strip: Image.Image) -> Image.Image:
        rows = Span(0, strip.height, 0, 1, 0, strip.height, strip.height)
        converted = to_srgb(strip)
        if len(columns) == 1 and not columns[0].overhangs:
            return resample_part(converted, columns[0], rows)
        result = unfilled(converted.mode, Size(size.width, strip.height))
        for column in columns:
            result.paste(resample_part(converted, column, rows), (column.start, 0))
        return result

    between = source.reduced(size.width, 1, narrow)
    if between is None:
        return None
    return resample(between, Region(0, region.top, size.width, region.height), size)


def _is_small(size: Size) -> bool:
    """Return whether a picture has so few pixels that their memory does not matter."""
    return size.area <= _SMALL_PIXELS
