"""Rendering: obeys the plan, decides nothing."""

from PIL import Image

from handler.core.frame import Frame
from handler.core.plan import Plan


def render(frame: Frame, plan: Plan) -> Image.Image:
    """Cut and resize what the plan says.

    Returns:
        An upright picture of exactly ``plan.cut.size``, mode L, RGB, RGBX or RGBA with alpha
        no longer premultiplied.
    """
    pixels = frame.pixels(plan.cut.shrink)
    region = plan.cut.region.between(frame.size, pixels.size)
    image = pixels.read(region, plan.cut.size)
    return image.convert("RGBA") if image.mode == "RGBa" else image
