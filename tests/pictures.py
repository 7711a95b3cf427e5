"""Test pictures, the same on every machine: generated, or photos from scikit-image's wheel."""

import io
from functools import cache
from importlib.resources import files

import numpy as np
import numpy.typing as npt
from PIL import Image

_EXIF_ORIENTATION = 0x0112
_SEED = 20_240_229


def gradient(width: int, height: int) -> Image.Image:
    """Return a picture in which red increases to the right and green downwards, mode RGB."""
    pixels = np.empty((height, width, 3), np.uint8)
    pixels[..., 0] = np.linspace(0, 255, width, dtype=np.uint8)
    pixels[..., 1] = np.linspace(0, 255, height, dtype=np.uint8)[:, np.newaxis]
    pixels[..., 2] = 128
    return Image.fromarray(pixels)


def noise(width: int, height: int) -> Image.Image:
    """Return random pixels that no encoder can compress, mode RGB."""
    return Image.fromarray(_random(height, width, 0, 256))


def scene(width: int, height: int, focus: tuple[int, int]) -> Image.Image:
    """Return a smooth, dull picture with one vivid, textured patch at ``focus``, mode RGB.

    Attention and entropy both choose a window around the patch.
    """
    background = np.linspace(96, 128, height, dtype=np.uint8)[:, np.newaxis, np.newaxis]
    pixels = np.broadcast_to(background, (height, width, 3)).copy()
    side = min(width, height) // 6
    left, top = focus[0] - side // 2, focus[1] - side // 2
    patch = _random(side, side, 0, 64)
    patch[..., 0] += 160
    pixels[top : top + side, left : left + side] = patch
    return Image.fromarray(pixels)


@cache
def _photo(name: str) -> Image.Image:
    with files("skimage.data").joinpath(name).open("rb") as file, Image.open(file) as image:
        return image.convert("RGB")


def photo(name: str = "chelsea.png", size: tuple[int, int] | None = None) -> Image.Image:
    """Return a real photo, such as ``astronaut.png`` (a face) or ``coffee.png``, mode RGB.

    Args:
        name: name of a file in scikit-image's wheel.
        size: width and height to which it is resized; None for its own size.
    """
    image = _photo(name)
    return image.copy() if size is None else image.resize(size, Image.Resampling.BICUBIC)


def encoded(
    image: Image.Image, name: str = "JPEG", *, orientation: int = 1, **options: object
) -> bytes:
    """Encode a picture as a file.

    Args:
        image: the stored pixels.
        name: name of the format in Pillow.
        orientation: EXIF orientation, 1 to 8; 1 writes no EXIF.
        options: options of Pillow's plugin.
    """
    if orientation != 1:
        exif = Image.Exif()
        exif[_EXIF_ORIENTATION] = orientation
        options["exif"] = exif
    target = io.BytesIO()
    image.save(target, name, **options)
    return target.getvalue()


def decoded(data: bytes) -> Image.Image:
    """Decode a file that the tests trust."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def _random(height: int, width: int, low: int, high: int) -> npt.NDArray[np.uint8]:
    return np.random.default_rng(_SEED).integers(low, high, (height, width, 3), dtype=np.uint8)
