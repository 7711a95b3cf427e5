"""Generated pictures for the benchmarks, equal on every machine and cached in .cache.

A 100 MP photo is too large for a repository, and the time of a JPEG decoder depends on the bits in
the file as much as on the pixels. A photo is therefore enlarged, and texture and sensor noise are
added until the file has as many bits per pixel as a camera's.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pillow_avif  # noqa: F401  # lets Pillow write AVIF
import simplejpeg
from PIL import Image

from tests.bench.display_p3 import profile

CACHE = Path(__file__).parent / ".cache"

# Typical of phones and cameras: 4 to 5 MB for 12 MP.
_BITS_PER_PIXEL = 3.2
_QUALITY = 90
_TILE = 512
_SEED = 20_240_229
# Part of the names of cached files: increase it with every change that affects the pixels.
_EDITION = 1


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture to generate.

    Attributes:
        width: width in pixels.
        height: height in pixels.
        format: format of the file, as in `handler`.
        variant: special content of the file; empty for none.
    """

    width: int
    height: int
    format: str
    variant: str = ""

    @property
    def megapixels(self) -> float:
        """Millions of pixels."""
        return self.width * self.height / 1e6

    @property
    def path(self) -> Path:
        """Path of the cached file."""
        name = f"{self.width}x{self.height}{self.variant and '-' + self.variant}-{_EDITION}"
        return CACHE / f"{name}.{self.format}"


def make(photo: Photo) -> Path:
    """Generate a picture unless it is cached, and return its path."""
    if not photo.path.exists():
        CACHE.mkdir(exist_ok=True)
        pixels = _photograph(photo.width, photo.height)
        partial = photo.path.with_suffix(".partial")
        partial.write_bytes(_ENCODERS[photo.format, photo.variant](pixels))
        partial.rename(photo.path)
    return photo.path


def _photograph(width: int, height: int) -> npt.NDArray[np.uint8]:
    """Return a photo, uint8 (height, width, 3), with fine detail as from a camera."""
    base = _enlarged(width, height)
    texture = _texture()
    middle = base[height // 2 - _TILE :, width // 2 - _TILE :][: 2 * _TILE, : 2 * _TILE]
    strength = _calibrated(middle, texture)
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            part = base[top : top + _TILE, left : left + _TILE]
            part[...] = _roughened(part, texture, strength)
    return base


def _enlarged(width: int, height: int) -> npt.NDArray[np.uint8]:
    """Return a portrait at one side of a wider picture, so that windows differ."""
    portrait, scene = _photo("astronaut.png"), _photo("coffee.png")
    scene = scene.resize((width, height), Image.Resampling.BICUBIC)
    side = height * 4 // 5
    person = portrait.resize((side, side), Image.Resampling.BICUBIC)
    scene.paste(person, (width - side * 9 // 8, height - side))
    return np.array(scene)


def _photo(name: str) -> Image.Image:
    """Return a photo of scikit-image."""
    with as_file(files("skimage.data") / name) as path, Image.open(path) as image:
        return image.copy()


def _texture() -> npt.NDArray[np.float32]:
    """Return grain, float32 (512, 512, 3), with standard deviation 1: fine detail and noise."""
    grass = _photo("grass.png")
    small = grass.size[0] // 8, grass.size[1] // 8
    smooth = grass.resize(small, Image.Resampling.BOX).resize(grass.size, Image.Resampling.BICUBIC)
    detail = np.asarray(grass, np.float32) - np.asarray(smooth, np.float32)
    noise = np.random.default_rng(_SEED).standard_normal((_TILE, _TILE, 3), np.float32)
    grain = (detail / detail.std())[:_TILE, :_TILE, np.newaxis] + noise / 2
    return np.asarray(grain / grain.std(), np.float32)


def _roughened(
    part: npt.NDArray[np.uint8], texture: npt.NDArray[np.float32], strength: float
) -> npt.NDArray[np.uint8]:
    height, width = part.shape[:2]
    rough = part + strength * texture[:height, :width]
    return np.clip(rough, 0, 255).astype(np.uint8)


def _calibrated(sample: npt.NDArray[np.uint8], texture: npt.NDArray[np.float32]) -> float:
    """Return the strength of the texture that gives the bits per pixel of a camera."""
    weak, strong = 0.0, 40.0
    tiled = np.tile(texture, (2, 2, 1))
    for _ in range(10):
        strength = (weak + strong) / 2
        rough = _roughened(sample, tiled, strength)
        bits = 8 * len(_jpeg(rough)) / (rough.shape[0] * rough.shape[1])
        weak, strong = (strength, strong) if bits < _BITS_PER_PIXEL else (weak, strength)
    return strong


def _jpeg(pixels: npt.NDArray[np.uint8]) -> bytes:
    data: bytes = simplejpeg.encode_jpeg(np.ascontiguousarray(pixels), _QUALITY, "RGB", "420")
    return data


def _product(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the middle of the photo with white borders to trim."""
    height, width = pixels.shape[:2]
    shot = np.full_like(pixels, 255)
    inner = np.s_[height // 5 : height * 4 // 5, width // 4 : width * 3 // 4]
    shot[inner] = pixels[inner]
    return shot


def _jpeg_of_a_phone(pixels: npt.NDArray[np.uint8]) -> bytes:
    """Return a JPEG with a profile wider than sRGB, so that every pixel must be converted."""
    payload = b"ICC_PROFILE\0\1\1" + profile()
    data = _jpeg(pixels)
    return data[:2] + b"\xff\xe2" + (len(payload) + 2).to_bytes(2, "big") + payload + data[2:]


def _saved(name: str, **options: int | str) -> Callable[[npt.NDArray[np.uint8]], bytes]:
    def save(pixels: npt.NDArray[np.uint8]) -> bytes:
        target = io.BytesIO()
        Image.fromarray(pixels).save(target, name, **options)
        return target.getvalue()

    return save


def _of_a_product(
    save: Callable[[npt.NDArray[np.uint8]], bytes],
) -> Callable[[npt.NDArray[np.uint8]], bytes]:
    return lambda pixels: save(_product(pixels))


def _gif(pixels: npt.NDArray[np.uint8]) -> bytes:
    target = io.BytesIO()
    Image.fromarray(pixels).quantize(256).save(target, "GIF")
    return target.getvalue()


_ENCODERS: dict[tuple[str, str], Callable[[npt.NDArray[np.uint8]], bytes]] = {
    ("jpeg", ""): _jpeg,
    ("jpeg", "p3"): _jpeg_of_a_phone,
    ("png", ""): _saved("PNG", compress_level=6),
    ("jpeg", "product"): _of_a_product(_jpeg),
    ("png", "product"): _of_a_product(_saved("PNG", compress_level=6)),
    ("avif", ""): _saved("AVIF", quality=_QUALITY, speed=8),
    ("gif", ""): _gif,
    ("tiff", ""): _saved("TIFF", compression="tiff_lzw"),
    ("webp", ""): _saved("WEBP", quality=_QUALITY, method=2),
}
