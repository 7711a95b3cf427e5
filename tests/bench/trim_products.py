"""Products with thin parts: cords, chains, beads, stems."""

import numpy as np
import numpy.typing as npt

from tests.bench.trim_pages import Page

Generator = np.random.Generator
Curve = npt.NDArray[np.float64]


def draw_product(page: Page, rng: Generator) -> None:
    """Draw a body, and a thin part from it upwards; or a necklace, which has no body."""
    side = min(page.image.size)
    width, height = page.image.size
    kind = rng.choice(["cord", "beads", "chain", "stem", "necklace"])
    if kind == "necklace":
        _beads(page, _loop(page, rng), rng)
        return
    x, y = width * rng.uniform(0.35, 0.65), height * rng.uniform(0.6, 0.75)
    radius = side * rng.uniform(0.08, 0.18)
    page.pen.ellipse((x - radius, y - radius * 0.8, x + radius, y + radius * 0.8), fill=255)
    curve = _upwards(page, (x, y - radius * 0.6), rng)
    if kind == "beads":
        _beads(page, curve, rng)
    elif kind == "chain":
        _chain(page, curve, rng)
    else:
        _cord(page, curve, rng)
    if kind == "stem":
        across, down = curve[-1]
        leaf = side * rng.uniform(0.01, 0.03)
        page.pen.ellipse((across, down, across + 2 * leaf, down + leaf), fill=255)


def _upwards(page: Page, start: tuple[float, float], rng: Generator) -> Curve:
    """Return a curve from a point to a place near the upper edge, (points, 2)."""
    width, height = page.image.size
    end = (width * rng.uniform(0.12, 0.88), height * rng.uniform(0.05, 0.12))
    bend = (width * rng.uniform(0.1, 0.9), height * rng.uniform(0.2, 0.5))
    share = np.linspace(0, 1, 2000)[:, np.newaxis]
    points = [np.array(point) for point in (start, bend, end)]
    return np.asarray(
        points[0] * (1 - share) ** 2 + points[1] * 2 * share * (1 - share) + points[2] * share**2
    )


def _loop(page: Page, rng: Generator) -> Curve:
    """Return a closed curve, (points, 2)."""
    angle = np.linspace(0, 2 * np.pi, 4000)[:, np.newaxis]
    middle = np.array(page.image.size) / 2
    radii = middle * rng.uniform(0.5, 0.85, 2)
    return np.asarray(middle + radii * np.hstack([np.cos(angle), np.sin(angle)]))


def _places(curve: Curve, distance: float) -> Curve:
    """Return points of a curve at equal distances."""
    length = np.concatenate([[0], np.cumsum(np.hypot(*np.diff(curve, axis=0).T))])
    at = np.arange(0, length[-1], distance)
    return np.stack([np.interp(at, length, part) for part in curve.T], axis=1)


def _beads(page: Page, curve: Curve, rng: Generator) -> None:
    """Draw separate beads, with gaps of at most 0.8 of their diameter."""
    diameter = page.finer * rng.uniform(4, 14)
    for x, y in _places(curve, diameter * rng.uniform(1.1, 1.8)):
        half = diameter / 2
        page.pen.ellipse((x - half, y - half, x + half, y + half), fill=255)


def _chain(page: Page, curve: Curve, rng: Generator) -> None:
    """Draw rings that hardly touch."""
    diameter = page.finer * rng.uniform(7, 14)
    wire = round(page.finer * rng.uniform(1, 2))
    for x, y in _places(curve, diameter * rng.uniform(0.9, 1.2)):
        half = diameter / 2
        page.pen.ellipse((x - half, y - half, x + half, y + half), outline=255, width=wire)


def _cord(page: Page, curve: Curve, rng: Generator) -> None:
    points = [(float(x), float(y)) for x, y in _places(curve, page.finer)]
    page.pen.line(points, fill=255, width=round(page.finer * rng.uniform(1, 4)), joint="curve")
