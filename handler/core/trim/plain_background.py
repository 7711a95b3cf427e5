"""The colour of a background that is the same everywhere along the edges."""

import numpy as np
import numpy.typing as npt

from handler.core.trim.background_surface import Planes

Colour = npt.NDArray[np.uint8]
Levels = npt.NDArray[np.float32]

# Width of the edge that is examined, as a share of the shorter side.
_EDGE = 0.02
# Largest distance of the background from its colour, in levels, and the share of the edge that has
# the colour: half of it, if content touches the rest.
_NEAR, _SHARE = 4, 0.5
# Distance from the edges, as a share of the shorter side, at which no strip is expected any more.
_INSIDE = 0.1
# Paper is at least this light, and empty in this share of its edges.
_BRIGHT, _EMPTY = 150, 0.85
# At the edges of content, the levels change by this much within a few pixels. Light changes slowly.
_STEP, _WITHIN = 14, 8
# Share of the changes along the edge that must be steps.
_STEPS = 0.7


def edge_colour(levels: Planes) -> tuple[Colour, bool]:
    """Return the colour of the background along the edges, and whether it is the same everywhere.

    The most frequent colour of the edges is that of the background. If it has only one side, or two
    that meet, it is that of a strip which a scanner leaves there. The background is then inside.

    Args:
        levels: the picture, uint8 (bands, height, width).

    Returns:
        The colour, uint8 (bands,); and whether no light changes it.
    """
    sides = _sides(levels)
    along = np.concatenate(sides, axis=1)
    colour = _mode(along)
    covered = [float((np.abs(side - colour[:, np.newaxis]) <= _NEAR).all(axis=0).mean()) >= _SHARE
               for side in sides]  # fmt: skip
    inside = max(1, round(min(levels.shape[1:]) * _INSIDE))
    part = levels[:, inside:-inside, inside:-inside]
    if part.size and not all(covered):
        inner = np.concatenate(_sides(part), axis=1)
        other = _mode(inner)
        opposite = (covered[0] and covered[2]) or (covered[1] and covered[3])
        # Strips at opposite sides look like the bars of a film, but next to bright, empty paper.
        near = (np.abs(inner - other[:, np.newaxis]) <= _NEAR).all(axis=0).mean()
        if not opposite or (other.min() >= _BRIGHT and near >= _EMPTY):
            colour = other
    return np.rint(colour).astype(np.uint8), _is_plain(along, colour)


def _is_plain(along: Levels, colour: Levels) -> bool:
    """Return whether one colour is next to content only, and not to other light."""
    near = (np.abs(along - colour[:, np.newaxis]) <= _NEAR).all(axis=0)
    if near.mean() < _SHARE * 0.9:
        return False
    within = max(2, min(_WITHIN, along.shape[1] // 200))
    # JPEG's ripples next to content are ignored: the majority decides.
    votes = sum(
        np.roll(near, shift).astype(np.intp) for shift in range(-within // 2, within // 2 + 1)
    )
    near = votes > within / 2
    changes = np.flatnonzero(near != np.roll(near, -1))
    if not len(changes):
        return True
    places = (changes + np.arange(1 - within, within + 1)[:, np.newaxis]) % along.shape[1]
    steps = np.ptp(along[:, places], axis=1).max(axis=0) >= _STEP
    return bool(steps.mean() >= _STEPS)


def _sides(levels: Planes) -> list[Levels]:
    """Return the medians across the edges, clockwise from the top left, each (bands, length).

    A thin frame does not change the median.
    """
    width = max(1, round(min(levels.shape[1:]) * _EDGE))
    top, bottom = levels[:, :width], levels[:, -width:, ::-1]
    right, left = levels[:, :, -width:], levels[:, ::-1, :width]
    sides = [
        np.median(part, axis=axis) for part, axis in ((top, 1), (right, 2), (bottom, 1), (left, 2))
    ]
    return [side.astype(np.float32) for side in sides]


def _mode(values: Levels) -> Levels:
    """Return the median of the values around the most frequent one of each band, (bands,)."""
    colour = []
    for band in values:
        counts = np.bincount(np.rint(band).astype(np.intp), minlength=256)
        window = np.convolve(counts, np.ones(2 * _NEAR + 1), mode="same")
        near = np.abs(band - window.argmax()) <= _NEAR + 0.5  # values were rounded
        colour.append(float(np.median(band[near])))
    return np.array(colour, np.float32)
