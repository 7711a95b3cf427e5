"""A background that is not one colour: paper, a lit wall, a scan, with noise and dust on it.

The colours around the edge are taken for the background and carried on into the picture by a
quadratic surface for each band, which follows a gradient and the fall-off of a lamp.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from handler.core.geometry import Box, Region, Size

Floats = npt.NDArray[np.float64]

# Long side that the picture is averaged down to: fine enough for a box within 1/1000 of the side,
# coarse enough for grain and JPEG noise to average out.
_VIEW_SIDE = 1024
# Width of the edge that is taken for background, as a share of the shorter side.
_EDGE = 0.01
# Rounds of reweighting; what lies on the edge and is no background (a product that is cut off) has
# lost its say by then.
_ROUNDS = 12
# A band of rows or columns with content in it counts when it is this wide, as a share of the
# side, or holds this share of all content: dust and scratches do neither.
_BAND = 0.02
_SHARE = 0.01


def find_product(image: Image.Image, threshold: int) -> tuple[Box | None, tuple[int, ...]]:
    """Find the box of what stands before the backdrop.

    Args:
        image: upright picture, mode L, RGB, RGBX, RGBA (straight alpha) or CMYK.
        threshold: how far a pixel may be from the backdrop, 0 to 255, any band.

    Returns:
        The box in pixels of ``image``, None when there is nothing but backdrop; and the backdrop's
        median colour, one value a band.
    """
    factor = max(1, round(max(image.size) / _VIEW_SIDE))
    view = _bands(image.reduce(factor) if factor > 1 else image)
    edge = _edge_mask(Size(view.shape[1], view.shape[0]))
    found = np.abs(view - _surface(view, edge)).max(axis=2) > threshold
    colour = tuple(int(value) for value in np.median(view[edge], axis=0))
    rows = _extent(_clean(found).sum(axis=1))
    if rows is None:
        return None, colour
    columns = _extent(_clean(found)[rows[0] : rows[1]].sum(axis=0))
    if columns is None:
        return None, colour
    region = Region(columns[0], rows[0], columns[1] - columns[0], rows[1] - rows[0])
    seen = Size(view.shape[1] * factor, view.shape[0] * factor)
    whole = region.between(Size(view.shape[1], view.shape[0]), seen)
    return whole.box_in(Size(*image.size)), colour


def _bands(image: Image.Image) -> Floats:
    pixels = np.asarray(image, np.float64)
    return pixels[..., np.newaxis] if pixels.ndim == 2 else pixels[..., : len(image.getbands())]


def _edge_mask(size: Size) -> npt.NDArray[np.bool_]:
    width = max(1, round(min(size.width, size.height) * _EDGE))
    mask = np.ones((size.height, size.width), np.bool_)
    mask[width : size.height - width, width : size.width - width] = False
    return mask


def _surface(view: Floats, edge: npt.NDArray[np.bool_]) -> Floats:
    """The backdrop as it would be everywhere; least absolute deviations, by reweighting."""
    terms = _terms(Size(view.shape[1], view.shape[0]))
    samples, values = terms[edge], view[edge]
    weights = np.ones(len(samples))
    solution: Floats = np.zeros((terms.shape[2], view.shape[2]))
    for _ in range(_ROUNDS):
        root = np.sqrt(weights)[:, np.newaxis]
        fit = np.linalg.lstsq(samples * root, values * root, rcond=None)
        solution = np.asarray(fit[0], np.float64)
        weights = 1 / (1 + np.abs(values - samples @ solution).max(axis=1))
    return np.asarray(terms @ solution, np.float64)


def _terms(size: Size) -> Floats:
    y, x = np.meshgrid(
        np.linspace(-1, 1, size.height), np.linspace(-1, 1, size.width), indexing="ij"
    )
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=-1)


def _clean(found: npt.NDArray[np.bool_]) -> npt.NDArray[np.bool_]:
    """Without single pixels: what has no neighbour above, below, left or right."""
    padded = np.pad(found, 1)
    neighbours = padded[:-2, 1:-1] | padded[2:, 1:-1] | padded[1:-1, :-2] | padded[1:-1, 2:]
    return np.asarray(found & neighbours, np.bool_)


def _extent(counts: npt.NDArray[np.intp]) -> tuple[int, int] | None:
    """First and last (exclusive) line of the bands of content that are more than dust."""
    edges = np.flatnonzero(np.diff(np.pad(counts > 0, 1).astype(np.int8)))
    bands = edges.reshape(-1, 2)
    total = counts.sum()
    kept = [
        (start, stop)
        for start, stop in bands.tolist()
        if stop - start >= _BAND * len(counts) or counts[start:stop].sum() >= _SHARE * total
    ]
    return (kept[0][0], kept[-1][1]) if kept else None
