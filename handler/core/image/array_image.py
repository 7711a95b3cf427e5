"""Pictures in the memory of an array, which numpy reads without a copy."""

from typing import Any

import numpy as np
from PIL import Image

from handler.core.geometry import Size
from handler.core.image.freed_rows import Samples, map_rows

# Modes whose pixels have four bytes, in Pillow's memory and in its arrays.
_MODES = ("RGBX", "RGBA", "RGBa")
_PIXEL_BYTES = 4


class ArrayImage(Image.Image):
    """A picture of mode RGBX, RGBA or RGBa whose memory is an array.

    `numpy.asarray` returns a view of the array. For other pictures it has Pillow copy the pixels
    twice, which takes a twentieth of the time of a small crop.
    """

    def __init__(self, mode: str, size: Size) -> None:
        """Allocate memory for the pixels, which are not filled."""
        super().__init__()
        self._samples: Samples = np.empty((size.height, size.width, _PIXEL_BYTES), np.uint8)
        flat = self._samples.reshape(-1)
        self.im = map_rows(flat, mode, size, _PIXEL_BYTES * size.width).im
        self._mode, self._size = mode, (size.width, size.height)

    @property
    def __array_interface__(self) -> dict[str, Any]:
        view = self._samples.view()
        view.flags.writeable = False
        return dict(view.__array_interface__)


def unfilled(mode: str, size: Size) -> Image.Image:
    """Return a picture whose pixels must be written before they are read.

    `Image.new` fills its pictures even without a colour.

    Args:
        mode: mode of the picture.
        size: size of the picture, in pixels.
    """
    if mode in _MODES and size.area > 0:
        return ArrayImage(mode, size)
    return Image.new(mode, (size.width, size.height), None)


def cut_out(image: Image.Image, box: tuple[int, int, int, int]) -> Image.Image:
    """Return a part of a picture, as `Image.crop` does, in the memory of an array if possible.

    Args:
        image: the picture.
        box: left, upper, right and lower edge of the part, in pixels. It lies inside the picture.
    """
    left, top, right, bottom = box
    if image.mode not in _MODES:
        return image.crop(box)
    part = ArrayImage(image.mode, Size(right - left, bottom - top))
    # `paste` leaves out what lies outside of the part.
    part.paste(image, (-left, -top))
    return part
