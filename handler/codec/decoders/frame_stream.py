"""The frames of an animation, decoded one after the other in one worker process."""

from collections.abc import Iterator, Sequence

from PIL import Image

from handler.codec.decoders.isolated import Allowance, decoder_errors, fork_server
from handler.codec.headers.animations.timeline import FramePart, Timeline
from handler.sandbox.protocol import ENCODING, LENGTH, Request


def decode_frames(
    timeline: Timeline, decoder: str, label: str, allowance: Allowance
) -> Iterator[Image.Image]:
    """Decode the frames of an animation. The worker process waits while a frame is used.

    Args:
        timeline: the animation.
        decoder: name of the decoder, of `handler.sandbox.frame_decoders`.
        label: name of the format in error messages.
        allowance: limits of the worker process, for all frames.

    Yields:
        Each frame, mode RGBA, of the size of its box.

    Raises:
        ProcessingFailed: the data of a frame are damaged, or need too much memory or time.
        DecoderUnavailable: no worker process can be started.
        OutOfTime: the deadline passed.
    """
    parts = timeline.parts
    request = Request(decoder, allowance.memory, allowance.cpu_seconds)
    file = _with_lengths(parts) if timeline.whole is None else [timeline.whole]
    sizes = [(part.box.width, part.box.height) for part in parts]
    if timeline.encoding is not None:
        file.insert(0, ENCODING.pack(*sizes[0], *timeline.encoding))
    with decoder_errors(label, allowance):
        yield from fork_server().decode_frames(request, file, sizes, lambda: allowance.seconds)


def _with_lengths(parts: Sequence[FramePart]) -> list[bytes]:
    return [piece for part in parts for piece in (LENGTH.pack(len(part.data)), part.data)]
