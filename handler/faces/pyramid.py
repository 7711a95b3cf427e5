"""The picture at the sizes of the network's input, turned upright, and mirrored."""

from PIL import Image

from handler.core.geometry import Orientation, Size
from handler.core.image.frame import Frame, opaque_view, scaled_to
from handler.core.image.orientation import turn_upright

# Long sides in pixels. At 640 the network finds small faces, at 320 also very large ones, and at
# 960 the small faces of a crowd. In photos without a crowd, 960 adds only false faces.
_FINE, _COARSE, CROWDED = 640, 320, 960
# Clockwise rotation of the heads in degrees -> the orientation that turns them upright.
UPRIGHT_AFTER = {
    0: Orientation.UPRIGHT,
    90: Orientation.TURN_LEFT,
    180: Orientation.HALF_TURN,
    270: Orientation.TURN_RIGHT,
}


def fine_view(frame: Frame) -> Image.Image:
    """Return the whole picture with a long side of 640 pixels, mode RGB or RGBX."""
    pixels = frame.pixels(max(frame.size.width, frame.size.height) / _FINE)
    return opaque_view(pixels, scaled_to(frame.size, _FINE))


def coarse_view(picture: Image.Image) -> Image.Image:
    """Return a picture averaged to a long side of 320 pixels."""
    size = scaled_to(Size(*picture.size), _COARSE)
    return picture.resize((size.width, size.height), Image.Resampling.BOX)


def crowd_view(frame: Frame) -> Image.Image:
    """Return the whole picture with a long side of 960 pixels, mode RGB or RGBX."""
    pixels = frame.pixels(max(frame.size.width, frame.size.height) / CROWDED)
    return opaque_view(pixels, scaled_to(frame.size, CROWDED))


def enlarged_view(picture: Image.Image) -> Image.Image:
    """Return a picture enlarged to a long side of 960 pixels."""
    size = scaled_to(Size(*picture.size), CROWDED)
    return picture.resize((size.width, size.height), Image.Resampling.BICUBIC)


def turned_upright(picture: Image.Image, turn: int) -> Image.Image:
    """Return a picture turned so that its heads are upright.

    Args:
        picture: any mode.
        turn: clockwise rotation of the heads: 0, 90, 180 or 270 degrees.
    """
    return turn_upright(picture, UPRIGHT_AFTER[turn])
