"""Faults of windows on the pictures of `make crop-sheets`, by what is marked on the pictures.

`sheet_subjects.txt` has the heads, words, paws, products and single subjects of each picture. A
window of a picture has a fault if it cuts one of them that fits into it, and another window of the
same size cuts fewer and contains at least as many whole, main subjects and others. It also has one
if it contains no main subject whole, and another does. The marks are accurate to about 1 % of a
side.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from handler.core.geometry import Region, Size

_FILE = Path(__file__).with_name("sheet_subjects.txt")
# A subject is cut if at least this share of it is inside of a window, and as much outside.
_CUT = 0.1
_PLACES = 65
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Subjects:
    """The subjects of a picture.

    Attributes:
        labels: what each of them is.
        spans: spans in shares of the picture's sides, (n, 2, 2).
        main: which of them are main subjects, (n,).
    """

    labels: tuple[str, ...]
    spans: Floats
    main: NDArray[np.bool_]

    def faults(self, window: Region, picture: Size) -> list[str]:
        """Return the labels of what a window cuts, if it has a fault; [] if it has none."""
        if not self.labels:
            return []
        size = np.array([window.width / picture.width, window.height / picture.height])
        fits = (self.spans[..., 1] - self.spans[..., 0] <= size).all(axis=1)
        found = _shares(
            self.spans,
            np.array([[window.left / picture.width, window.top / picture.height]]),
            size,
        )
        others = _shares(self.spans, _places(size), size)
        cuts = (_is_cut(found) & fits).sum(axis=1)[0]
        is_whole, whole_elsewhere = found[0] >= 1 - _CUT, others >= 1 - _CUT
        main, main_elsewhere = (is_whole & self.main).sum(), (whole_elsewhere & self.main).sum(1)
        needed = min(max(1, main), main_elsewhere.max())
        as_many = (main_elsewhere >= needed) & (whole_elsewhere.sum(axis=1) >= is_whole.sum())
        fewest = (_is_cut(others) & fits).sum(axis=1)[as_many].min(initial=cuts)
        if cuts <= fewest and main >= needed:
            return []
        cut = [
            name
            for name, is_cut in zip(self.labels, (_is_cut(found) & fits)[0], strict=True)
            if is_cut
        ]
        return cut or ["no main subject"]


@cache
def read_subjects() -> dict[str, Subjects]:
    """Return the subjects by the name of the picture."""
    lines = (line for line in _FILE.read_text().splitlines() if not line.startswith("#"))
    return {name: _subjects(rest) for name, _, rest in (line.partition(":") for line in lines)}


def _subjects(text: str) -> Subjects:
    parts = [part.rsplit(maxsplit=4) for part in text.split(",") if part.strip()]
    boxes = np.array([[float(each) for each in part[1:]] for part in parts]).reshape(-1, 4) / 100
    return Subjects(
        tuple(part[0].strip().lstrip("*") for part in parts),
        np.stack([boxes[:, ::2], boxes[:, 1::2]], axis=1),
        np.array([part[0].strip().startswith("*") for part in parts], bool),
    )


def _places(size: Floats) -> Floats:
    """Return the left and top edges of windows of a size all over the picture, (n, 2)."""
    lefts, tops = (np.linspace(0, max(0, 1 - side), _PLACES if side < 1 else 1) for side in size)
    return np.array([(left, top) for left in lefts for top in tops])


def _shares(spans: Floats, starts: Floats, size: Floats) -> Floats:
    """Return the share of each subject inside of each window, (windows, subjects)."""
    starts = starts[:, np.newaxis]
    common = np.minimum(spans[..., 1], starts + size) - np.maximum(spans[..., 0], starts)
    return np.asarray((np.maximum(0, common) / (spans[..., 1] - spans[..., 0])).prod(axis=-1))


def _is_cut(shares: Floats) -> NDArray[np.bool_]:
    return np.asarray((shares > _CUT) & (shares < 1 - _CUT))


def faults_of(windows: dict[str, dict[str, Region]], name: str, picture: Size) -> Iterator[str]:
    """Yield a line for each fault of the windows of one picture, by side and aspect."""
    for side, by_aspect in windows.items():
        for aspect, window in by_aspect.items():
            cut = read_subjects()[name].faults(window, picture)
            if cut:
                yield f"{side}\t{name}\t{aspect}\t{', '.join(cut)}"
