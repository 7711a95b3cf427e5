"""A canvas that a picture is set on: the square around a trimmed product."""

from dataclasses import dataclass

from PIL import Image

from handler.core.geometry import Box, Region, Size, half_up
from handler.core.image.cover import Cover

Colour = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Canvas:
    """A ground of one colour, and where the picture lies on it.

    Attributes:
        size: of the whole, in pixels.
        left: where the picture begins.
        top: where the picture begins.
        colour: red, green, blue and alpha of the ground.
    """

    size: Size
    left: int
    top: int
    colour: Colour


def contain(content: Box, side: int, colour: Colour) -> tuple[Region, Size, Canvas]:
    """Fit a part of a picture into a square, centred, its aspect kept; it is enlarged if need be.

    As sharp's ``resize({fit: "contain"})``.

    Args:
        content: the part, in pixels.
        side: of the square, in pixels.
        colour: of the ground.

    Returns:
        The area that the part is read from, which may leave it by up to half a resized pixel; the
        size that it gets; and the canvas around it.
    """
    shrink = max(content.width, content.height) / side
    fitted = Size(
        *(min(side, max(1, _resized(n, shrink))) for n in (content.width, content.height))
    )
    read = Cover(Size(content.width, content.height), fitted, shrink).region_of(
        Box(0, 0, fitted.width, fitted.height)
    )
    region = Region(content.left + read.left, content.top + read.top, read.width, read.height)
    left, top = (side - fitted.width) // 2, (side - fitted.height) // 2
    return region, fitted, Canvas(Size(side, side), left, top, colour)


def _resized(length: int, shrink: float) -> int:
    """What sharp and libvips make of a side, in the very order in which they divide.

    Where the result ends in a half, the last bit decides how it is rounded.
    """
    scale = 1 / shrink
    return half_up(length * scale if scale > 1 else length / (1 / scale))


def set_on(canvas: Canvas, image: Image.Image) -> Image.Image:
    """Lay a picture on its canvas.

    Args:
        canvas: the ground.
        image: mode L, RGB, RGBX or RGBA; its own transparency stays, as in sharp.

    Returns:
        Mode RGBA when either is transparent anywhere, else RGB.
    """
    transparent = image.mode == "RGBA" or canvas.colour[3] < 255
    mode = "RGBA" if transparent else "RGB"
    ground = Image.new(mode, (canvas.size.width, canvas.size.height), canvas.colour[: len(mode)])
    ground.paste(image if image.mode == mode else image.convert(mode), (canvas.left, canvas.top))
    return ground
