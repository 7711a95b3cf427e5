"""Dark films between black bars, whose scenes may hardly differ from the bars."""

import numpy as np
import numpy.typing as npt

from handler.core.image.components import Mask
from handler.core.trim.background_surface import Planes

# Bars are at most this light, and a scene is lighter by this number of levels, or by this share of
# its median, so that the ripples of JPEG next to it are no scene.
_BLACK, _LIGHTER, _SHARE = 24, 5, 0.25
# The scene covers this share of its rectangle, and of each line in it; the bars have less of it.
_COVERED, _LINE, _OUTSIDE = 0.8, 0.5, 0.01


def find_film(reach: npt.NDArray[np.uint8], background: Planes) -> Mask:
    """Return the mask of a film, empty if there is none.

    Args:
        reach: largest distance from the background in any band, (height, width).
        background: the background at every pixel, uint8 (bands, height, width).
    """
    nothing = np.zeros(reach.shape, np.bool_)
    if background.max() > _BLACK or np.ptp(background, axis=(1, 2)).any():
        return nothing
    lit = reach > _LIGHTER
    if lit.mean() < _LINE**2:
        return nothing
    lit = reach > max(_LIGHTER, _SHARE * float(np.median(reach[lit])))
    rows = np.flatnonzero(lit.mean(axis=1) > _LINE * lit.any(axis=0).mean())
    columns = np.flatnonzero(lit.mean(axis=0) > _LINE * lit.any(axis=1).mean())
    if not len(rows) or not len(columns):
        return nothing
    film = nothing.copy()
    film[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    if film.all() or lit[film].mean() < _COVERED or lit[~film].mean() > _OUTSIDE:
        return nothing
    return film
