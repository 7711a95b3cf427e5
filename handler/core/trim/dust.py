"""Dust and scratches, and the small content that resembles them.

Large or solid components are content. Of the others, these are content, too: writing, signs such as
digits, straight rules, chains of beads, and dots next to any of these. Dust is a compact speck that
stands alone; a scratch is a thin, straight line at an angle.
"""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from handler.core.image.components import ConnectedComponents, Mask, closing, fill_holes, opening
from handler.core.trim.dots import belong_to_content
from handler.core.trim.marks import Marks
from handler.core.trim.scratches import are_scratches

Counts = npt.NDArray[np.intp]
Edges = tuple[int, int, int, int]

# Isolated components thinner than this share of the longer side are dust or scratches.
_DUST = 1 / 80
# Writing is longer than that by the first factor, and grows by the second if its gaps are filled.
_WORD, _GAPS = 2, 1.5
# A sign covers less of its box than a speck, which covers pi / 4; or it is as long, compared with
# its width, as a dash. Signs smaller than this number of pixels have no visible shape.
_SPARSE, _OBLONG, _SMALLEST_SIGN = 0.55, 2.3, 6
# Signs have at least this share of the width of dust, and dust at most the second one, unless it is
# cut off by the edge of the picture.
_SIGN, _LARGEST_DUST = 0.5, 0.95
# Only this many of the largest specks are examined. More are grain.
_MOST = 1000
# Only this many of these are examined at the finest scale.
_MOST_IN_DETAIL = 200


def without_dust(found: Mask, in_detail: Callable[[Edges], Mask]) -> Mask:
    """Return the mask without dust and scratches.

    Args:
        found: pixels that differ from the background, bool (height, width).
        in_detail: returns a part of the mask, given by its left, top, right and bottom, at the
            finest scale.
    """
    side = max(1, round(max(found.shape) * _DUST))
    margin = side + 1
    ink = np.pad(found, margin)
    kept = _large(ink, side, margin)

    def detail(edges: Edges) -> Mask:
        left, top, right, bottom = (edge - margin for edge in edges)
        return in_detail((left, top, right, bottom))

    kept |= _small(ink, kept, side, margin, detail)
    if not kept.any():  # the product consists of thin lines only
        components = ConnectedComponents.of(fill_holes(closing(ink, side)))
        kept = ink & components.mask(components.lengths() > side)
    return kept[margin:-margin, margin:-margin]


def _large(ink: Mask, side: int, margin: int) -> Mask:
    """Return the mask of solid, drawn or written components."""
    closed = closing(ink, side)
    filled = fill_holes(closed)
    components = ConnectedComponents.of(filled)
    lengths, areas = components.lengths(), components.areas(ink)
    solid = components.areas(opening(ink | (filled & ~closed), side)) > 0
    half = max(1, round(side / 2))
    drawn = components.areas(_without_edge(opening(ink, half), margin + side)) > 0
    # Letters have more gaps than crossing scratches.
    written = components.areas(opening(filled, half)) > _GAPS * areas
    return ink & components.mask(solid | ((drawn | written) & (lengths > _WORD * side)))


def _without_edge(mask: Mask, width: int) -> Mask:
    """Return the mask without its edge, where the lid of a scanner leaves lines."""
    inner = np.zeros_like(mask)
    inside = np.s_[width:-width, width:-width]
    inner[inside] = mask[inside]
    return inner


def _small(ink: Mask, kept: Mask, side: int, margin: int, detail: Callable[[Edges], Mask]) -> Mask:
    """Return the mask of small content outside the box of the large."""
    components = ConnectedComponents.of(ink)
    marks = Marks.of(components, ink)
    content = components.areas(kept) > 0
    outside = ~content
    if content.any():
        box = marks[content]
        outside &= (marks.left < box.left.min()) | (marks.right > box.right.max()) | (
            marks.top < box.top.min()
        ) | (marks.bottom > box.bottom.max())  # fmt: skip
    if not outside.any():
        return np.zeros_like(ink)
    content |= _long(components, marks, outside & (marks.length > _WORD * side))
    small = ~content & (marks.length <= _WORD * side)
    inner = (marks.left > margin) & (marks.top > margin)
    inner &= (marks.right < ink.shape[1] - margin) & (marks.bottom < ink.shape[0] - margin)
    content |= small & (_are_signs(marks) | ((marks.length > _LARGEST_DUST * side) & inner))
    specks = np.flatnonzero(small & ~content)
    specks = specks[np.argsort(marks.areas[specks])[::-1][:_MOST]]
    for number in specks[outside[specks]][:_MOST_IN_DETAIL]:
        content[number] = _is_sign(marks, int(number), detail, side * _SIGN)
    specks = specks[~content[specks]]
    content[specks] = belong_to_content(marks[specks], marks[content], _WORD * side)
    return components.mask(content & outside)


def _long(components: ConnectedComponents, marks: Marks, candidates: Mask) -> Mask:
    """Return which long marks are content: all that do not consist of scratches."""
    chosen = candidates.copy()
    for number in np.flatnonzero(candidates):
        chosen[number] = not are_scratches(*components.pixels(int(number)), components.shape)
    return chosen


def _are_signs(marks: Marks) -> Mask:
    fill = marks.areas / (marks.width * marks.height)
    oblong = marks.length >= _OBLONG * marks.breadth
    return ((fill < _SPARSE) | oblong) & (marks.length >= _SMALLEST_SIGN)


def _is_sign(marks: Marks, number: int, detail: Callable[[Edges], Mask], smallest: float) -> bool:
    """Return whether a mark is a sign when it is seen at the finest scale.

    Args:
        marks: all marks.
        number: the index of the mark.
        detail: returns a part of the mask at that scale.
        smallest: length of the smallest sign, in pixels of the marks' scale.
    """
    edges = (marks.left, marks.top, marks.right, marks.bottom)
    left, top, right, bottom = (int(edge[number]) for edge in edges)
    ink = detail((left, top, right, bottom))
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    if not len(rows):
        return False
    height, width = rows[-1] + 1 - rows[0], columns[-1] + 1 - columns[0]
    length = max(height, width)
    finer = len(ink) / (bottom - top)
    shaped = ink.sum() < _SPARSE * height * width or length >= _OBLONG * min(height, width)
    return bool(shaped and length >= max(_SMALLEST_SIGN, smallest * finer))
