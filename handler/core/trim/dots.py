"""Specks that belong to content: full stops, small letters, bullets and beads.

A single speck has no shape of its own, so the marks near it decide.
"""

import numpy as np

from handler.core.image.components import Mask
from handler.core.trim.marks import Counts, Marks

# Letters in one line of text: their ends differ by this share of their height at most. Smaller
# specks than these have the same height by chance.
_ALIGNED, _SMALLEST_LETTER = 0.2, 5
# A dot belongs to content at a distance of its own length, or this share of a letter's.
_OWN_LENGTH, _LETTER = 1.5, 0.6
# Beads of a chain: their number, and their distance as a share of the shorter one. Equal dots of a
# dotted line that is horizontal or vertical may have the second distance.
_BEADS, _BEAD_GAP, _DOT_GAP = 4, 1.0, 5
# A bullet stands in the row of a text, at most this many letters from it, and in a column with
# another one. Their lengths and places differ by this share of their length at most.
_BULLET_GAP, _SAME = 4, 0.3


def belong_to_content(specks: Marks, content: Marks, longest_letter: int) -> Mask:
    """Return which specks are content, bool (specks,).

    Args:
        specks: compact marks.
        content: marks that are content.
        longest_letter: the length of the largest letter, in pixels.
    """
    count = len(specks.left)
    if not count:
        return np.zeros(0, np.bool_)
    across, down = specks.gaps(content)
    # Letters may touch. A word may have any length, but is not higher than a letter.
    letters = np.where(content.length <= longest_letter, content.length, content.breadth)
    letters = np.where(letters <= longest_letter, letters, 0)
    chosen = _next_to_letters(specks, content, across, down)
    own = _OWN_LENGTH * specks.length[:, np.newaxis]
    chosen |= (np.maximum(across, down) <= np.maximum(own, _LETTER * letters)).any(axis=1)
    in_row = (down < 0) & (across > 0) & (across <= _BULLET_GAP * letters)
    chosen |= _in_column(specks, np.asarray(in_row.any(axis=1), np.bool_))
    chosen |= _in_dotted_line(specks, content, np.maximum(across, down)).any(axis=1)
    across, down = specks.gaps(specks)
    np.fill_diagonal(across, np.iinfo(np.int32).max)
    chosen |= _next_to_letters(specks, specks, across, down)
    gaps = np.maximum(across, down)
    shorter = np.minimum(specks.length[:, np.newaxis], specks.length)
    linked = gaps <= np.maximum(1, _BEAD_GAP * shorter)
    chosen |= _in_chain(linked | _in_dotted_line(specks, specks, gaps))
    # A dot next to a dot, such as a colon's or the leader's in a table of contents.
    near = gaps <= own
    while (added := near[:, chosen].any(axis=1) & ~chosen).any():
        chosen |= added
    return chosen


def _next_to_letters(specks: Marks, others: Marks, across: Counts, down: Counts) -> Mask:
    """Return which specks are as high as another mark next to them, on the same line."""
    height = specks.height[:, np.newaxis]
    higher = np.maximum(height, others.height)
    slack = np.maximum(1, _ALIGNED * higher)
    level = np.abs(specks.top[:, np.newaxis] - others.top) <= slack
    level &= np.abs(specks.bottom[:, np.newaxis] - others.bottom) <= slack
    level &= (down < 0) & (across <= higher)
    level &= np.minimum(height, others.height) >= _SMALLEST_LETTER
    return np.asarray(level.any(axis=1), np.bool_)


def _in_column(specks: Marks, candidates: Mask) -> Mask:
    """Return which of the candidates stand in a column with an equal one."""
    slack = np.maximum(1, _SAME * specks.length)
    equal = np.abs(specks.left[:, np.newaxis] - specks.left) <= slack
    equal &= np.abs(specks.length[:, np.newaxis] - specks.length) <= slack
    equal &= candidates & candidates[:, np.newaxis]
    return np.asarray(equal.sum(axis=1) > 1, np.bool_)


def _in_chain(linked: Mask) -> Mask:
    """Return which specks are linked to enough others, directly or through them."""
    linked = linked | linked.T
    labels = np.arange(len(linked))
    np.fill_diagonal(linked, val=True)
    while True:
        lowest = np.where(linked, labels, len(labels)).min(axis=1)
        lowest = lowest[lowest]
        if np.array_equal(lowest, labels):
            return np.asarray(np.bincount(labels)[labels] >= _BEADS, np.bool_)
        labels = lowest


def _in_dotted_line(specks: Marks, others: Marks, gaps: Counts) -> Mask:
    """Return which specks continue a horizontal or vertical line of equal dots with others."""
    top, bottom, left, right = (
        np.abs(one[:, np.newaxis] - other) <= 1
        for one, other in (
            (specks.top, others.top),
            (specks.bottom, others.bottom),
            (specks.left, others.left),
            (specks.right, others.right),
        )
    )
    equal = np.abs(specks.length[:, np.newaxis] - others.length) <= 1
    near = gaps <= _DOT_GAP * np.minimum(specks.length[:, np.newaxis], others.length)
    return np.asarray(equal & near & ((top & bottom) | (left & right)), np.bool_)
