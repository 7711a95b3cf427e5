"""The picture at the two sizes that the network sees, and turned."""

from PIL import Image

from handler.core.geometry import Orientation, Size
from handler.core.image.frame import Frame, opaque_view, scaled_to
from handler.core.image.orientation import turn_upright

# Long sides in pixels. At 640 the network finds small faces, at 320 very large ones, too; a third
# look at 960 gains little in crowds and invents faces.
_FINE, _COARSE = 640, 320
# How far the crowns of the heads lean to the right, in degrees -> what makes them upright.
UPRIGHT_AFTER = {
    0: Orientation.UPRIGHT,
    90: Orientation.TURN_LEFT,
    180: Orientation.HALF_TURN,
    270: Orientation.TURN_RIGHT,
}


def fine_view(frame: Frame) -> Image.Image:
    """The whole picture with a long side of 640 pixels, mode RGB or RGBX, decoded no finer."""
    pixels = frame.pixels(max(frame.size.width, frame.size.height) / _FINE)
    return opaque_view(pixels, scaled_to(frame.size, _FINE))


def coarse_view(picture: Image.Image) -> Image.Image:
    """A picture with a long side of 320 pixels, each the mean of what it covers."""
    size = scaled_to(Size(*picture.size), _COARSE)
    return picture.resize((size.width, size.height), Image.Resampling.BOX)


def turned_upright(picture: Image.Image, turn: int) -> Image.Image:
    """The picture, turned so that heads are upright that lean by ``turn`` degrees to the right."""
    return turn_upright(picture, UPRIGHT_AFTER[turn])
