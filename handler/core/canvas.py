"""A canvas that a picture is set on: the square around a trimmed product."""

from dataclasses import dataclass

from PIL import Image

from handler.core.geometry import Size, half_up

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


def contain(content: Size, side: int, colour: Colour) -> tuple[Size, Canvas]:
    """Fit a picture into a square, centred, its aspect kept; it is enlarged if need be.

    As sharp's ``resize({fit: "contain"})``.

    Args:
        content: size of the picture.
        side: of the square, in pixels.
        colour: of the ground.

    Returns:
        The size that the picture gets, and the canvas around it.
    """
    scale = side / max(content.width, content.height)
    fitted = Size(
        min(side, max(1, half_up(content.width * scale))),
        min(side, max(1, half_up(content.height * scale))),
    )
    left, top = (side - fitted.width) // 2, (side - fitted.height) // 2
    return fitted, Canvas(Size(side, side), left, top, colour)


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
