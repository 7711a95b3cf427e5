"""Animations of each kind, made by Pillow, and their frames as another decoder reads them."""

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pillow_avif  # noqa: F401  # lets Pillow read and write AVIF
from PIL import Image, ImageDraw

from tests.pictures import photo

SIZE = (96, 64)
Frames = list[Image.Image]
Samples = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Shown:
    """A frame as it is shown.

    Attributes:
        start: milliseconds from the start.
        end: milliseconds to its end.
        samples: its pixels, uint8 (height, width, 4).
    """

    start: int
    end: int
    samples: Samples


def moving_square(count: int = 6) -> Frames:
    """Return a square that moves over a photo."""
    frames = []
    for index in range(count):
        frame = photo(size=SIZE).copy()
        ImageDraw.Draw(frame).rectangle((8 * index, 20, 8 * index + 15, 35), fill=(220, 30, 40))
        frames.append(frame)
    return frames


def moving_disc(count: int = 6) -> Frames:
    """Return a disc that moves over nothing."""
    frames = []
    for index in range(count):
        frame = Image.new("RGBA", SIZE)
        ImageDraw.Draw(frame).ellipse(
            (10 * index, 10, 10 * index + 30, 40), fill=(30, 90, 220, 255)
        )
        frames.append(frame)
    return frames


def growing(count: int = 5) -> Frames:
    """Return bars that are added one after the other, in flat colours."""
    frame = Image.new("RGB", SIZE, (250, 250, 250))
    frames = []
    for index in range(count):
        ImageDraw.Draw(frame).rectangle(
            (15 * index, 10, 15 * index + 9, 50), fill=(0, 60 * index, 90)
        )
        frames.append(frame.copy())
    return frames


def scenes() -> Frames:
    """Return three scenes of two frames each."""
    colours = ((200, 40, 40), (40, 200, 40), (40, 40, 200))
    frames = []
    for colour in colours:
        for place in (10, 40):
            frame = Image.blend(photo(size=SIZE), Image.new("RGB", SIZE, colour), 0.5)
            ImageDraw.Draw(frame).rectangle((place, 10, place + 12, 22), fill=(255, 255, 255))
            frames.append(frame)
    return frames


def flashing() -> Frames:
    """Return a picture that disappears and comes back."""
    disc, nothing = moving_disc(1)[0], Image.new("RGBA", SIZE)
    nothing.putpixel((0, 0), (9, 9, 9, 255))
    return [disc, nothing, disc, nothing]


# Name -> frames, milliseconds of each, and number of plays (0 for without end).
SCENES: dict[str, tuple[Callable[[], Frames], Sequence[int], int]] = {
    "square": (moving_square, (40, 50, 60, 70, 80, 90), 0),
    "disc": (moving_disc, (100, 30, 100, 30, 100, 30), 3),
    "bars": (growing, (20, 2000, 20, 500, 130), 1),
    "scenes": (scenes, (200,) * 6, 0),
    "flashes": (flashing, (70, 110, 70, 110), 2),
}
KINDS = ("GIF", "WEBP", "PNG", "AVIF")


@cache
def animation(kind: str, scene: str) -> bytes:
    """Return a file of a kind."""
    make, times, plays = SCENES[scene]
    frames = make()
    options: dict[str, Any] = {"loop": plays}
    if kind == "GIF":
        options = {"disposal": 2} if frames[0].mode == "RGBA" else {}
        if plays != 1:
            options["loop"] = max(0, plays - 1)
    if kind == "WEBP":
        options |= {"lossless": True}
    if kind == "AVIF":
        options = {"quality": 95, "speed": 9}
    return saved(frames, kind, duration=list(times), **options)


def saved(frames: Frames, kind: str, **options: Any) -> bytes:
    """Return frames as a file of Pillow's."""
    target = io.BytesIO()
    frames[0].save(target, kind, save_all=True, append_images=frames[1:], **options)
    return target.getvalue()


def shown(data: bytes) -> list[Shown]:
    """Return the frames of a file as Pillow reads it, which sees the whole animation."""
    image = Image.open(io.BytesIO(data))
    found, start = [], 0.0
    for index in range(getattr(image, "n_frames", 1)):
        image.seek(index)
        samples = np.asarray(image.convert("RGBA"))
        end = start + image.info.get("duration", 0)
        found.append(Shown(round(start), round(end), samples))
        start = end
    return found


def at(frames: Sequence[Shown], time: float) -> Samples:
    """Return the picture that is shown at a time."""
    return next(each.samples for each in frames if each.start <= time < each.end)


def plays_of(data: bytes) -> int:
    """Return the number of plays, 0 for without end, as Pillow reads it."""
    image = Image.open(io.BytesIO(data))
    loop = image.info.get("loop")
    if image.format == "GIF":
        return 1 if loop is None else loop + 1 if loop else 0
    return int(loop or 0)


def difference(first: Samples, second: Samples) -> float:
    """Return the mean difference of two pictures over what either shows."""
    alpha = np.maximum(first[..., 3:], second[..., 3:]) > 0
    colours = np.where(alpha, np.abs(first.astype(int) - second), 0)
    return float(colours.mean())
