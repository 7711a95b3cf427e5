"""The whole picture, small: what detectors and maps look at."""

from PIL import Image

from handler.core.geometry import Region, Size
from handler.core.image.frame import Pixels

# What is seen where a picture is transparent: neither light nor dark, neither skin nor hair.
_BACKDROP = 128


def view_of(pixels: Pixels, size: Size) -> Image.Image:
    """The whole picture in ``size`` pixels, opaque: mode RGB or RGBX."""
    return opaque(pixels.read(Region(0, 0, pixels.size.width, pixels.size.height), size))


def opaque(picture: Image.Image) -> Image.Image:
    """A picture as `Pixels` has it, on grey where it is transparent: mode RGB or RGBX."""
    if picture.mode == "RGBa":
        backdrop = Image.new("RGB", picture.size, (_BACKDROP,) * 3)
        colour = picture.convert("RGBA")
        backdrop.paste(colour, mask=colour.getchannel("A"))
        return backdrop
    return picture if picture.mode in ("RGB", "RGBX") else picture.convert("RGB")


def fitted(size: Size, long_side: int) -> Size:
    """The size, scaled to a long side of that many pixels."""
    factor = long_side / max(size.width, size.height)
    return Size(max(1, round(size.width * factor)), max(1, round(size.height * factor)))
