"""Rendering: obeys the plan, decides nothing."""

from PIL import Image

from handler.core.canvas import set_on
from handler.core.frame import Frame
from handler.core.geometry import Size
from handler.core.plan import Plan


def render(frame: Frame, plan: Plan) -> Image.Image:
    """Cut and resize what the plan says.

    Returns:
        An upright picture of exactly ``plan.output`` pixels, mode L, RGB, RGBX or RGBA with alpha
        no longer premultiplied.
    """
    image = _cut(frame, plan)
    return image if plan.canvas is None else set_on(plan.canvas, image)


def _cut(frame: Frame, plan: Plan) -> Image.Image:
    pixels = frame.pixels(plan.cut.shrink)
    as_it_is = plan.cut.size == Size(plan.crop.width, plan.crop.height)
    if as_it_is and plan.cut.region == plan.crop.region() and pixels.size == frame.size:
        return pixels.crop(plan.crop)
    region = plan.cut.region.between(frame.size, pixels.size)
    image = pixels.read(region, plan.cut.size)
    return image.convert("RGBA") if image.mode == "RGBa" else image
