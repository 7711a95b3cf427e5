"""Writes GIF: 256 colours, dithered, one of them transparent where it is needed."""

import io

import numpy as np
from PIL import Image

_COLOURS = 256
# Half seen is seen, as sharp has it.
_SEEN = 128


def encode(image: Image.Image) -> bytes:
    """Write a picture of mode L, RGB or RGBA (alpha not premultiplied)."""
    unseen = np.asarray(image.getchannel("A")) < _SEEN if image.mode == "RGBA" else np.False_
    transparent = bool(unseen.any())
    indices = _few_colours(image.convert("RGB"), _COLOURS - transparent)
    target = io.BytesIO()
    if not transparent:
        indices.save(target, "GIF")
        return target.getvalue()
    last = _COLOURS - 1
    palette = (indices.getpalette() or []) + [0] * 3 * _COLOURS
    pixels = np.array(indices)
    pixels[unseen] = last
    indices = Image.fromarray(pixels, "P")
    indices.putpalette(palette[: 3 * _COLOURS])
    indices.save(target, "GIF", transparency=last)
    return target.getvalue()


def _few_colours(image: Image.Image, most: int) -> Image.Image:
    """Mode P, with a palette of its own."""
    fitting = image.quantize(most)
    if image.getcolors(most) is not None:
        return fitting  # exactly
    return image.quantize(palette=fitting, dither=Image.Dither.FLOYDSTEINBERG)
