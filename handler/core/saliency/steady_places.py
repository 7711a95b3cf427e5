"""A preference for few places, so that similar pictures have the same window.

Where the score is flat, the noise of a picture decides between adjacent places, and the same
picture in another size or quality would have another window. The places between the eighths of the
range have therefore a small price, which matters only where the score is flat.
"""

import numpy as np

from handler.core.geometry import Size
from handler.core.placement import Score
from handler.core.spans import Floats, X, Y, bounds_of

# Price of a place between the sixteenths of the range of positions, and between its eighths, in
# shares of the interest, for a range as long as the window. Of the windows of 234 photos, 95.2 %
# stay in a picture of half the size (93.6 % without the price) and 92.3 % in a JPEG file of quality
# 60 (90.1 %). At a higher price, 16:9 windows have less of the gaze than the centre (OSIE).
_PRICE = 0.0025
_SIXTEENTH, _EIGHTH = 16, 8
# Longest range that raises the price, in lengths of the window.
_LONGEST_RANGE = 5 / 3
# Largest distance of a position that is on a division, in its parts.
_ON = 1e-6


def on_steady_places(score: Score, extent: Floats, picture: Size) -> Score:
    """Return a score with a price for places that few other pictures have.

    Args:
        score: the score of windows.
        extent: width and height of the windows, in pixels of the picture, (2,).
        picture: size of the picture.
    """
    ranges = np.maximum(bounds_of(picture) - extent, 0)
    prices = _PRICE * np.minimum(ranges / extent, _LONGEST_RANGE)

    def steady(xs: Floats, ys: Floats) -> Floats:
        across = prices[X] * _unsteadiness(xs, ranges[X])
        down = prices[Y] * _unsteadiness(ys, ranges[Y])
        return np.asarray(score(xs, ys) - down[:, np.newaxis] - across)

    return steady


def _unsteadiness(starts: Floats, length: float) -> Floats:
    """Return 0 for places at an eighth of a range, 1 at a sixteenth, and 2 elsewhere, (n,)."""
    shares = starts / max(length, 1e-9)
    between = [np.abs(shares * parts - np.round(shares * parts)) for parts in (_SIXTEENTH, _EIGHTH)]
    return np.asarray(sum((each > _ON).astype(float) for each in between))
