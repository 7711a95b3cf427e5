"""The background as it would be without the product: a smooth surface for each band.

It is fitted to the edge of the picture first and then, with a higher degree, to all cells inside
that agree with it. The fit is least squares with the weights of Geman and McClure, so that outliers
do not contribute.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre
from PIL import Image

Floats = npt.NDArray[np.float64]
Planes = npt.NDArray[np.uint8]

# The surface is fitted to the means of this many cells along the longer side, which is just enough
# to separate the product from the background.
_CELLS = 32
# Highest degree, and the scale in levels beyond which a deviation counts as an outlier, of each
# round. The edge determines at most a quadratic inside; spots of light and hanging paper need the
# sixth degree.
_EDGE_ROUNDS = [(1, 24)] * 3 + [(2, 12)] * 4
_ROUNDS = [(4, 12)] * 3 + [(6, 12)] * 4
# A quadratic that agrees with nearly as many cells is preferred: writing on paper would bend a
# surface of a higher degree. Levels, and the share of the cells.
_SIMPLE_ROUNDS = [(2, 12)] * 4
_AGREES, _NEARLY = 4, 0.93
_DEGREE = 6
# Keeps the surface flat where no cell determines it: below the product. It is small compared with
# the weight of any cell that contributes to the fit.
_STIFFNESS = 1e-4
# Exponents of y and x of each term, in the order of their sum.
_TERMS = sorted(((y, x) for y in range(_DEGREE + 1) for x in range(_DEGREE + 1 - y)), key=sum)
_Y, _X = np.array(_TERMS).T


def planes(image: Image.Image) -> Planes:
    """Return the bands of a picture, uint8 (bands, height, width)."""
    bands = image.split()[: 3 if image.mode == "RGBX" else None]
    return np.stack([np.asarray(band) for band in bands])


def fit_surface(levels: Planes, start: Sequence[int] | None = None) -> Planes:
    """Estimate the background of a picture, also behind the product.

    Args:
        levels: the picture, uint8 (bands, height, width).
        start: a colour near that of the background, for each band; None for the median of the edge.

    Returns:
        The background at every pixel, uint8 (bands, height, width).
    """
    size = levels.shape[2], levels.shape[1]
    step = -(-max(size) // _CELLS)
    cells = np.stack([np.asarray(Image.fromarray(band).reduce(step)) for band in levels])
    bands, height, width = cells.shape
    across, down = (_polynomials(_centres(side, step), side) for side in size)
    terms = (down[:, np.newaxis, _Y] * across[np.newaxis, :, _X]).reshape(height * width, -1)
    values = cells.reshape(bands, -1).T.astype(np.float64)
    edge = np.ones((height, width), np.bool_)
    edge[1:-1, 1:-1] = False
    solution = _fit_edge(terms[edge.ravel()], values[edge.ravel()], start)
    simple, exact = (
        _fit_inside(terms, values, solution, (height, width), rounds)
        for rounds in (_SIMPLE_ROUNDS, _ROUNDS)
    )
    agreeing = [
        int((np.abs(values - terms @ fitted).max(axis=1) <= _AGREES).sum())
        for fitted in (simple, exact)
    ]
    solution = simple if agreeing[0] >= _NEARLY * agreeing[1] else exact
    return _evaluate(solution, size)


def _fit_edge(terms: Floats, values: Floats, start: Sequence[int] | None) -> Floats:
    solution = np.zeros((terms.shape[1], values.shape[1]))
    solution[0] = np.median(values, axis=0) if start is None else start
    for degree, scale in _EDGE_ROUNDS:
        deviation = np.abs(values - terms @ solution).max(axis=1)
        solution = _solve(terms, values, _robust_weights(deviation, scale), degree)
    return solution


def _fit_inside(
    terms: Floats,
    values: Floats,
    solution: Floats,
    shape: tuple[int, int],
    rounds: list[tuple[int, int]],
) -> Floats:
    for degree, scale in rounds:
        deviation = np.abs(values - terms @ solution).max(axis=1)
        # A cell next to one of the product may contain a little of it.
        outliers = np.pad((deviation > 2 * scale).reshape(shape), 1)
        adjacent = outliers[1:-1, 1:-1] | outliers[:-2, 1:-1] | outliers[2:, 1:-1]
        adjacent |= outliers[1:-1, :-2] | outliers[1:-1, 2:]
        weights = np.where(adjacent.ravel(), 0, _robust_weights(deviation, scale))
        solution = _solve(terms, values, weights, degree)
    return solution


def _robust_weights(deviation: Floats, scale: float) -> Floats:
    return (1 + (deviation / scale) ** 2) ** -2.0


def _solve(terms: Floats, values: Floats, weights: Floats, degree: int) -> Floats:
    used = int(np.searchsorted(_Y + _X, degree, side="right"))
    chosen = terms[:, :used]
    weighted = chosen * weights[:, np.newaxis]
    bends = (_Y + _X)[:used] ** 2 * _STIFFNESS * len(terms)
    # The mean is not penalized, but must stay determined if no cell contributes.
    normal = weighted.T @ chosen + np.diag(np.maximum(bends, np.finfo(float).eps))
    solution = np.zeros((len(_TERMS), values.shape[1]))
    solution[:used] = np.linalg.solve(normal, weighted.T @ values)
    return solution


def _evaluate(solution: Floats, size: tuple[int, int]) -> Planes:
    across, down = (_polynomials(_centres(side, 1), side).astype(np.float32) for side in size)
    levels = np.empty((solution.shape[1], size[1], size[0]), np.uint8)
    for band, coefficients in enumerate(solution.T.astype(np.float32)):
        grid = np.zeros((_DEGREE + 1, _DEGREE + 1), np.float32)
        grid[_Y, _X] = coefficients
        # Not `@`: BLAS would start a thread on each core, and most of them would only spin.
        surface = np.einsum("yk,kx->yx", down, grid @ across.T)
        levels[band] = np.clip(np.rint(surface, out=surface), 0, 255, out=surface)
    return levels


def _centres(size: int, step: int) -> Floats:
    starts = np.arange(0, size, step)
    return (starts + np.minimum(starts + step, size)) / 2


def _polynomials(places: Floats, size: int) -> Floats:
    """Return the Legendre polynomials at positions in pixels along a side, (places, degrees)."""
    return np.asarray(legendre.legvander(places / size * 2 - 1, _DEGREE), np.float64)
