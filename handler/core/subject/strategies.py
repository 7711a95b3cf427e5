"""Subject mode: the most interesting window of a resized picture."""

import math

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray
from PIL import Image

from handler.core.geometry import Box, Point, Size
from handler.core.image.fit import Cover
from handler.core.image.frame import Pixels
from handler.core.plan import Heat
from handler.core.request import Strategy
from handler.core.subject.attention import choose_window, over_time, score
from handler.core.subject.entropy import busiest_window

# The resized picture is scored as a whole. If a thin strip is enlarged, it can have thousands of
# times the pixels of the output. Beyond this number of pixels a smaller picture is scored instead.
MAX_SCORED_PIXELS = 24_000_000


class SubjectWindow(Struct, frozen=True):
    """The window that a strategy chose, in pixels of the resized picture.

    Attributes:
        window: the window.
        focus: the focal point that the window was chosen for.
        reason: the reason for the window, as one sentence for people.
        heat: the attention map over the whole picture, float64 (32, 32); None for entropy.
    """

    window: Box
    focus: Point
    reason: str
    heat: Heat | None


def find_subject(
    pixels: Pixels, cover: Cover, target: Size, strategy: Strategy, *, last: bool = False
) -> SubjectWindow:
    """Return the window of ``target`` pixels that a strategy chooses.

    Args:
        pixels: the decoded picture.
        cover: the resize that the window is chosen on.
        target: size of the window.
        strategy: attention or entropy.
        last: whether only a part of the resized picture will be read afterwards.
    """
    # A picture that stays as it is, or is scored at another size, is read again.
    last = last and cover.shrink > 1 and cover.resized.area <= MAX_SCORED_PIXELS
    return _STRATEGIES[strategy](pixels, cover, target, last)


def _find_by_attention(pixels: Pixels, cover: Cover, target: Size, last: bool) -> SubjectWindow:
    def compute() -> list[Heat]:
        return pixels.of_frames(lambda each: score(_scored_picture(each, cover, last)))

    scores = pixels.cached("attention", compute)
    attention = choose_window(over_time(scores), cover.resized, target)
    reason = "Centred on the highest score for edges, skin colour and saturation."
    if len(scores) > 1:
        reason = "Centred on the highest score for edges, skin colour, saturation and motion."
    return SubjectWindow(attention.window, attention.focus, reason, attention.heat)


def _find_by_entropy(pixels: Pixels, cover: Cover, target: Size, last: bool) -> SubjectWindow:
    of_frames = pixels.of_frames(lambda each: _bands(_scored_picture(each, cover, last)))
    # Entropy is that of the histograms of all bands together, and so of all frames.
    bands = of_frames[0] if len(of_frames) == 1 else np.concatenate(of_frames, axis=2)
    across, down = (
        cover.resized.width / bands.shape[1],
        cover.resized.height / bands.shape[0],
    )
    busiest = busiest_window(
        bands, Size(max(1, round(target.width / across)), max(1, round(target.height / down)))
    )
    window = Box(
        round(busiest.left * across), round(busiest.top * down), target.width, target.height
    ).clamp_to(cover.resized)
    centre = Point(window.left + window.width // 2, window.top + window.height // 2)
    reason = "The rest after the strips with the least information were removed."
    return SubjectWindow(window, centre, reason, None)


def _bands(picture: Image.Image) -> NDArray[np.uint8]:
    bands = np.asarray(picture).reshape(picture.height, picture.width, -1)
    return bands[..., :3] if picture.mode == "RGBX" else bands


_STRATEGIES = {"attention": _find_by_attention, "entropy": _find_by_entropy}


def _scored_picture(pixels: Pixels, cover: Cover, last: bool) -> Image.Image:
    whole = cover.region_of(Box(0, 0, cover.resized.width, cover.resized.height))
    excess = math.sqrt(max(1, cover.resized.area / MAX_SCORED_PIXELS))
    size = Size(
        max(1, round(cover.resized.width / excess)), max(1, round(cover.resized.height / excess))
    )
    return pixels.read(whole, size, last=last)
