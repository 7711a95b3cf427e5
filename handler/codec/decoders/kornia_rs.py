"""PNG of 8 bits without a palette, through the Rust crate `png` as kornia-rs binds it.

It takes a third of the time that Pillow takes.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from handler.codec.headers.png import COLOUR_TYPES
from handler.errors import ProcessingFailed
from handler.malloc import give_back

_DEPTH = 8
# Pillow's mode -> what kornia-rs calls it.
_KORNIA_MODES = {"L": "mono", "RGB": "rgb", "RGBA": "rgba"}
# Where depth and colour type stand: in the first chunk.
_IHDR_DEPTH, _IHDR_COLOUR = 24, 25
# Rows at a time: what is made of them stays in the processor's cache.
_STRIP = 64


def is_plain(image: Image.Image, data: bytes) -> bool:
    """Whether `decode` takes a file: a PNG of 8 bits without palette or transparent colour.

    Args:
        image: the file, opened by Pillow.
        data: its bytes.
    """
    if image.format != "PNG" or "transparency" in image.info:
        return False
    return (data[_IHDR_DEPTH], data[_IHDR_COLOUR]) == (_DEPTH, COLOUR_TYPES.get(image.mode))


def decode(image: Image.Image, data: bytes) -> Image.Image:
    """Decode a plain file.

    Args:
        image: the file, opened by Pillow, which has read mode and size from the header.
        data: its bytes.

    Returns:
        Picture of mode L, RGB or RGBA (alpha not premultiplied), as stored.

    Raises:
        ProcessingFailed: the data are damaged or end early.
    """
    from kornia_rs.io import decode_image_png_u8

    mode = image.mode
    try:
        pixels = decode_image_png_u8(data, (image.height, image.width), _KORNIA_MODES[mode])
    except Exception as error:
        raise ProcessingFailed("The PNG data are damaged or incomplete") from error
    if mode == "RGB":
        return _spread(pixels)
    return Image.frombuffer(mode, image.size, pixels, "raw", mode, 0, 1)


def _spread(pixels: npt.NDArray[np.uint8]) -> Image.Image:
    """As Pillow keeps it, in four bytes a pixel; the array is given back as it is read."""
    height, width = pixels.shape[:2]
    image = Image.new("RGB", (width, height), None)  # not filled
    for top in range(0, height, _STRIP):
        bottom = min(top + _STRIP, height)
        strip = pixels[top:bottom]
        part = Image.frombuffer("RGB", (width, bottom - top), strip, "raw", "RGB", 0, 1)
        image.paste(part, (0, top))
        give_back(strip)
    return image
