"""Pictures with known content for trim: documents, receipts, films, scans and products.

Each set is a function of a random generator, so a set and a number always give the same picture on
every machine. Content is everything that differs from the background by more than the default
threshold before noise and compression are added.
"""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from handler.core.geometry import Box
from tests.bench.trim_pages import LAYOUTS, Page, receipt
from tests.bench.trim_products import draw_product
from tests.pictures import decoded, encoded, photo

Floats = npt.NDArray[np.float32]
Generator = np.random.Generator

# The default of the setting.
THRESHOLD = 30
# Drawings are made this many times larger, so that their edges are smooth.
FINER = 3
_PHOTOS = ("astronaut.png", "chelsea.png", "coffee.png", "rocket.jpg")
_PAPERS = ((255, 255, 255), (250, 250, 250), (246, 244, 240), (240, 232, 214), (228, 232, 238))


@dataclass(frozen=True, slots=True)
class Example:
    """A picture, and the box of its content."""

    image: Image.Image
    box: Box


def example(name: str, number: int) -> Example:
    """Return a picture of a set; the same for the same name and number."""
    return SETS[name](np.random.default_rng([zlib.crc32(name.encode()), number]))


def document(rng: Generator) -> Example:
    """Return a page: text, lists, tables or letters on plain paper."""
    page = _page(rng)
    LAYOUTS[str(rng.choice(sorted(LAYOUTS)))](page, rng)
    return _finished(page, rng, dust=rng.random() < 0.3, slope=rng.uniform(0, 25))


def till_receipt(rng: Generator) -> Example:
    """Return a receipt: narrow, and printed in faint letters of equal width."""
    width = int(rng.integers(380, 700))
    page = Page.blank((width, int(width * rng.uniform(1.8, 3.6))), FINER)
    receipt(page, rng)
    return _finished(page, rng, dust=False, slope=rng.uniform(0, 15), inks=(20, 130))


def film(rng: Generator) -> Example:
    """Return a film between black bars, above and below, at the sides, or on all four sides."""
    width, height = ((640, 480), (960, 540), (1280, 720), (1920, 1080))[rng.integers(4)]
    across, down = ((0, 1), (0, 1), (1, 0), (1, 1))[rng.integers(4)]
    left = int(width * rng.uniform(0.04, 0.15)) * across
    top = int(height * rng.uniform(0.05, 0.16)) * down
    box = Box(left, top, width - 2 * left, height - 2 * top)
    scene = np.array(photo(rng.choice(_PHOTOS), (box.width, box.height)), np.float32)
    if rng.random() < 0.5:  # a night
        scene *= rng.uniform(20, 90) / 255
        scene += rng.uniform(33, 48)
        scene *= np.array([rng.uniform(0.85, 1), rng.uniform(0.85, 1), 1])
        scene = np.maximum(scene, THRESHOLD + 1)
    else:
        scene = np.maximum(scene, rng.uniform(8, 40))
    scene += rng.normal(0, rng.uniform(0, 4), scene.shape)
    levels = np.full((height, width, 3), float(rng.choice([0, 0, 0, 5, 16])))
    levels[box.top : box.bottom, box.left : box.right] = scene
    return Example(_compressed(levels, rng), box)


def scan(rng: Generator) -> Example:
    """Return a page as a scanner returns it, with a strip, the lid, or a shadow at its edges."""
    page = _page(rng)
    LAYOUTS[str(rng.choice(sorted(LAYOUTS)))](page, rng)
    return _finished(page, rng, dust=rng.random() < 0.4, slope=rng.uniform(0, 15), damage=_edges)


def product(rng: Generator) -> Example:
    """Return a product with a thin part: a cord, a chain, beads or a stem."""
    side = int(rng.integers(500, 1300))
    page = Page.blank((side, int(side * rng.uniform(0.7, 1.3))), FINER)
    draw_product(page, rng)
    return _finished(
        page, rng, dust=False, slope=rng.uniform(0, 30), inks=(10, 110), shadow=rng.random() < 0.5
    )


SETS: dict[str, Callable[[Generator], Example]] = {
    "documents": document,
    "receipts": till_receipt,
    "films": film,
    "scans": scan,
    "products": product,
}


def _page(rng: Generator) -> Page:
    width = int(rng.choice([620, 827, 1000, 1240]))
    shape = rng.choice([1.414, 1.294, 0.707])
    return Page.blank((width, round(width * shape)), FINER)


