"""Strips along the edges of a scan: the lid, the table of the scanner, and their shadows."""

import numpy as np
import numpy.typing as npt

from handler.core.image.components import Mask
from handler.core.trim.background_surface import Planes

Counts = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]

# A strip covers this share of its side, and at most this share of the other side.
_COVERED, _WIDEST = 0.97, 0.08
# Width of the paper next to it, as a share of the other side, that it is compared with.
_PAPER = 0.04
# Its inner edge is straight, or bends slowly: it and the paper are followed in this many parts.
_PARTS = 8
# Largest distance of its edge from the straight one, in pixels, and the share that is nearer.
_SLACK, _REGULAR = 2, 0.85
# Median distance of its pixels from the median along its side, in levels.
_PLAIN = 12
# Lines of pixels next to a strip in which it may still be seen.
_FRINGE = 1
# Lines along all four sides are a frame, if none is wider than this share of the longer side.
_FRAME = 0.015


def remove_strips(
    levels: Planes, colour: npt.NDArray[np.uint8], bound: float
) -> tuple[Planes, Mask, bool]:
    """Replace lines along the edges by the paper next to them.

    Args:
        levels: the picture, uint8 (bands, height, width).
        colour: colour of the paper, uint8 (bands,).
        bound: largest difference of a strip from the paper that is not seen.

    Returns:
        The levels without the lines; a mask of the lines, bool (height, width); and whether they
        are strips of a scanner, and no thin frame along all four sides.
    """
    paper, strips, widths = levels.copy(), np.zeros(levels.shape[1:], np.bool_), []
    if min(strips.shape) < 2 * _PARTS:
        return levels, strips, True
    for turn in range(4):
        side = np.rot90(levels, turn, axes=(1, 2))
        beyond = _paper_next_to(side)
        ends = _ends(side, beyond, colour, bound)
        if ends is None:
            continue
        strip = np.arange(side.shape[2]) < ends[:, np.newaxis]
        # Views: what is changed in one side is changed in the picture.
        np.copyto(np.rot90(paper, turn, axes=(1, 2)), beyond[..., np.newaxis], where=strip)
        np.rot90(strips, turn)[strip] = True
        widths.append(int(ends.max()) - _FRINGE)
    widest_of_frame = max(_SLACK + 1, _FRAME * max(strips.shape))
    return paper, strips, len(widths) < 4 or max(widths) > widest_of_frame


def _paper_next_to(side: Planes) -> Planes:
    """Return the paper next to a strip at the left, for each row, uint8 (bands, height)."""
    width = side.shape[2]
    start = round(_WIDEST * width) + _SLACK
    inside = side[:, :, start : start + max(_PARTS, round(_PAPER * width))]
    medians = np.median(inside, axis=2)
    return np.stack([np.rint(_straight(band)) for band in medians]).astype(np.uint8)


def _ends(
    side: Planes, paper: Planes, colour: npt.NDArray[np.uint8], bound: float
) -> Counts | None:
    """Return the width of a strip at the left in each row, (height,); None if there is none."""
    width = side.shape[2]
    outer = side[:, :, : round(_WIDEST * width) + 2 * _SLACK].astype(np.int16)
    clear = np.abs(outer - paper[..., np.newaxis]).max(axis=0) <= bound
    runs = np.where(clear.any(axis=1), clear.argmax(axis=1), clear.shape[1])
    if (runs > 0).mean() < _COVERED:
        return None
    expected = _straight(runs)
    if not 0 < expected.max() <= _WIDEST * width:
        return None
    if (np.abs(runs - expected) <= _SLACK).mean() < _REGULAR:
        return None
    # The margin of a product that fills the picture is no strip: it has the background's colour.
    strange, near = (
        np.abs(part - colour[:, np.newaxis].astype(np.int16)).max(axis=0)
        for part in (outer[:, :, 0], paper)
    )
    if np.median(strange) <= np.median(near):
        return None
    widest = np.ceil(expected).astype(np.intp) + _SLACK
    if not _is_plain(outer[:, :, : max(1, int(expected.min()))]):
        return None
    return np.asarray(np.minimum(runs, widest) + _FRINGE, np.intp)


def _is_plain(strip: npt.NDArray[np.int16]) -> bool:
    """Return whether a strip is the same along its side, unlike a part of a photo."""
    lines = np.median(strip, axis=1, keepdims=True)
    return bool(np.median(np.abs(strip - lines).max(axis=0)) <= _PLAIN)


def _straight(values: npt.NDArray[np.float64] | Counts) -> Floats:
    """Return the medians of the parts of a side, and the straight lines between them."""
    parts = np.array_split(values, _PARTS)
    middles = np.cumsum([len(part) for part in parts]) - len(values) / _PARTS / 2
    medians = [float(np.median(part)) for part in parts]
    return np.asarray(np.interp(np.arange(len(values)) + 0.5, middles, medians), np.float64)
