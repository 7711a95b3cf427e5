"""Pictures with lettering, made from Pillow's bitmap font: the test environment has no FreeType."""

from PIL import Image, ImageDraw, ImageFont

from handler.core.geometry import Box

_FONT_HEIGHT = 11


def lettered(
    text: str,
    size: tuple[int, int],
    place: tuple[int, int],
    scale: int,
    *,
    background: Image.Image | None = None,
    ink: str = "black",
) -> tuple[Image.Image, Box]:
    """Return a picture with a line of text, and the box of the text.

    Args:
        text: the line.
        size: size of the picture.
        place: left and top edge of the line.
        scale: pixels for each pixel of the font, whose capitals are 7 pixels high.
        background: the picture to write on; None for a light grey one.
        ink: colour of the letters.
    """
    font = ImageFont.load_default_imagefont()
    widths = [round(font.getlength(letter)) + 1 for letter in text]  # one pixel between letters
    mask = Image.new("L", (sum(widths), _FONT_HEIGHT))
    for number, letter in enumerate(text):
        ImageDraw.Draw(mask).text((sum(widths[:number]), 0), letter, fill=255, font=font)
    mask = mask.crop(mask.getbbox())
    mask = mask.resize((mask.width * scale, mask.height * scale), Image.Resampling.NEAREST)
    image = Image.new("RGB", size, (225, 225, 220)) if background is None else background.copy()
    image.paste(Image.new("RGB", mask.size, ink), place, mask)
    return image, Box(*place, mask.width, mask.height)
