"""OpenEXR in a worker process: channels, alpha and linear light as pixels of 8 bits."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from handler.sandbox.pixels import SharedPixels
from handler.sandbox.tone import choose_step, choose_tone, to_levels

Channel = npt.NDArray[Any]

_COLOURS, _GREY, _ALPHA = ("R", "G", "B"), ("Y",), "A"
_OPAQUE = 255
_STRIP_PIXELS = 1 << 14
# Alpha below this does not divide colours, which would become infinite.
_LEAST_ALPHA = 1e-4


def choose_channels(names: Sequence[str]) -> tuple[str, ...]:
    """Return the channels to show: three colours or a grey, and alpha if there is one.

    Those without a layer come first, then those of the first layer that has them.
    """
    layers = dict.fromkeys(("", *(name.rpartition(".")[0] + "." for name in names if "." in name)))
    for layer in layers:
        for kinds in (_COLOURS, _GREY):
            needed = tuple(layer + kind for kind in kinds)
            if all(name in names for name in needed):
                alpha = (layer + _ALPHA,) if layer + _ALPHA in names else ()
                return needed + alpha
    return tuple(names[:1])


def show(
    channels: Mapping[str, Channel], names: Sequence[str], shared: SharedPixels
) -> Image.Image:
    """Return the picture of some channels.

    Args:
        channels: arrays (height, width) of linear light; colours are multiplied by alpha.
        names: of the channels to show: three colours or one, and perhaps alpha.
        shared: the memory for the pixels.
    """
    bands = [channels[name] for name in names]
    alpha = bands.pop() if names[-1].rpartition(".")[2] == _ALPHA else None
    height, width = bands[0].shape
    step = max(1, round(choose_step(height * width) ** 0.5))
    sample = _light(
        [band[::step, ::step] for band in bands], None if alpha is None else alpha[::step, ::step]
    )
    tone = choose_tone(sample.reshape(-1, sample.shape[-1]))
    mode = "RGBX" if alpha is None else "RGBA"
    core = shared.make_core(mode, (width, height))
    image = Image.Image()._new(core)
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        part = slice(top, top + rows)
        opacity = None if alpha is None else alpha[part]
        light = _light([band[part] for band in bands], opacity)
        strip = np.full((*light.shape[:2], 4), _OPAQUE, np.uint8)
        strip[..., :3] = to_levels(light, tone)
        if opacity is not None:
            share = np.nan_to_num(opacity.astype(np.float32), nan=0, posinf=1, neginf=0)
            strip[..., 3] = np.rint(share.clip(0, 1) * _OPAQUE)
        packed = Image.frombuffer(mode, (width, len(strip)), strip, "raw", mode, 0, 1)
        image.paste(packed, (0, top))
    return image


def _light(bands: Sequence[Channel], alpha: Channel | None) -> npt.NDArray[np.float32]:
    """Return the colours without alpha, array (height, width, 1 or 3)."""
    light = np.stack(bands, axis=-1).astype(np.float32)
    if alpha is not None:
        opacity = np.nan_to_num(alpha.astype(np.float32))[..., np.newaxis]
        visible = opacity > _LEAST_ALPHA
        light = np.divide(light, opacity, out=np.zeros_like(light), where=visible)
    return light
