"""Pixels turned upright according to their EXIF orientation."""

from PIL import Image

from handler.core.geometry import Orientation

_METHODS = {
    Orientation.MIRROR: Image.Transpose.FLIP_LEFT_RIGHT,
    Orientation.HALF_TURN: Image.Transpose.ROTATE_180,
    Orientation.FLIP: Image.Transpose.FLIP_TOP_BOTTOM,
    Orientation.TRANSPOSE: Image.Transpose.TRANSPOSE,
    Orientation.TURN_RIGHT: Image.Transpose.ROTATE_270,
    Orientation.TRANSVERSE: Image.Transpose.TRANSVERSE,
    Orientation.TURN_LEFT: Image.Transpose.ROTATE_90,
}


def turn_upright(image: Image.Image, orientation: Orientation) -> Image.Image:
    """Turn a picture upright.

    Args:
        image: the stored picture, any mode.
        orientation: orientation of the stored picture.

    Returns:
        A new picture, or ``image`` itself if it is already upright.
    """
    method = _METHODS.get(orientation)
    return image if method is None else image.transpose(method)
