"""A picture weighed: its maps of interest, and the faces, if somebody can find any."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handler.core.face import Face
from handler.core.geometry import Size
from handler.core.image.frame import Frame
from handler.core.image.view import fitted, opaque
from handler.core.saliency.interest import Interest, combine
from handler.core.saliency.maps import find_salient

# Between that of a clear sky (0.2) and that of the emptiest of 234 photos (0.8).
_LITTLE_STRUCTURE = 0.5
# Long side of what is looked at. The detector finds a face of a thirtieth of it; at twice the size
# it would find 2 % more of them for four times the work.
_VIEW_SIDE = 320


@dataclass(frozen=True, slots=True)
class Look:
    """What a network saw in a view of a picture.

    Attributes:
        faces: in pixels of the picture itself.
        maps: what it found interesting, over the whole picture; see `combine`.
    """

    faces: tuple[Face, ...]
    maps: Sequence[tuple[str, NDArray[np.floating]]]


@dataclass(frozen=True, slots=True)
class Weighed:
    """What there is to choose a window by.

    Attributes:
        interest: where the interest is.
        faces: those found; None when nobody could look for any.
    """

    interest: Interest
    faces: tuple[Face, ...] | None


# Given a view of the picture, mode RGB or RGBX, and the picture's size. None: it cannot look.
Glance = Callable[[Image.Image, Size], Look | None]
Weigh = Callable[[Frame, float], Weighed]


def weigh(frame: Frame, shrink: float, glance: Glance | None = None) -> Weighed:
    """Weigh a picture.

    Args:
        frame: the opened picture.
        shrink: how coarse it may be decoded, as `fine_enough` has it.
        glance: what looks at it beside the maps of `saliency`.
    """
    pixels = frame.pixels(shrink)

    def look() -> Weighed:
        view = opaque(pixels.overview(fitted(frame.size, _VIEW_SIDE)))
        salient = find_salient(view)
        seen = None if glance is None else glance(view, frame.size)
        if seen is None:
            return Weighed(combine(salient.maps), None)
        return Weighed(combine([*salient.maps, *_trusted(seen, salient.structure)]), seen.faces)

    return pixels.once("saliency" if glance is None else "saliency and faces", look)


def _trusted(seen: Look, structure: float) -> Iterator[tuple[str, NDArray[np.floating]]]:
    """A network's maps, with an exponent from 0, where there is nothing to see, to 1.

    There it sees its own edges: an empty sky is to it a place that is unlike all others.
    """
    trust = structure**2 / (structure**2 + _LITTLE_STRUCTURE**2)
    for name, values in seen.maps:
        yield name, values**trust


def fine_enough(shrink: float, picture: Size) -> float:
    """The shrink that a picture is decoded for, so that it can be looked at and rendered from."""
    return min(shrink, max(picture.width, picture.height) / _VIEW_SIDE)
