"""Scratches: thin straight lines at an angle, alone or crossing each other."""

import numpy as np
import numpy.typing as npt

Counts = npt.NDArray[np.intp]
Floats = npt.NDArray[np.float64]

# Lines are searched at these angles from the horizontal or vertical, in degrees.
_ANGLES = np.arange(-45.0, 45.5, 0.5)
# A rule of a skewed scan differs from the horizontal or vertical by less.
_SKEW = 3.0
# At most this many scratches cross each other. Each is a line of this share of the longer side.
_MOST, _SHORTEST = 6, 0.05
# Largest distance of a pixel from the line that it belongs to, and mean breadth of a scratch.
_NEAR, _BREADTH = 1.5, 2.6
# Share of the pixels that scratches must explain.
_EXPLAINED = 0.9


def are_scratches(rows: Counts, columns: Counts, shape: tuple[int, int]) -> bool:
    """Return whether a component consists of scratches.

    Args:
        rows: row of each of its pixels.
        columns: column of each of its pixels.
        shape: height and width of the mask.
    """
    rest = np.stack([rows, columns], axis=1).astype(np.float64)
    total, shortest = len(rest), _SHORTEST * max(shape)
    if total > _MOST * _BREADTH * 1.5 * max(shape):
        return False
    for _ in range(_MOST):
        angle, on_line = _best_line(rest)
        extent = np.ptp(rest[on_line], axis=0)
        length = float(np.hypot(*extent))
        if length < shortest or on_line.sum() > _BREADTH * length or angle < _SKEW:
            return False
        rest = rest[~on_line]
        if len(rest) <= (1 - _EXPLAINED) * total:
            return True
    return False


def _best_line(points: Floats) -> tuple[float, npt.NDArray[np.bool_]]:
    """Return the angle of the line with the most points, and which points lie on it."""
    sample = points[:: max(1, len(points) // 400)]
    best, chosen = 0, (0.0, False, 0.0)
    for turned in (False, True):
        for angle in _ANGLES:
            off = _off(sample, angle, turned)
            counts = np.bincount((off - off.min()).astype(np.intp) // 2)
            if (most := int(counts.max())) > best:
                best, chosen = most, (angle, turned, int(counts.argmax()) * 2 + 1 + off.min())
    angle, turned, middle = chosen
    near = points[np.abs(_off(points, angle, turned) - middle) <= 2 * _NEAR]
    # The angle is refined: an error of a quarter of a degree is much at the ends.
    centre = near.mean(axis=0)
    normal = np.linalg.svd(near - centre, full_matrices=False)[2][-1] if len(near) > 1 else None
    if normal is None:
        return angle, np.ones(len(points), np.bool_)
    steepness = float(np.degrees(np.arcsin(np.abs(normal).min())))
    return steepness, np.abs((points - centre) @ normal) <= _NEAR


def _off(points: Floats, angle: float, turned: bool) -> Floats:
    """Return the distances of points from a line through the origin."""
    y, x = points.T[::-1] if turned else points.T
    return np.asarray(y * np.cos(np.radians(angle)) - x * np.sin(np.radians(angle)))
