"""The attention strategy: the area that attracts the viewer's eye, as in libvips' smartcrop.

Reproduces ``vips_smartcrop`` (interesting=attention) of libvips 8.18 step by step: the picture is
shrunk to a 32x32 map, scored for edges, skin colour and saturation, blurred, and the window is
centred on the maximum.
"""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from msgspec import Struct
from PIL import Image

from handler.core.geometry import Box, Point, Size
from handler.core.image.srgb import LINEAR_BELOW, TO_XYZ, to_linear
from handler.core.image.vips_shrink import shrink_to_square

MAP_SIDE = 32

_WHITE_X, _WHITE_Y = 95.047, 100.0
# libvips' mean skin colour, as a direction in XYZ.
_SKIN = np.array([0.78, 0.57, 0.44])
# Below this Y the hue of a colour is noise, so skin and saturation do not count.
_DARK_Y = 5.0
_EDGE_GAIN = 5.0
# libvips' integer Gaussian: its peak, and the share of the peak below which it is cut off.
_MASK_PEAK, _MASK_CUT = 20, 0.2


class Attention(Struct, frozen=True):
    """The result of the attention strategy.

    Attributes:
        window: the best window, in pixels of the resized picture.
        focus: the focal point, in pixels of the resized picture.
        heat: the blurred score over the whole picture, float64 (32, 32).
    """

    window: Box
    focus: Point
    heat: npt.NDArray[np.float64]


def score(picture: Image.Image) -> npt.NDArray[np.float64]:
    """Score a picture for edges, skin colour and saturation, independently of the window.

    Args:
        picture: the whole picture, 8-bit, mode L, RGB, RGBX, La or RGBa (premultiplied).

    Returns:
        float64 array (32, 32).
    """
    return _score(shrink_to_square(picture, MAP_SIDE))


def over_time(scores: Sequence[npt.NDArray[np.float64]]) -> npt.NDArray[np.float64]:
    """Return the score of an animation: the highest of its frames' scores, and their change.

    A subject that moves is at each place in one frame only, so the mean would prefer one that
    rests. Where something moves, edges, skin and saturation change from frame to frame.

    Args:
        scores: of the frames that are looked at, in order, from `score`; one for a still picture.
    """
    if len(scores) == 1:
        return scores[0]
    frames = np.stack(scores)
    motion = np.abs(np.diff(frames, axis=0)).mean(axis=0)
    return np.asarray(frames.max(axis=0) + motion)


def choose_window(scores: npt.NDArray[np.float64], resized: Size, target: Size) -> Attention:
    """Return the window of ``target`` pixels around the highest score.

    Args:
        scores: float64 array (32, 32), from `score`.
        resized: size of the picture after the cover resize.
        target: size of the window, at most ``resized``.
    """
    heat = _blur(scores, _sigma(resized, target))
    row, column = divmod(int(heat.argmax()), MAP_SIDE)
    focus = Point(int(column * (resized.width / MAP_SIDE)), int(row * (resized.height / MAP_SIDE)))
    window = Box(
        focus.x - target.width // 2, focus.y - target.height // 2, target.width, target.height
    ).clamp_to(resized)
    return Attention(window, focus, heat)


def _score(pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Return the sum of edge, skin and saturation score of each pixel, (side, side)."""
    rgb = pixels[..., :3] if pixels.shape[2] >= 3 else np.repeat(pixels[..., :1], 3, axis=2)
    xyz = 100 * to_linear(rgb / 255.0) @ TO_XYZ.T
    luminance = xyz[..., 1]
    coloured = luminance > _DARK_Y
    return (
        _edges(luminance)
        + np.where(coloured, _skin(xyz), 0)
        + np.where(coloured, _saturation(xyz), 0)
    )


def _edges(luminance: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    rows, columns = (_extended(luminance, 1, axis) for axis in (0, 1))
    neighbours = rows[:-2] + rows[2:] + columns[:, :-2] + columns[:, 2:]
    return np.asarray(np.abs(_EDGE_GAIN * (4 * luminance - neighbours)), np.float64)


def _skin(xyz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    length = np.linalg.norm(xyz, axis=2, keepdims=True)
    direction = xyz / np.maximum(length, 1e-12)
    return np.asarray(100 - 100 * np.linalg.norm(direction - _SKIN, axis=2), np.float64)


def _saturation(xyz: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the signed a* of CIELAB, which libvips uses: reds score high, greens low."""
    return 500 * (_lab_f(xyz[..., 0] / _WHITE_X) - _lab_f(xyz[..., 1] / _WHITE_Y))


def _lab_f(ratio: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.where(ratio > LINEAR_BELOW, np.cbrt(ratio), 7.787 * ratio + 16 / 116)


def _sigma(resized: Size, target: Size) -> float:
    """Return the blur's sigma in map pixels: a tenth of the window's diagonal, as in libvips."""
    diagonal = math.hypot(
        target.width * MAP_SIDE / resized.width, target.height * MAP_SIDE / resized.height
    )
    return max(1.0, diagonal / 10)


def _blur(scores: npt.NDArray[np.float64], sigma: float) -> npt.NDArray[np.float64]:
    """Blur by libvips' separable integer Gaussian, with the edges repeated."""
    mask = _gaussian_mask(sigma)
    reach = len(mask) // 2
    for axis in (0, 1):
        windows = np.lib.stride_tricks.sliding_window_view(
            _extended(scores, reach, axis), len(mask), axis=axis
        )
        scores = np.asarray(windows @ mask, np.float64)
    return scores


def _extended(values: npt.NDArray[np.float64], reach: int, axis: int) -> npt.NDArray[np.float64]:
    """Return values with those at both ends of an axis repeated ``reach`` times.

    The result is that of np.pad, which takes ten times as long.
    """
    places = np.arange(-reach, values.shape[axis] + reach)
    return values.take(places, axis=axis, mode="clip")


def _gaussian_mask(sigma: float) -> npt.NDArray[np.float64]:
    reach = 0
    while math.exp(-((reach + 1) ** 2) / (2 * sigma**2)) >= _MASK_CUT:
        reach += 1
    x = np.arange(-reach, reach + 1)
    mask = np.rint(_MASK_PEAK * np.exp(-(x**2) / (2 * sigma**2)))
    return np.asarray(mask / mask.sum(), np.float64)
