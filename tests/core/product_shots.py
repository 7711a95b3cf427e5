"""Product shots and scans with a known box: photos cut to shapes on realistic backgrounds.

They are the same on every machine. Unless stated otherwise, lengths are shares of the picture's
longer side, and levels are from 0 to 255.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

from handler.core.geometry import Box
from tests.pictures import photo

Floats = npt.NDArray[np.float64]
# Levels added to the background at x and y, each from 0 to 1.
Light = Callable[[Floats, Floats], Floats]

# Shapes are drawn this many times larger, so that their edges are smooth.
_FINER = 4
_SEED = 20_240_229


@dataclass(frozen=True, slots=True)
class Scene:
    """The description of a picture to make.

    Attributes:
        shape: a function that draws the product.
        place: left, top and side of the shape's unit square.
        background: levels of the background: red, green and blue.
        light: uneven light on the background.
        texture: the photo that the product is cut from; None for a plain one.
        tone: darkest and lightest level of the product.
        shadow: levels by which its soft shadow darkens the background at most.
        dust: number of specks, and diameter of the largest.
        scratches: number of scratches.
        noise: standard deviation of the noise, in levels.
        jpeg: JPEG quality; None for no compression.
        damage: a function that changes the levels, (height, width, 3), in place.
        size: width and height in pixels.
    """

    shape: Callable[[ImageDraw.ImageDraw, float], None]
    place: tuple[float, float, float] = (0.22, 0.1, 0.55)
    background: tuple[int, int, int] = (255, 255, 255)
    light: Light | None = None
    texture: str | None = "coffee.png"
    tone: tuple[int, int] = (10, 170)
    shadow: float = 0
    dust: tuple[int, float] = (0, 0)
    scratches: int = 0
    noise: float = 0
    jpeg: int | None = None
    damage: Callable[[Floats], None] | None = None
    size: tuple[int, int] = (1000, 750)


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture, and the true box of its product."""

    image: Image.Image
    box: Box


def make(scene: Scene) -> Shot:
    """Draw the picture of a scene."""
    rng = np.random.default_rng(_SEED)
    mask, box = _mask(scene)
    levels = _background(scene)
    if scene.shadow:
        levels -= scene.shadow * _shadow(mask)[..., np.newaxis]
    levels += (_product(scene) - levels) * mask[..., np.newaxis]
    _scatter(levels, mask, scene, rng)
    if scene.damage is not None:
        scene.damage(levels)
    levels += rng.normal(0, 1, levels.shape) * scene.noise
    image = Image.fromarray(np.clip(levels + 0.5, 0, 255).astype(np.uint8))
    return Shot(image if scene.jpeg is None else _compressed(image, scene.jpeg), box)


def _mask(scene: Scene) -> tuple[Floats, Box]:
    """Return the share of each pixel that the product covers, and the product's box."""
    width, height = scene.size
    unit = max(scene.size) * _FINER
    left, top, side = scene.place
    square = Image.new("L", (round(side * unit),) * 2)
    scene.shape(ImageDraw.Draw(square), square.width)
    canvas = Image.new("L", (width * _FINER, height * _FINER))
    canvas.paste(square, (round(left * unit), round(top * unit)))
    covered = np.asarray(canvas.reduce(_FINER), np.float64) / 255
    rows, columns = (np.flatnonzero((covered > 0.5).any(axis=axis)) for axis in (1, 0))
    x, y = int(columns[0]), int(rows[0])
    return covered, Box(x, y, int(columns[-1]) + 1 - x, int(rows[-1]) + 1 - y)


def _background(scene: Scene) -> Floats:
    width, height = scene.size
    levels = np.empty((height, width, 3))
    levels[...] = scene.background
    if scene.light is not None:
        y, x = np.mgrid[0:height, 0:width] + 0.5
        levels += scene.light(x / width, y / height)[..., np.newaxis]
    return levels


def _product(scene: Scene) -> Floats:
    darkest, lightest = scene.tone
    if scene.texture is None:
        return np.full((1, 1, 3), float(darkest))
    texture = np.asarray(photo(scene.texture, scene.size), np.float64) / 255
    return darkest + texture * (lightest - darkest)


