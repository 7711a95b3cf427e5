"""The plan drawn on its picture, to show people the reason for the window."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from handler.core.geometry import Box, Region, Size
from handler.core.image.frame import Frame
from handler.core.plan import Plan

# Long side of the drawing in pixels: large enough to see details, small enough to send.
_LONG_SIDE = 1280
_WINDOW = (255, 255, 255)
_CHOSEN, _OTHER = (80, 220, 100), (200, 200, 200)
_LANDMARK = (255, 220, 0)
_EYE_LINE = (0, 200, 255)
_FOCUS = (255, 60, 60)
_KEEP, _AVOID = (70, 130, 255), (255, 120, 0)
# Share of the brightness that is kept outside the window, and opacity of the heat map.
_DIMMED = 0.45
_HEAT = 0.6
# The colour map inferno of matplotlib (CC0) in eleven equal steps from the lowest heat to the
# highest. Its lightness rises evenly, so that equal steps of the heat look equal.
_INFERNO = np.array(
    [
        (0, 0, 4),
        (22, 11, 57),
        (66, 10, 104),
        (106, 23, 110),
        (147, 38, 103),
        (188, 55, 84),
        (221, 81, 58),
        (243, 120, 25),
        (252, 165, 10),
        (246, 215, 70),
        (252, 255, 164),
    ],
    float,
)

Projection = Callable[[float, float], tuple[float, float]]


def draw_overlay(frame: Frame, plan: Plan) -> Image.Image:
    """Draw a plan on its picture.

    The drawing shows the window, the focal point, the faces with landmarks and eye line, and the
    client's constraints: kept areas in blue, avoided ones in orange. With a heat map that the
    window was chosen by, the picture is grey below the colours of the map. Without one, the
    picture is dimmed outside the window.

    Args:
        frame: the picture that the plan is for.
        plan: the plan.

    Returns:
        The whole picture upright, RGB, its long side at most 1280 pixels.
    """
    shrink = max(1.0, max(frame.size.width, frame.size.height) / _LONG_SIDE)
    size = Size(max(1, round(frame.size.width / shrink)), max(1, round(frame.size.height / shrink)))
    pixels = frame.pixels(shrink)
    whole = Region(0, 0, pixels.size.width, pixels.size.height)
    picture = pixels.read(whole, size).convert("RGBA").convert("RGB")
    if plan.heat is not None:
        picture = _coloured(picture, plan.heat)

    def project(x: float, y: float) -> tuple[float, float]:
        return x / shrink, y / shrink

    # Dimmed colours would not be those of the colour map.
    if plan.heat is None:
        picture = _dimmed(picture, plan.crop, project)
    _draw_marks(ImageDraw.Draw(picture), plan, project, max(1, min(picture.size) // 200))
    return picture


def _coloured(picture: Image.Image, heat: npt.NDArray[np.float64]) -> Image.Image:
    """Return the picture in grey below the heat map, whose colours do not depend on its own."""
    low, high = float(heat.min()), float(heat.max())
    share = (heat - low) / max(high - low, 1e-9)
    level = Image.fromarray((share * 255).astype(np.uint8))
    smooth = np.asarray(level.resize(picture.size, Image.Resampling.BICUBIC), float) / 255
    steps = np.linspace(0, 1, len(_INFERNO))
    colours = np.stack([np.interp(smooth, steps, channel) for channel in _INFERNO.T], axis=-1)
    grey = picture.convert("L").convert("RGB")
    return Image.blend(grey, Image.fromarray(colours.astype(np.uint8)), _HEAT)


def _dimmed(picture: Image.Image, window: Box, project: Projection) -> Image.Image:
    mask = Image.new("L", picture.size, 255)
    ImageDraw.Draw(mask).rectangle(_corners(window, project), fill=0)
    dark = picture.point(lambda value: value * _DIMMED)
    return Image.composite(dark, picture, mask)


def _draw_marks(draw: ImageDraw.ImageDraw, plan: Plan, project: Projection, stroke: int) -> None:
    for boxes, colour in ((plan.constraints.keep, _KEEP), (plan.constraints.avoid, _AVOID)):
        for box in boxes:
            draw.rectangle(_corners(box, project), outline=colour, width=stroke * 2)
    for index, face in enumerate(plan.faces):
        colour = _CHOSEN if index in plan.chosen else _OTHER
        draw.rectangle(_corners(face.box, project), outline=colour, width=stroke)
        for landmark in face.landmarks:
            draw.circle(project(*landmark), stroke * 1.5, fill=_LANDMARK)
    window = plan.crop
    if plan.eye_line is not None:
        ends = [project(window.left, plan.eye_line), project(window.right, plan.eye_line)]
        draw.line(ends, fill=_EYE_LINE, width=stroke)
    draw.rectangle(_corners(window, project), outline=_WINDOW, width=stroke * 2)
    draw.circle(project(plan.focus.x, plan.focus.y), stroke * 4, outline=_FOCUS, width=stroke * 2)


def _corners(box: Box | Region, project: Projection) -> tuple[float, float, float, float]:
    (left, top), (right, bottom) = project(box.left, box.top), project(box.right, box.bottom)
    return left, top, max(left, right - 1), max(top, bottom - 1)
