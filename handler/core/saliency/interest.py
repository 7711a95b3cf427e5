"""The interest (saliency) map of a picture, combined from several maps, with the faces found.

An interest map gives each position in the picture a value of 0 or more: the share of the viewer's
attention that it attracts.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from handler.core.detection import Detector, Inspection
from handler.core.face import Face
from handler.core.geometry import Region, Size
from handler.core.image.frame import Frame, flatten, scaled_to
from handler.core.saliency.handedness import (
    is_lighter_on_the_right,
    mirror,
    mirror_faces,
    mirror_spans,
)
from handler.core.saliency.lettering import find_lettering
from handler.core.saliency.maps import compute_saliency
from handler.core.spans import Floats

Map = NDArray[np.float64]

# Cells along either side, for pictures of any aspect.
GRID = 32
# Added to each map, in units of its mean, so that no map can rule out a position: a value of 0
# counts as a tenth of the mean. Between a thirtieth and a half the windows are the same.
_FLOOR = 0.1
_TINY = 1e-6
# Mean corner strength at which a network's maps count half. It is between that of a clear sky (0.2)
# and that of the emptiest of 234 photos (0.8).
_LITTLE_STRUCTURE = 0.5
# Exponent of the other maps next to the readout of the object network: its weight when both were
# fitted together, to the gaze of viewers.
_NEXT_TO_READOUT = 1 / 3
# Cells along either side at which the readout was fitted; finer detail of it is noise.
_READOUT_GRID = 16
# Long side of the view that is scored, in pixels. The detector finds faces down to a thirtieth of
# it. At twice the size it would find 2 % more faces at four times the cost.
_VIEW_SIDE = 320


@dataclass(frozen=True, slots=True)
class InterestMap:
    """The distribution of interest over a picture.

    Attributes:
        heat: share of the interest in each cell of the whole picture, float64 (32, 32); sums to 1.
        weights: contribution of each map: its share of the variance of the heat's logarithm. The
            weights sum to 1. One below 0 belongs to a map that contradicts the others.
    """

    heat: Map
    weights: dict[str, float]

    def kept(self, lefts: Map, tops: Map, window: tuple[float, float]) -> Map:
        """Return the share of the interest inside each of several windows of one size.

        Args:
            lefts: left edges, (n,), in shares of the picture's width.
            tops: top edges, (m,), in shares of the picture's height.
            window: width and height of the windows, in the same shares.

        Returns:
            float64 (m, n), 0 to 1.
        """
        across, down = _coverage(lefts, window[0]), _coverage(tops, window[1])
        return np.asarray(down @ self.heat @ across.T)

    def without(self, areas: Sequence[Region], picture: Size) -> "InterestMap":
        """Return the map with no interest in some areas.

        Args:
            areas: the areas, in pixels of the picture.
            picture: size of the picture.

        Returns:
            The new map; this one if no interest would remain.
        """
        remaining = np.ones_like(self.heat)
        for area in areas:
            across = _coverage(np.array([area.left / picture.width]), area.width / picture.width)
            down = _coverage(np.array([area.top / picture.height]), area.height / picture.height)
            remaining *= 1 - down.T @ across
        heat = self.heat * remaining
        return InterestMap(heat / heat.sum(), self.weights) if heat.sum() > _TINY else self


@dataclass(frozen=True, slots=True)
class Interest:
    """The interest map of a picture, and its faces.

    Attributes:
        map: the interest map.
        faces: the faces found; None if face detection is not available.
        objects: confidence that there is any object, 0 to 1; None if object detection is not
            available.
        lettering: spans of lines of lettering, in shares of the picture's sides, (n, 2, 2); None if
            it was not looked for.
    """

    map: InterestMap
    faces: tuple[Face, ...] | None
    objects: float | None = None
    lettering: Floats | None = None

    @property
    def evidence(self) -> tuple[str, ...]:
        """The kinds of evidence that were looked for: "faces", "objects", "text"."""
        looked_for = {
            "faces": self.faces is not None,
            "objects": self.objects is not None,
            "text": self.lettering is not None,
        }
        return tuple(name for name, known in looked_for.items() if known)

    def mirrored(self, picture: Size) -> "Interest":
        """Return the interest of the mirror image of a picture of this size."""
        return Interest(
            InterestMap(np.ascontiguousarray(self.map.heat[:, ::-1]), self.map.weights),
            None if self.faces is None else mirror_faces(self.faces, picture.width),
            self.objects,
            None if self.lettering is None else mirror_spans(self.lettering),
        )


def compute_interest(frame: Frame, shrink: float, detector: Detector | None = None) -> Interest:
    """Return the interest map and the faces of a picture.

    Args:
        frame: the opened picture.
        shrink: coarsest scale to decode at, in source pixels per pixel; see `decoding_shrink`.
        detector: the face detector, whose maps are combined with those of `compute_saliency`.
    """
    pixels = frame.pixels(shrink)

    def compute() -> Interest:
        view = flatten(pixels.low_resolution(scaled_to(frame.size, _VIEW_SIDE)))
        if is_lighter_on_the_right(view):
            return _score(mirror(view), frame.size, detector).mirrored(frame.size)
        return _score(view, frame.size, detector)

    return pixels.cached("saliency" if detector is None else "saliency and faces", compute)


def _score(view: Image.Image, picture: Size, detector: Detector | None) -> Interest:
    """Return the interest map and the faces of a picture.

    Args:
        view: the picture at the size that is scored.
        picture: size of the picture.
        detector: see `compute_interest`.
    """
    salient, lettering = compute_saliency(view), find_lettering(view)
    found = None if detector is None else detector.inspect(view, picture)
    if found is None:
        return Interest(combine(salient.maps), None, None, lettering)
    maps = [*salient.maps, *_trusted(found, salient.structure)]
    if found.objects is None:
        return Interest(combine(maps), found.faces, None, lettering)
    objects = found.objects
    return Interest(combine(maps, objects.maps), found.faces, objects.confidence, lettering)


def decoding_shrink(shrink: float, picture: Size) -> float:
    """Return the scale at which a picture is decoded to be both scored and rendered.

    Args:
        shrink: scale of the rendering, in source pixels per pixel.
        picture: size of the picture at full scale.
    """
    return min(shrink, max(picture.width, picture.height) / _VIEW_SIDE)


def _trusted(found: Inspection, structure: float) -> Iterator[tuple[str, NDArray[np.floating]]]:
    """Yield a network's maps with an exponent from 0 (empty picture) to 1.

    In an empty sky the network responds to the edges of its own input, which would make the corners
    novel.
    """
    trust = structure**2 / (structure**2 + _LITTLE_STRUCTURE**2)
    for name, values in found.maps:
        yield name, values**trust


def combine(
    maps: Sequence[tuple[str, NDArray[np.floating]]],
    readout: Sequence[NDArray[np.floating]] = (),
) -> InterestMap:
    """Return the product of maps and of a Gaussian around the centre of the picture.

    Each map is divided by its mean, so that its unit does not matter, and has the exponent 1: an
    unweighted product of experts (Hinton 2002). The standard deviation of the Gaussian is half a
    side, so the edges are 1.6 times less interesting than the centre. Photographers place the
    subject there, and viewers look there first (Tatler 2007).

    Args:
        maps: name and values of each map. Values are 0 or more, cover the whole picture and have
            any shape (rows, columns). The weights of maps with the same name are added up.
        readout: further maps, as logarithms. With them all other maps have the exponent 1/3,
            because the readout was fitted next to them.
    """
    place = (np.arange(GRID) + 0.5) / (GRID / 2) - 1
    logarithms = [("centre", -(place[:, np.newaxis] ** 2 + place**2) / 2)]
    logarithms += [(name, _logarithm(values)) for name, values in maps]
    if readout:
        logarithms = [(name, values * _NEXT_TO_READOUT) for name, values in logarithms]
        fitted = sum(_cells(values, _READOUT_GRID) for values in readout)
        logarithms.append(("objects", _cells(np.asarray(fitted))))
    total = sum(logarithm for _, logarithm in logarithms)
    heat = np.exp(total - np.max(total))
    return InterestMap(heat / heat.sum(), _variance_shares(logarithms, np.asarray(total)))


def _cells(values: NDArray[np.floating], grid: int = GRID) -> Map:
    """Return the values of a map in the cells of a grid, float64 (grid, grid)."""
    image = Image.fromarray(np.asarray(values, np.float32))
    return np.asarray(image.resize((grid, grid), Image.Resampling.BILINEAR), np.float64)


def _logarithm(values: NDArray[np.floating]) -> Map:
    cells = _cells(values)
    return np.asarray(np.log(np.maximum(cells, 0) / (cells.mean() + _TINY) + _FLOOR))


def _variance_shares(logarithms: Sequence[tuple[str, Map]], total: Map) -> dict[str, float]:
    deviation = total - total.mean()
    variance = float((deviation**2).mean())
    weights = dict.fromkeys((name for name, _ in logarithms), 0.0)
    for name, logarithm in logarithms:
        weights[name] += float((deviation * logarithm).mean()) / variance
    return weights


def _coverage(starts: Map, length: float) -> Map:
    """Return the share of each cell in ``starts`` to ``starts + length``, (n, cells), 0 to 1."""
    edges = np.arange(GRID + 1) / GRID
    first = np.maximum(edges[:-1], starts[:, np.newaxis])
    last = np.minimum(edges[1:], starts[:, np.newaxis] + length)
    return np.asarray(np.maximum(0, last - first) * GRID)
