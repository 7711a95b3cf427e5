"""The frames of an animation in memory that a worker process shares with the service.

The memory has places for a few frames, which are used in turns, so that its size does not depend on
the number of frames. Two counters are in front of them: the frames that the worker process has
written, and those that the service has read. Each process changes one of them and waits for the
other. Only they are exchanged: the service knows the size of every frame from the image headers,
and a worker process that writes wrong counters stops or spoils its own frames only.
"""

import mmap
import os
import struct
import time
from typing import Any

from PIL import Image

HEADER_BYTES = 4096
_PLACES = 2
_PIXEL = 4
_COUNTER = struct.Struct("=Q")
_WRITTEN, _READ = 0, 64
# Between two looks at a counter: a small part of the time that a frame takes.
FRAME_PAUSE_SECONDS = 0.0003


def stream_bytes(most_pixels: int) -> int:
    """Return the size of the memory for frames of at most so many pixels."""
    place = _PIXEL * most_pixels
    return HEADER_BYTES + _PLACES * (place + -place % mmap.PAGESIZE)


class FrameSlots:
    """The memory, as either process uses it."""

    def __init__(self, memory: mmap.mmap) -> None:
        """Use memory of `stream_bytes` bytes."""
        self._memory = memory
        self._place = (len(memory) - HEADER_BYTES) // _PLACES
        self._index = 0

    def write(self, image: Image.Image) -> None:
        """Write the next frame as RGBA, after the service has read the one in its place.

        Raises:
            ValueError: the frame does not fit.
        """
        rgba = image if image.mode == "RGBA" else image.convert("RGBA")
        while self._index - self._counter(_READ) >= _PLACES:
            time.sleep(FRAME_PAUSE_SECONDS)
        width, height = rgba.size
        if _PIXEL * width * height > self._place:
            raise ValueError("the frame does not fit into the shared memory")
        core: Any = Image.core  # type: ignore[attr-defined]  # Pillow's C module
        layout = ("RGBA", _PIXEL * width, 1)
        target = core.map_buffer(self._memory, rgba.size, "raw", self._start(), layout)
        target.paste(rgba.im, (0, 0, width, height))
        os.sched_yield()  # a system call, after which the pixels are visible to other processors
        self._advance(_WRITTEN)

    def has_frame(self) -> bool:
        """Return whether the worker process has written the next frame."""
        return self._counter(_WRITTEN) > self._index

    def read(self, size: tuple[int, int]) -> Image.Image:
        """Return a copy of the next frame, mode RGBA, whose place is then free.

        Raises:
            ValueError: a frame of this size does not fit.
        """
        width, height = size
        length = _PIXEL * width * height
        if length > self._place:
            raise ValueError("the frame does not fit into the shared memory")
        start = self._start()
        pixels = self._memory[start : start + length]
        self._advance(_READ)
        return Image.frombuffer("RGBA", size, pixels, "raw", "RGBA", 0, 1)

    def _start(self) -> int:
        return HEADER_BYTES + self._index % _PLACES * self._place

    def _counter(self, position: int) -> int:
        return int(_COUNTER.unpack_from(self._memory, position)[0])

    def _advance(self, position: int) -> None:
        self._index += 1
        _COUNTER.pack_into(self._memory, position, self._index)
