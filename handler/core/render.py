"""The renderer: it executes a plan and makes no decisions of its own."""

from collections.abc import Iterator, Sequence

from PIL import Image

from handler.core.geometry import Box, Region, Size
from handler.core.image.alpha import premultiply
from handler.core.image.frame import Frame, Pixels
from handler.core.image.resample import resample
from handler.core.plan import Canvas, Cut, Plan


def render_all(
    frame: Frame, plans: Sequence[Plan], *, keep_pixels: bool = False
) -> Iterator[tuple[int, Image.Image]]:
    """Yield the index and the rendered picture of each plan, the finest first.

    In this order the picture is resampled fewer times. The decoded pixels are freed before the last
    picture is yielded, because encoding it needs memory.

    Args:
        frame: the opened picture.
        plans: the plans, in any order.
        keep_pixels: whether to keep the decoded pixels for further use.
    """
    order = sorted(range(len(plans)), key=lambda index: plans[index].cut.shrink)
    for index in order:
        image = render(frame, plans[index])
        if index == order[-1] and not keep_pixels:
            frame.forget_pixels()
        yield index, image


def render(frame: Frame, plan: Plan) -> Image.Image:
    """Cut out and resize the window of a plan.

    Returns:
        An upright picture of exactly ``plan.output`` pixels, mode L, RGB, RGBX or RGBA with
        straight (not premultiplied) alpha.
    """
    image = _cut(frame, plan)
    return image if plan.canvas is None else paste_on_canvas(plan.canvas, image)


def _cut(frame: Frame, plan: Plan) -> Image.Image:
    pixels, cut = frame.pixels(plan.cut.shrink), plan.cut
    as_it_is = cut.size == Size(plan.crop.width, plan.crop.height)
    if as_it_is and cut.region == plan.crop.region() and pixels.size == frame.size:
        return pixels.crop(plan.crop)
    if cut.bounds is None:
        image = pixels.read(cut.region.rescaled(frame.size, pixels.size), cut.size)
    else:
        image = _resize_part(pixels, cut.bounds, cut)
    return image.convert("RGBA") if image.mode == "RGBa" else image


def _resize_part(pixels: Pixels, part: Box, cut: Cut) -> Image.Image:
    """Resize a part without its surroundings, which would bleed in at its edges."""
    region = cut.region
    inside = Region(region.left - part.left, region.top - part.top, region.width, region.height)
    return resample(premultiply(pixels.crop(part)), inside, cut.size)


def paste_on_canvas(canvas: Canvas, image: Image.Image) -> Image.Image:
    """Paste a picture on its canvas.

    Args:
        canvas: size and colour of the canvas, and the picture's position on it.
        image: mode L, RGB, RGBX or RGBA. Its own transparency is kept, as in sharp.

    Returns:
        Mode RGBA if the picture or the canvas has transparency, else RGB.
    """
    transparent = image.mode == "RGBA" or canvas.colour[3] < 255
    mode = "RGBA" if transparent else "RGB"
    background = Image.new(
        mode, (canvas.size.width, canvas.size.height), canvas.colour[: len(mode)]
    )
    background.paste(
        image if image.mode == mode else image.convert(mode), (canvas.left, canvas.top)
    )
    return background
