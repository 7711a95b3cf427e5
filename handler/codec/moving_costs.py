"""Memory and time of animations, as measured for each format.

Bytes are upper bounds. Seconds are those of photographs that move: noise takes up to four times as
long, and a job that exceeds its time is stopped between two frames.
"""

from collections.abc import Callable

from msgspec import Struct

from handler.codec.animation.opened_animation import KEPT_BYTES
from handler.codec.costs import DecodingCost, cost_of_frames
from handler.codec.encoders.moving.webp_effort import webp_effort

_MEGA = 1_000_000


class MovingCost(Struct, frozen=True):
    """The cost of encoding an animation.

    Attributes:
        encoder: bytes for each pixel of a frame, while it is encoded.
        written: bytes of the file for each pixel of all frames, with the copy that joins its parts.
        seconds: function that returns the seconds of CPU time for the pixels of all frames.
    """

    encoder: float
    written: float
    seconds: Callable[[int], float]


MOVING_ENCODING = {
    "gif": MovingCost(24, 3, lambda pixels: 0.04 / _MEGA * pixels),
    "png": MovingCost(40, 8, lambda pixels: 0.06 / _MEGA * pixels),
    "webp": MovingCost(60, 4.4, lambda pixels: webp_effort(pixels).per_pixel * pixels),
    "avif": MovingCost(120, 5, lambda pixels: 0.45 / _MEGA * pixels),
}
"""Name of an output format -> cost of its animations."""

# Seconds of CPU time for each pixel and byte of the frames that are decoded one after the other, by
# format. The others take as long as still pictures.
_DECODING = {
    "gif": (0.011 / _MEGA, 0.02 / _MEGA),
    "webp": (0.01 / _MEGA, 0.045 / _MEGA),
    "heic": (0.065 / _MEGA, 0.03 / _MEGA),
}
_RENDERED, _READ = 0.005 / _MEGA, 0.003 / _MEGA
_PIXEL = 4
# Memory of the canvas, of a frame in the shared memory, and of copies of both.
_CANVASES = 8


def seconds_of_decoding(name: str, cost: DecodingCost, pixels: int, file_bytes: int) -> float:
    """Return the seconds of CPU time of decoding all frames once.

    Args:
        name: format of the animation.
        cost: of its still pictures.
        pixels: of all frames as they are stored.
        file_bytes: of all frames.
    """
    if name not in _DECODING:
        return cost.seconds(pixels, file_bytes)
    per_pixel, per_byte = _DECODING[name]
    return per_pixel * pixels + per_byte * file_bytes


def memory_of_decoding(name: str, cost: DecodingCost, pixels: int, file_bytes: int) -> int:
    """Return the bytes of the worker process that decodes frames beyond those of a still picture.

    Args:
        name: format of the animation.
        cost: of its still pictures.
        pixels: of a frame as it is stored.
        file_bytes: of all frames.
    """
    peaks = (each.peak(pixels, pixels, file_bytes) for each in (cost_of_frames(name, cost), cost))
    return round(max(0, next(peaks) - next(peaks)))


def memory_of_frames(canvas: int, count: int, looked_at: int, outputs: list[int], name: str) -> int:
    """Return the bytes beyond those of a still picture.

    Args:
        canvas: pixels of the canvas.
        count: number of frames.
        looked_at: pixels of all frames that are looked at.
        outputs: pixels of each result that moves.
        name: format of the results.
    """
    kept = min(KEPT_BYTES, _PIXEL * canvas * count)
    encoded = sum(_bytes_of_a_pixel(name, count) * pixels for pixels in outputs)
    return round(kept + _PIXEL * (_CANVASES * canvas + 2 * looked_at) + encoded)


def _bytes_of_a_pixel(name: str, count: int) -> float:
    """Return the bytes for each pixel of a result with so many frames."""
    cost = MOVING_ENCODING[name]
    return cost.encoder + cost.written * count


def seconds_of_frames(
    canvas: int, count: int, decoding: float, outputs: list[int], name: str
) -> float:
    """Return the seconds of CPU time beyond those of a still picture.

    Args:
        canvas: pixels of the canvas.
        count: number of frames.
        decoding: seconds of decoding all frames once.
        outputs: pixels of each result.
        name: format of the results.
    """
    kept = _PIXEL * canvas * count <= KEPT_BYTES
    per_frame = _READ * canvas * len(outputs)
    per_frame += sum(_RENDERED * pixels for pixels in outputs)
    encoding = sum(MOVING_ENCODING[name].seconds(pixels * count) for pixels in outputs)
    return decoding * (1 if kept else 2) + per_frame * count + encoding
