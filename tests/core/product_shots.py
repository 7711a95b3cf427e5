"""Product shots and scans whose true box is known: photos cut to shapes, on backdrops as they come.

The same on every machine. Unless it says otherwise, a length is a share of the picture's longer
side, and a level one of 256.
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
# Levels added to a backdrop at x and y, each from 0 to 1.
Light = Callable[[Floats, Floats], Floats]

# Shapes are drawn this much finer, so that their edges are smooth.
_FINER = 4
_SEED = 20_240_229


@dataclass(frozen=True, slots=True)
class Scene:
    """How a picture is made.

    Attributes:
        shape: draws the product.
        place: left, top and side of the shape's unit square.
        ground: levels of the backdrop: red, green and blue.
        light: falls on it unevenly.
        texture: the photo that the product is cut from; None for a plain one.
        tone: levels of the product: the darkest and the lightest.
        shadow: levels that its soft shadow takes away where it is deepest.
        dust: how many specks, and the diameter of the largest.
        scratches: how many.
        noise: standard deviation of each sample.
        jpeg: quality; None for no JPEG.
        spoil: whatever else happens to the levels, (height, width, 3).
        size: in pixels.
    """

    shape: Callable[[ImageDraw.ImageDraw, float], None]
    place: tuple[float, float, float] = (0.22, 0.1, 0.55)
    ground: tuple[int, int, int] = (255, 255, 255)
    light: Light | None = None
    texture: str | None = "coffee.png"
    tone: tuple[int, int] = (10, 170)
    shadow: float = 0
    dust: tuple[int, float] = (0, 0)
    scratches: int = 0
    noise: float = 0
    jpeg: int | None = None
    spoil: Callable[[Floats], None] | None = None
    size: tuple[int, int] = (1000, 750)


@dataclass(frozen=True, slots=True)
class Shot:
    """A picture, and the box that the eye finds in it."""

    image: Image.Image
    box: Box


def make(scene: Scene) -> Shot:
    """Take the picture."""
    rng = np.random.default_rng(_SEED)
    mask, box = _mask(scene)
    levels = _backdrop(scene)
    if scene.shadow:
        levels -= scene.shadow * _shadow(mask)[..., np.newaxis]
    levels += (_product(scene) - levels) * mask[..., np.newaxis]
    _scatter(levels, mask, scene, rng)
    if scene.spoil is not None:
        scene.spoil(levels)
    levels += rng.normal(0, 1, levels.shape) * scene.noise
    image = Image.fromarray(np.clip(levels + 0.5, 0, 255).astype(np.uint8))
    return Shot(image if scene.jpeg is None else _compressed(image, scene.jpeg), box)


def _mask(scene: Scene) -> tuple[Floats, Box]:
    """How much of each pixel the product covers, and its box."""
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


def _backdrop(scene: Scene) -> Floats:
    width, height = scene.size
    levels = np.empty((height, width, 3))
    levels[...] = scene.ground
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
    """Below and to the right; from 0 to 1."""
    side = max(mask.shape)
    drop = side // 60
    image = Image.fromarray((np.roll(mask, (drop, drop), (0, 1)) * 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(side / 50)), np.float64) / 255


def _scatter(levels: Floats, mask: Floats, scene: Scene, rng: np.random.Generator) -> None:
    """Specks, light and dark, and scratches as fine as a pixel of a thousand."""
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
    # What touches the product would belong to it, as far as an eye can tell.
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
    """Light that fades evenly."""
    return lambda x, y: across * x + down * y


def vignette(depth: float) -> Light:
    """As a lens darkens corners: by the fourth power of the cosine."""

    def light(x: Floats, y: Floats) -> Floats:
        square = ((2 * x - 1) ** 2 + (2 * y - 1) ** 2) / 2
        return -depth * (1 - (1 + square) ** -2) / 0.75

    return light


def spot(depth: float) -> Light:
    """A lamp that is aimed at a place above the middle."""
    return lambda x, y: -depth * (1 - np.exp(-((x - 0.45) ** 2 + (y - 0.35) ** 2) / 0.3))


def sweep(depth: float) -> Light:
    """Paper that hangs down a wall and runs out over the table."""
    return lambda x, y: -depth / (1 + np.exp(-(y - 0.6) * 14))


def waves(depth: float) -> Light:
    """Paper that does not lie flat."""
    return lambda x, y: depth / 2 * (np.sin(5 * x + 1) * np.sin(4 * y + 2) + np.sin(9 * x * y))


def speck_in_the_corner(levels: Floats) -> None:
    """As large as a hundredth of the picture."""
    side = max(levels.shape) // 100
    levels[:side, :side] = 20


def edge_of_the_scanner(levels: Floats) -> None:
    """The lid's shadow along one side."""
    levels[:, -(max(levels.shape) // 200) :] = 15


def fibres(levels: Floats) -> None:
    """The grain of paper."""
    _grain(levels, 6)


def cloth(levels: Floats) -> None:
    """A coarse one."""
    _grain(levels, 13)


def _grain(levels: Floats, deviation: float) -> None:
    height, width = levels.shape[:2]
    grain = np.random.default_rng(_SEED).normal(0, 1, (height, width))
    smooth = Image.fromarray((grain * 40 + 128).clip(0, 255).astype(np.uint8))
    fine = np.asarray(smooth.filter(ImageFilter.GaussianBlur(1.5)), np.float64) - 128
    levels += (fine / fine.std() * deviation)[..., np.newaxis]