def _finished(
    page: Page,
    rng: Generator,
    *,
    dust: bool,
    slope: float,
    inks: tuple[int, int] = (10, 100),
    shadow: bool = False,
    damage: Callable[[Floats, Generator], None] | None = None,
) -> Example:
    """Return a drawing as ink on paper, photographed and compressed."""
    covered = page.covered()
    height, width = covered.shape
    y, x = np.mgrid[0:height, 0:width] / np.array([height, width]).reshape(2, 1, 1)
    angle = rng.uniform(0, 2 * np.pi)
    light = slope * (np.cos(angle) * (x - 0.5) + np.sin(angle) * (y - 0.5)) - slope / 2
    paper = (
        np.array(_PAPERS[rng.integers(len(_PAPERS))], np.float32)
        + light.astype(np.float32)[..., np.newaxis]
    )
    ink = rng.uniform(*inks) + rng.uniform(-12, 12, 3)
    levels = paper + (ink.astype(np.float32) - paper) * covered[..., np.newaxis]
    box = _box(np.abs(levels - paper).max(axis=2) > THRESHOLD)
    if shadow:
        levels -= (paper * _shadow(covered)[..., np.newaxis]) * (1 - covered[..., np.newaxis])
    if dust:
        levels += (rng.uniform(20, 90) - levels) * _specks(covered, rng)[..., np.newaxis]
    if damage is not None:
        damage(levels, rng)
    levels += rng.standard_normal(levels.shape, np.float32) * rng.choice([0, 1, 3, 6])
    return Example(_compressed(levels, rng), box)


def _box(mask: npt.NDArray[np.bool_]) -> Box:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    left, top = int(columns[0]), int(rows[0])
    return Box(left, top, int(columns[-1]) + 1 - left, int(rows[-1]) + 1 - top)


def _compressed(levels: Floats, rng: Generator) -> Image.Image:
    image = Image.fromarray(np.clip(levels + 0.5, 0, 255).astype(np.uint8))
    quality = int(rng.integers(50, 96))
    if rng.random() < 0.3:
        image = image.convert("L")
    return image if rng.random() < 0.2 else decoded(encoded(image, quality=quality))


def _shadow(covered: Floats) -> Floats:
    """Return a soft shadow below the content, from 0 to 0.25."""
    side = max(covered.shape)
    image = Image.fromarray((np.roll(covered, side // 70, 0) * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(side / 45)), np.float32) / np.float32(
        4 * 255
    )


def _specks(covered: Floats, rng: Generator) -> Floats:
    """Return round specks that keep a distance of 1/60 of the longer side to the content."""
    height, width = covered.shape
    marks = Image.new("L", (width * FINER, height * FINER))
    pen = ImageDraw.Draw(marks)
    for _ in range(int(rng.integers(4, 25))):
        x, y = rng.uniform(0, 1, 2) * marks.size
        radius = max(covered.shape) * FINER * rng.uniform(0.0006, 0.002)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    specks = np.asarray(marks.reduce(FINER), np.float32) / np.float32(255)
    near = Image.fromarray((covered > 0).astype(np.uint8) * 255)
    near = near.reduce(4).filter(ImageFilter.BoxBlur(max(covered.shape) / 240))
    specks[np.asarray(near.resize((width, height), Image.Resampling.NEAREST)) > 0] = 0
    return specks


def _edges(levels: Floats, rng: Generator) -> None:
    """Add the traces of a scanner to one side, or to two that meet."""
    sides = int(rng.integers(4))
    for turn in {sides, (sides + 1) % 4} if rng.random() < 0.35 else {sides}:
        band = np.rot90(levels, turn)  # a view, so that it is changed in place
        height, width = band.shape[:2]
        depth = np.arange(width)[np.newaxis, :, np.newaxis]
        kind = rng.choice(["strip", "skewed strip", "lid", "shadow"])
        wide = width * rng.uniform(0.004, 0.03)
        if kind == "shadow":
            fade = rng.uniform(0.2, 0.6) * np.exp(-depth / (width * rng.uniform(0.008, 0.015)))
            band *= 1 - fade
            continue
        ends = np.full((height, 1, 1), wide)
        if kind == "skewed strip":
            ends = ends + np.linspace(0, height * rng.uniform(0, 0.01), height)[:, None, None]
        inside = np.clip(ends - depth, 0, 1)
        dark = rng.uniform(10, 60) if kind == "lid" else rng.uniform(40, 190)
        band += (dark - band) * inside
        if kind == "lid":  # it throws a shadow
            band *= 1 - 0.5 * np.exp(-np.maximum(depth - ends, 0) / (width * 0.006)) * (1 - inside)
