"""The drawings that the golden pictures are made from, the same on every machine."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

from handler.core.geometry import Orientation
from tests.core.test_frame import stored_as
from tests.pictures import encoded

_Plane = npt.NDArray[np.float64]


def _disc(x: _Plane, y: _Plane, left: float, top: float, radius: float) -> _Plane:
    """Return a mask of 1 inside a disc and 0 outside, with a soft edge of two pixels."""
    distance = np.hypot(x - left, y - top)
    return np.clip((radius - distance) / 2 + 0.5, 0, 1)


def drawing(width: int, height: int) -> Image.Image:
    """Return a bluish RGB picture with an ochre disc on the right and a striped one on the left."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    unit = min(width, height) / 10
    pixels = np.stack([80 + 40 * x / width, 110 + 40 * y / height, 150 - 30 * x / width], axis=2)
    stripes = 128 + 60 * np.sin(2 * np.pi * (x + 2 * y) / unit)
    for left, top, radius, colour in (
        (0.72 * width, 0.4 * height, 2.2 * unit, np.array([205.0, 140.0, 95.0])),
        (0.2 * width, 0.75 * height, 1.5 * unit, stripes[..., np.newaxis]),
    ):
        share = _disc(x, y, left, top, radius)[..., np.newaxis]
        pixels = pixels * (1 - share) + colour * share
    return Image.fromarray(np.rint(pixels).astype(np.uint8))


def cut_out(width: int, height: int) -> Image.Image:
    """Return the drawing in RGBA, transparent except for two soft discs."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float64)
    image = drawing(width, height)
    radius = min(width, height) / 3
    alpha = np.maximum(
        _disc(x, y, width * 0.7, height * 0.4, radius),
        0.6 * _disc(x, y, width * 0.3, height * 0.7, radius),
    )
    image.putalpha(Image.fromarray(np.rint(alpha * 255).astype(np.uint8)))
    return image


DRAWINGS: dict[str, Callable[[], bytes]] = {
    "wide.png": lambda: encoded(drawing(640, 360), "PNG"),
    "high.png": lambda: encoded(drawing(300, 520), "PNG"),
    "small.png": lambda: encoded(drawing(50, 35), "PNG"),
    "grey.png": lambda: encoded(drawing(450, 300).convert("L"), "PNG"),
    "cut-out.png": lambda: encoded(cut_out(420, 300), "PNG"),
    "turned.png": lambda: encoded(
        stored_as(drawing(500, 320), Orientation.TURN_RIGHT), "PNG", orientation=6
    ),
    "wide.jpg": lambda: encoded(drawing(1920, 1080), quality=95),
    "wide.webp": lambda: encoded(drawing(640, 360), "WEBP", lossless=True),
}
