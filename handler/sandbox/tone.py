"""Linear light, shown on a screen.

The rule of the exposure: if the luminance of at most 1 % of the pixels is above 1, and that of at
least half of them above 0.02, a value of 1 is white, as in other viewers. Otherwise the picture is
multiplied so that the geometric mean of its luminance is 0.18, the grey of a photographer's card,
and its highlights are compressed by Reinhard's curve ("Photographic tone reproduction for digital
images", 2002, equation 4), in which the luminance of the brightest 1 % is white.

Worker processes use it, and the decoders in the service.
"""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from msgspec import Struct

Samples = npt.NDArray[Any]

# Shares of the primaries in the luminance (ITU-R BT.709).
_LUMINANCE = np.array((0.2126, 0.7152, 0.0722), np.float32)
_GREY, _LEAST_MEDIAN = 0.18, 0.02
_HIGHLIGHTS = 0.99
# Luminance that counts as black in the mean, so that its logarithm is finite.
_BLACK = 1e-6
_MAX_EXPOSURE = 1e6
_SAMPLED = 100_000
# Steps of the table of the transfer function, of which the darkest level has 20.
_STEPS = 65_535


class Tone(Struct, frozen=True):
    """The exposure of a picture.

    Attributes:
        factor: of all samples.
        white: luminance, after the factor, that becomes white by Reinhard's curve; None without it.
    """

    factor: float = 1
    white: float | None = None


def choose_tone(sample: Samples) -> Tone:
    """Return the tone of a picture by the rule above.

    Args:
        sample: some of its pixels in linear light, float array (pixels, 1 or 3).
    """
    light = luminance(np.nan_to_num(sample.astype(np.float32), nan=0, posinf=0, neginf=0))
    light = light[light > 0]
    if not light.size:
        return Tone()
    # numpy's percentiles import modules when they are first called, which worker processes cannot.
    light.sort()
    bright = float(light[int(_HIGHLIGHTS * (len(light) - 1))])
    if bright <= 1 and float(light[len(light) // 2]) >= _LEAST_MEDIAN:
        return Tone()
    mean = float(np.exp(np.log(np.maximum(light, _BLACK), dtype=np.float64).mean()))
    factor = min(_GREY / mean, _MAX_EXPOSURE)
    return Tone(factor, max(1.0, bright * factor))


def choose_step(pixels: int) -> int:
    """Return the step at which to read pixels for `choose_tone`."""
    return max(1, pixels // _SAMPLED)


def luminance(pixels: Samples) -> Samples:
    """Return the luminance of pixels, float array (…, 1 or 3) to (…)."""
    light: Samples = pixels @ _LUMINANCE if pixels.shape[-1] == 3 else pixels[..., 0]
    return light


def to_levels(pixels: Samples, tone: Tone) -> npt.NDArray[np.uint8]:
    """Return linear light as 8-bit sRGB; samples that are no number become black.

    Args:
        pixels: float array (…, 1 or 3).
        tone: of the picture.
    """
    light = np.nan_to_num(pixels.astype(np.float32), nan=0, posinf=3e38, neginf=0)
    with np.errstate(over="ignore", invalid="ignore"):
        light *= np.float32(tone.factor)
        if tone.white is not None:
            bright = np.clip(luminance(light), 0, np.float32(1e12))[..., np.newaxis]
            light *= (1 + bright / np.float32(tone.white**2)) / (1 + bright)
    np.clip(np.nan_to_num(light, copy=False, nan=1), 0, 1, out=light)
    steps = (light * np.float32(_STEPS) + np.float32(0.5)).astype(np.uint16)
    levels: npt.NDArray[np.uint8] = _table()[steps]
    return levels


@cache
def _table() -> npt.NDArray[np.uint8]:
    """Return the levels of sRGB (IEC 61966-2-1) by steps of linear light."""
    light = np.arange(_STEPS + 1) / _STEPS
    encoded = np.where(light <= 0.0031308, 12.92 * light, 1.055 * light ** (1 / 2.4) - 0.055)
    levels: npt.NDArray[np.uint8] = np.rint(255 * encoded).astype(np.uint8)
    return levels
