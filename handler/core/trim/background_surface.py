"""The backdrop as it would be without the product: a smooth surface for each band.

It is fitted to the edge of the picture first and then, bending more, to all that agrees with it
inside. Least squares with the weights of Geman and McClure, by which what is far off has no say.
"""

import numpy as np
import numpy.typing as npt
from numpy.polynomial import legendre
from PIL import Image

Floats = npt.NDArray[np.float64]
Planes = npt.NDArray[np.uint8]

# Averages of this many cells along the longer side are fitted: as few as can tell the picture's
# parts from one another.
_CELLS = 32
# Highest degree and, in levels, the deviation from which a cell loses its say, round by round. A
# quadratic is as much as the edge tells of the inside; spots of light and paper that hangs want
# the sixth degree.
_EDGE_ROUNDS = [(1, 24)] * 3 + [(2, 12)] * 4
_ROUNDS = [(4, 12)] * 3 + [(6, 12)] * 4
_DEGREE = 6
# Holds the surface flat where nothing else does: below the product. Small beside the weight of
# any cell that has a say.
_STIFFNESS = 1e-4
# Exponents of y and x of each term, in the order of their sum.
_TERMS = sorted(((y, x) for y in range(_DEGREE + 1) for x in range(_DEGREE + 1 - y)), key=sum)
_Y, _X = np.array(_TERMS).T


def planes(image: Image.Image) -> Planes:
    """The bands of a picture one after the other, (bands, height, width)."""
    bands = image.split()[: 3 if image.mode == "RGBX" else None]
    return np.stack([np.asarray(band) for band in bands])


def fit_surface(image: Image.Image) -> Planes:
    """Estimate a picture's backdrop.

    Args:
        image: any mode of 8-bit bands.

    Returns:
        The backdrop everywhere, (bands, height, width).
    """
    step = -(-max(image.size) // _CELLS)
    cells = planes(image.reduce(step))
    bands, height, width = cells.shape
    across, down = (_polynomials(_centres(side, step), side) for side in image.size)
    terms = (down[:, np.newaxis, _Y] * across[np.newaxis, :, _X]).reshape(height * width, -1)
    values = cells.reshape(bands, -1).T.astype(np.float64)
    edge = np.ones((height, width), np.bool_)
    edge[1:-1, 1:-1] = False
    solution = _fit_edge(terms[edge.ravel()], values[edge.ravel()])
    solution = _fit_inside(terms, values, solution, (height, width))
    return _evaluate(solution, image.size)


def _fit_edge(terms: Floats, values: Floats) -> Floats:
    solution = np.zeros((terms.shape[1], values.shape[1]))
    solution[0] = np.median(values, axis=0)
    for degree, scale in _EDGE_ROUNDS:
        deviation = np.abs(values - terms @ solution).max(axis=1)
        solution = _solve(terms, values, _robust_weights(deviation, scale), degree)
    return solution


def _fit_inside(terms: Floats, values: Floats, solution: Floats, shape: tuple[int, int]) -> Floats:
    for degree, scale in _ROUNDS:
        deviation = np.abs(values - terms @ solution).max(axis=1)
        # Beside a cell of the product there may be a little of it in the next one.
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
    # The mean is free, but must not be undetermined where no cell has a say.
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
        # Not `@`: BLAS would put a thread on each core, most of which spin.
        surface = np.einsum("yk,kx->yx", down, grid @ across.T)
        levels[band] = np.clip(np.rint(surface, out=surface), 0, 255, out=surface)
    return levels


def _centres(size: int, step: int) -> Floats:
    starts = np.arange(0, size, step)
    return (starts + np.minimum(starts + step, size)) / 2


def _polynomials(places: Floats, size: int) -> Floats:
    """Legendre's, of places in pixels along a side: (places, degrees)."""
    return np.asarray(legendre.legvander(places / size * 2 - 1, _DEGREE), np.float64)