def _shadow(mask: Floats) -> Floats:
    """Return the shadow below and to the right of a mask, from 0 to 1."""
    side = max(mask.shape)
    drop = side // 60
    image = Image.fromarray((np.roll(mask, (drop, drop), (0, 1)) * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(side / 50)), np.float64) / 255


def _scatter(levels: Floats, mask: Floats, scene: Scene, rng: np.random.Generator) -> None:
    """Add specks, and scratches with a width of a thousandth of the longer side."""
    count, largest = scene.dust
    if not count + scene.scratches:
        return
    height, width = mask.shape
    side = max(width, height)
    marks = Image.new("L", (width * _FINER, height * _FINER))
    pen = ImageDraw.Draw(marks)
    for _ in range(count):
        x, y = rng.uniform(0, 1, 2) * marks.size
        radius = largest * side * _FINER * rng.uniform(0.2, 0.5)
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    for _ in range(scene.scratches):
        x, y = rng.uniform(0, 0.9, 2) * marks.size
        end = (x + rng.normal(0, 0.1) * marks.width, y + rng.uniform(0.2, 0.8) * marks.height)
        pen.line((x, y, *end), fill=255, width=round(side * _FINER / 1000))
    covered = np.asarray(marks.reduce(_FINER), np.float64) / 255
    # Specks that touch the product could not be distinguished from it.
    around = Image.fromarray((mask * 255).astype(np.uint8)).filter(
        ImageFilter.GaussianBlur(side / 100)
    )
    covered[np.asarray(around) > 0] = 0
    levels += covered[..., np.newaxis] * ((40 if levels.mean() > 128 else 220) - levels)


def _compressed(image: Image.Image, quality: int) -> Image.Image:
    target = io.BytesIO()
    image.save(target, "JPEG", quality=quality)
    return Image.open(target).convert("RGB")


def slope(across: float, down: float) -> Light:
    """Return light that fades evenly."""
    return lambda x, y: across * x + down * y


def vignette(depth: float) -> Light:
    """Return light that darkens towards the corners by the fourth power of the cosine."""

    def light(x: Floats, y: Floats) -> Floats:
        square = ((2 * x - 1) ** 2 + (2 * y - 1) ** 2) / 2
        return -depth * (1 - (1 + square) ** -2) / 0.75

    return light


def spot(depth: float) -> Light:
    """Return the light of a lamp aimed above the middle."""
    return lambda x, y: -depth * (1 - np.exp(-((x - 0.45) ** 2 + (y - 0.35) ** 2) / 0.3))


def sweep(depth: float) -> Light:
    """Return the light on paper that hangs down a wall and continues on the table."""
    return lambda x, y: -depth / (1 + np.exp(-(y - 0.6) * 14))


def waves(depth: float) -> Light:
    """Return the light on wavy paper."""
    return lambda x, y: depth / 2 * (np.sin(5 * x + 1) * np.sin(4 * y + 2) + np.sin(9 * x * y))


def speck_in_the_corner(levels: Floats) -> None:
    """Add a speck of a hundredth of the longer side."""
    side = max(levels.shape) // 100
    levels[:side, :side] = 20


def edge_of_the_scanner(levels: Floats) -> None:
    """Add the shadow of a scanner's lid along one side."""
    levels[:, -(max(levels.shape) // 200) :] = 15


def fibres(levels: Floats) -> None:
    """Add the grain of paper."""
    _grain(levels, 6)


def cloth(levels: Floats) -> None:
    """Add the coarse grain of cloth."""
    _grain(levels, 13)


def _grain(levels: Floats, deviation: float) -> None:
    height, width = levels.shape[:2]
    grain = np.random.default_rng(_SEED).normal(0, 1, (height, width))
    smooth = Image.fromarray((grain * 40 + 128).clip(0, 255).astype(np.uint8))
    fine = np.asarray(smooth.filter(ImageFilter.GaussianBlur(1.5)), np.float64) - 128
    levels += (fine / fine.std() * deviation)[..., np.newaxis]
