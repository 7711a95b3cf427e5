"""Writer of GIF: 256 dithered colours, one of them transparent if needed."""

import io

import numpy as np
from PIL import Image

_COLOURS = 256
# Pixels of at least this alpha are opaque, as in sharp.
_SEEN = 128


def encode(image: Image.Image) -> bytes:
    """Encode a picture of mode L, RGB or RGBA (alpha not premultiplied)."""
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
    """Reduce a picture to mode P with at most that many colours, dithered if some are lost."""
    fitting = image.quantize(most)
    if image.getcolors(most) is not None:
        return fitting  # no colour is lost
    return image.quantize(palette=fitting, dither=Image.Dither.FLOYDSTEINBERG)
