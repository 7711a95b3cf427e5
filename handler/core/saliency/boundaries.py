"""The price of edges that cut a line of lettering, which should be whole or outside of a window."""

import numpy as np

from handler.core.geometry import Size
from handler.core.placement import Score
from handler.core.spans import Floats, X, Y, bounds_of

# Price of a window that cuts a line or several, in shares of the interest: so much interest may be
# lost for a window that contains the lines whole, or leaves them out.
_PRICE = 0.02
# The price is full if the smaller part has at least this share of the line, and rises up to there,
# so that the window does not change suddenly with a box that varies by a pixel.
_CUT = 0.1


def cut_price(lettering: Floats | None, extent: Floats, picture: Size) -> Score:
    """Return the price of the lines that are neither inside a window nor outside, 0 or more.

    Args:
        lettering: spans of the lines, in shares of the picture's sides, (n, 2, 2); None for none.
        extent: width and height of the windows, in pixels of the picture, (2,).
        picture: size of the picture.
    """
    lines = np.empty((0, 2, 2)) if lettering is None else lettering * bounds_of(picture)[:, None]

    def price(xs: Floats, ys: Floats) -> Floats:
        across, down = _inside(lines[:, X], xs, extent[X]), _inside(lines[:, Y], ys, extent[Y])
        inside = down[:, :, np.newaxis] * across[:, np.newaxis]
        cut = np.minimum(1, np.minimum(inside, 1 - inside) / _CUT)
        return np.asarray(_PRICE * cut.max(axis=0, initial=0))

    return price


def _inside(spans: Floats, starts: Floats, length: float) -> Floats:
    """Return the share of each line in each window along one axis, (lines, starts), 0 to 1."""
    first = np.maximum(spans[:, :1], starts)
    last = np.minimum(spans[:, 1:], starts + length)
    sides = np.maximum(spans[:, 1:] - spans[:, :1], 1e-9)
    return np.asarray(np.maximum(0, last - first) / sides)
