"""Alpha, by which colours are multiplied before they are resampled."""

from typing import Self

import numpy as np
from msgspec import Struct
from PIL import Image

from handler.core.geometry import Size
from handler.core.image.freed_rows import ArrayRows, Rows, Samples, map_rows, unfilled

_STRAIGHT, _PREMULTIPLIED = "RGBA", "RGBa"
# Number of rows that are premultiplied at a time, so that they stay in the processor's cache.
_STRIP_ROWS = 64
_OPAQUE = 255


class DecodedImage(Struct, frozen=True):
    """A picture as a decoder returns it.

    Attributes:
        image: 8-bit picture of mode L, RGB, RGBX, RGBA (alpha not premultiplied) or CMYK.
        samples: the memory of an RGBA picture, uint8 array (height, width, 4), if it may be
            overwritten; else None.
        warning: message to the client about errors in the data, or None.
        rows: the rows of the picture, if their memory may be freed while they are read; else None.
    """

    image: Image.Image
    samples: Samples | None = None
    warning: str | None = None
    rows: Rows | None = None

    @classmethod
    def over(cls, samples: Samples, mode: str) -> Self:
        """Return a picture that uses the memory of an array.

        Args:
            samples: uint8 array (height, width, 4), contiguous and writable, or (height, width)
                for mode L.
            mode: mode of the picture.
        """
        height, width = samples.shape[:2]
        image = Image.frombuffer(mode, (width, height), samples, "raw", mode, 0, 1)
        rows = ArrayRows(samples, samples.strides[0]) if samples.flags.owndata else None
        return cls(image, samples if mode == _STRAIGHT else None, rows=rows)


def premultiply(image: Image.Image, samples: Samples | None = None) -> Image.Image:
    """Multiply the colours by alpha, so that transparent pixels do not bleed when resampled.

    Products are rounded down, as in libvips' premultiply before its cast back to 8 bits.

    Args:
        image: any mode; only RGBA changes.
        samples: the memory of the picture, uint8 array (height, width, 4), to overwrite; None to
            copy the pixels.

    Returns:
        Mode RGBa for mode RGBA, else the picture itself.
    """
    if image.mode != _STRAIGHT:
        return image
    if samples is not None:
        for top in range(0, image.height, _STRIP_ROWS):
            _multiply_by_alpha(samples[top : top + _STRIP_ROWS])
        size = Size(image.width, image.height)
        # `Image.frombuffer` copies pixels of this mode.
        return map_rows(samples, _PREMULTIPLIED, size, samples.strides[0])
    # Strip by strip, because a conversion between Pillow and numpy copies the pixels twice.
    result = unfilled(_PREMULTIPLIED, Size(*image.size))
    for top in range(0, image.height, _STRIP_ROWS):
        bottom = min(top + _STRIP_ROWS, image.height)
        strip = np.array(image.crop((0, top, image.width, bottom)))
        _multiply_by_alpha(strip)
        part = Image.frombuffer(
            _PREMULTIPLIED, (image.width, bottom - top), strip, "raw", _PREMULTIPLIED, 0, 1
        )
        result.paste(part, (0, top))
    return result


def _multiply_by_alpha(pixels: Samples) -> None:
    alpha = pixels[..., 3].astype(np.uint16)
    if (alpha == _OPAQUE).all():
        return
    for band in range(3):
        product = pixels[..., band] * alpha
        # Exact floor(x / 255) for every product of two bytes.
        pixels[..., band] = (product + 1 + (product >> 8)) >> 8
