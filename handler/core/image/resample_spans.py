"""Runs of pixels of one axis that are resampled at a time."""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from handler.core.geometry import Region, Size

# Radius of the kernels: Lanczos3 in output pixels when reducing, Catmull-Rom in source pixels.
LANCZOS_REACH = 3.0
BICUBIC_REACH = 2.0
# libvips averages whole blocks until this factor or less is left for Lanczos (its `gap` option).
REDUCING_GAP = 2.0
# Between its two passes Pillow stores each source row at the result's width. A result that needs at
# most this many bytes for that is not divided: for each part Pillow computes the weights of all
# columns again, which takes 0.6 ms for 1,440 columns of 17 weights.
_UNDIVIDED_BYTES = 7 << 20
# A larger result is divided into parts that need at most this many. If other pictures can use the
# memory of rows that were read, the limit of a part grows by all parts that were made before it.
_PART_BYTES = 3 << 20
_PIXEL_BYTES = 4


class Span(Struct, frozen=True):
    """A run of output pixels along one axis, and the source pixels that they are made from.

    Attributes:
        start: first output pixel.
        length: number of output pixels.
        origin: where the first one starts, in source pixels.
        shrink: source pixels per output pixel.
        first: first source pixel that is read, which may lie outside of the picture.
        last: end of the source pixels that are read.
        side: number of source pixels.
    """

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
        """True if pixels outside the picture are read."""
        return self.before > 0 or self.after > 0

    @property
    def needed(self) -> int:
        """Number of rows from the first one of the picture to the last one that is read."""
        last = self.origin + self.length * self.shrink + _reach(self.shrink)
        return max(1, min(self.side, math.ceil(last)))

    def cut(self, division: "Division") -> Iterator["Span"]:
        """Yield the run in parts; a run that overhangs is not split."""
        stops = [0, self.length] if self.overhangs else division.stops(self.length)
        for start, stop in pairwise(stops):
            yield replace(
                self,
                start=self.start + start,
                length=stop - start,
                origin=self.origin + start * self.shrink,
            )

    @property
    def existing(self) -> tuple[int, int]:
        """First and last (exclusive) source pixel that is read and exists."""
        if not self.overhangs:
            return 0, self.side
        return max(0, min(self.first, self.side - 1)), min(self.side, max(self.last, 1))


class Division(NamedTuple):
    """The lengths of the parts that the rows of a result are split into.

    Attributes:
        length: largest number of rows of the last part, at least ``step``.
        step: all parts start at a multiple of this number of rows.
        growing: whether the limit of a part grows by the rows of all parts below it.
    """

    length: int
    step: int
    growing: bool

    def stops(self, rows: int) -> list[int]:
        """Return the boundaries of the parts of some rows, from 0 to ``rows``."""
        stops, length = [rows], self.length
        while stops[-1] > 0:
            start = stops[-1] - length
            stops.append(max(0, math.ceil(start / self.step) * self.step))
            if self.growing:
                length = self.length + rows - stops[-1]
        return stops[::-1]


def _division(region: Region, size: Size, *, reused: bool) -> Division:
    """Return the parts that the rows of a result are split into."""
    shrink = region.height / size.height
    row_bytes = math.ceil(_PIXEL_BYTES * size.width * max(1, shrink))
    # Parts must start at whole source pixels. Pillow reads the region in single precision, so other
    # starts would change the last bit of the result and shift the blocks that are averaged first.
    whole = float(region.top).is_integer() and float(region.height).is_integer()
    step = size.height // math.gcd(int(region.height), size.height) if whole else size.height
    rows = _PART_BYTES // row_bytes
    if size.height * row_bytes <= _UNDIVIDED_BYTES or step > rows or shrink >= 2 * REDUCING_GAP:
        return Division(size.height, step, growing=False)
    return Division(rows, step, growing=reused)


def spans_along(origin: float, shrink: float, length: int, side: int) -> Iterator[Span]:
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
            yield Span(
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
    return max(LANCZOS_REACH * shrink, BICUBIC_REACH) + 1


def parts_of(
    region: Region, size: Size, whole: Size, *, reused: bool = False
) -> tuple[list["Span"], list["Span"]]:
    """Return the runs of columns and of rows that are resampled at a time.

    Args:
        region: see `resample`.
        size: see `resample`.
        whole: size of the picture.
        reused: whether the rows of the picture are freed while they are read, the last ones first,
            so that other pictures can use their memory.
    """
    columns = list(spans_along(region.left, region.width / size.width, size.width, whole.width))
    rows = spans_along(region.top, region.height / size.height, size.height, whole.height)
    division = _division(region, size, reused=reused)
    return columns, [part for row in rows for part in row.cut(division)]
