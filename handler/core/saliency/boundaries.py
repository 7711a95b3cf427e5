"""The price of edges that cut what should be whole or outside of a window.

These are the lines of lettering, and the object of a picture that has one object and no face.
"""

import numpy as np

from handler.core.detection import DetectedObjects
from handler.core.geometry import Size
from handler.core.placement import Score
from handler.core.spans import EPSILON, Floats, X, Y, bounds_of

# Price of a window that cuts a line or several, in shares of the interest: so much interest may be
# lost for a window that contains the lines whole, or leaves them out.
_PRICE = 0.02
# The price is full if the smaller part has at least this share of the line, and rises up to there,
# so that the window does not change suddenly with a box that varies by a pixel.
_CUT = 0.1
# The same for the only object, whose box is less exact. At a higher price, or with two objects, the
# windows have more of the main objects and less of the viewers' gaze (OSIE).
_PRICE_OF_OBJECT, _CUT_OBJECT = 0.05, 0.2
# Scores of an object between which the price rises.
_UNSURE, _SURE = 0.2, 0.4


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


def price_of_cut_object(objects: DetectedObjects, extent: Floats, picture: Size) -> Score:
    """Return the price of cutting the only object of a picture, 0 or more.

    The price is 0 if there are several objects, or if the object does not fit into the window. The
    upper and lower edge may cut an object that is higher than wide: most of these are people.

    Args:
        objects: the objects.
        extent: width and height of the windows, in pixels of the picture, (2,).
        picture: size of the picture.
    """
    boxes = np.asarray(objects.spans, float) * bounds_of(picture)[:, None]
    sides = boxes[..., 1] - boxes[..., 0]
    if len(boxes) != 1 or (sides > extent + EPSILON).any():
        return lambda xs, ys: np.zeros((len(ys), len(xs)))
    is_upright = sides[0, Y] > sides[0, X]
    highest = _PRICE_OF_OBJECT * float(np.interp(objects.scores[0], [_UNSURE, _SURE], [0, 1]))

    def price(xs: Floats, ys: Floats) -> Floats:
        across, down = _inside(boxes[:, X], xs, extent[X]), _inside(boxes[:, Y], ys, extent[Y])
        inside = (np.ones_like(down) if is_upright else down).T * across
        return np.asarray(highest * np.minimum(1, np.minimum(inside, 1 - inside) / _CUT_OBJECT))

    return price


def _inside(spans: Floats, starts: Floats, length: float) -> Floats:
    """Return the share of each line in each window along one axis, (lines, starts), 0 to 1."""
    first = np.maximum(spans[:, :1], starts)
    last = np.minimum(spans[:, 1:], starts + length)
    sides = np.maximum(spans[:, 1:] - spans[:, :1], 1e-9)
    return np.asarray(np.maximum(0, last - first) / sides)
