"""Rendering: obeys the plan, decides nothing."""

from PIL import Image

from handler.core.geometry import Box, Region, Size
from handler.core.image.alpha import premultiply
from handler.core.image.canvas import set_on
from handler.core.image.frame import Frame, Pixels
from handler.core.image.resample import resample
from handler.core.plan import Cut, Plan


def render(frame: Frame, plan: Plan) -> Image.Image:
    """Cut and resize what the plan says.

    Returns:
        An upright picture of exactly ``plan.output`` pixels, mode L, RGB, RGBX or RGBA with alpha
        no longer premultiplied.
    """
    image = _cut(frame, plan)
    return image if plan.canvas is None else set_on(plan.canvas, image)


def _cut(frame: Frame, plan: Plan) -> Image.Image:
    pixels, cut = frame.pixels(plan.cut.shrink), plan.cut
    as_it_is = cut.size == Size(plan.crop.width, plan.crop.height)
    if as_it_is and cut.region == plan.crop.region() and pixels.size == frame.size:
        return pixels.crop(plan.crop)
    if cut.bounds is None:
        image = pixels.read(cut.region.between(frame.size, pixels.size), cut.size)
    else:
        image = _resize_part(pixels, cut.bounds, cut)
    return image.convert("RGBA") if image.mode == "RGBa" else image


def _resize_part(pixels: Pixels, part: Box, cut: Cut) -> Image.Image:
    """Resize without a look at what surrounds the part, which would shine in at its edges."""
    region = cut.region
    inside = Region(region.left - part.left, region.top - part.top, region.width, region.height)
    return resample(premultiply(pixels.crop(part)), inside, cut.size)
