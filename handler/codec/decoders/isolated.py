"""Decoding in a sandboxed worker process, whose crash does not affect the service."""

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from mmap import mmap
from typing import Self

import numpy as np
from msgspec import Struct

from handler.codec.costs import DecodingCost
from handler.codec.decoders.shared_rows import SharedRows
from handler.codec.formats import Decoder
from handler.codec.headers.header import DATA_ERRORS, ImageHeader
from handler.core.geometry import Size
from handler.core.image.alpha import DecodedImage
from handler.errors import DecoderUnavailable, OutOfTime, ProcessingFailed
from handler.sandbox.client import ForkServer, ForkServerFailed, WorkerFailed
from handler.sandbox.confinement import PARTS
from handler.sandbox.protocol import Request

# The decoders and numpy, which JPEG XL's binding imports, map memory in proportion to the machine's
# cores, most of which is never used.
_BASE_BYTES = 640 << 20
# The estimates are upper bounds, but an unusual file or a slow processor may exceed them.
_MEMORY_MARGIN, _TIME_MARGIN, _SPARE_CPU_SECONDS = 1.5, 3, 5
# Longer than the CPU time, as the machine may be busy. A compromised worker could sleep for ever.
_WALL_SECONDS = 120
# Imported by the fork server at its start: the formats of photographs, whose libraries are small.
_PREPARED: tuple[Decoder, ...] = ("TIFF", "GIF", "PNG", "BMP")


class Allowance(Struct, frozen=True):
    """The limits of the worker process that decodes a picture.

    Attributes:
        memory: bytes of memory.
        cpu_seconds: whole seconds of CPU time.
        deadline: time of `time.monotonic` at which it is killed; None for a fixed time.
    """

    memory: int
    cpu_seconds: int
    deadline: float | None = None

    @classmethod
    def of(
        cls,
        cost: DecodingCost,
        pixels: int,
        file_bytes: int,
        deadline: float | None = None,
        most_memory: int | None = None,
    ) -> Self:
        """Return the limits for the estimated cost of a picture.

        Args:
            cost: of its decoder.
            pixels: of the stored picture.
            file_bytes: of the file.
            deadline: see the attribute.
            most_memory: bytes that the deployment has for a job, the margin for unusual files
                included; None for no limit.
        """
        memory = int(_MEMORY_MARGIN * cost.peak(pixels, pixels, file_bytes))
        if most_memory is not None:
            memory = min(memory, most_memory)
        seconds = math.ceil(_TIME_MARGIN * cost.seconds(pixels, file_bytes)) + _SPARE_CPU_SECONDS
        if deadline is not None:
            seconds = min(seconds, max(1, math.ceil(deadline - time.monotonic())))
        return cls(_BASE_BYTES + memory, seconds, deadline)

    @property
    def is_over(self) -> bool:
        """True if the deadline has passed."""
        return self.deadline is not None and time.monotonic() >= self.deadline

    @property
    def seconds(self) -> float:
        """Seconds until the worker process is killed."""
        if self.deadline is None:
            return _WALL_SECONDS
        return min(_WALL_SECONDS, max(0.0, self.deadline - time.monotonic()))


@cache
def fork_server() -> ForkServer:
    """Return the fork server of this process."""
    return ForkServer(_PREPARED)


def start_decoding() -> None:
    """Start what decodes files in worker processes, which the first of them would wait for."""
    fork_server().start()


@cache
def sandbox_parts() -> dict[str, bool]:
    """Return the parts of the sandbox, and whether this platform has them."""
    try:
        missing = fork_server().missing_parts()
    except (ForkServerFailed, WorkerFailed):
        return dict.fromkeys(PARTS, False)
    return {part: part not in missing for part in PARTS}


@contextmanager
def decoder_errors(label: str, allowance: Allowance) -> Iterator[None]:
    """Replace the errors of a worker process by those of the file.

    Args:
        label: name of the format in error messages.
        allowance: limits of the worker process.

    Raises:
        ProcessingFailed: the data are damaged, or need too much memory or time.
        DecoderUnavailable: no worker process can be started.
        OutOfTime: the deadline passed.
    """
    try:
        yield
    except WorkerFailed as error:
        if allowance.is_over:
            raise OutOfTime("The image could not be decoded in the time that was left") from error
        fault = "need too much memory or time" if error.limited else "are damaged or incomplete"
        raise ProcessingFailed(f"The {label} data {fault}") from error
    except ForkServerFailed as error:
        raise DecoderUnavailable from error


def decode(header: ImageHeader, decoder: Decoder, label: str, allowance: Allowance) -> DecodedImage:
    """Decode a file in a worker process.

    Args:
        header: of the file; its size is that of the decoded picture.
        decoder: the decoder to run.
        label: name of the format in error messages.
        allowance: limits of the worker process.

    Returns:
        Picture as Pillow decodes it, of any mode.

    Raises:
        ProcessingFailed: the data are damaged, have another size, or take more memory or time than
            pictures of that size.
        DecoderUnavailable: no worker process can be started.
        OutOfTime: the deadline passed.
    """
    size, parts = header.decoded_size, header.parts or (header.data,)
    request = Request(decoder, allowance.memory, allowance.cpu_seconds)
    seconds = allowance.seconds
    with decoder_errors(label, allowance):
        received = fork_server().decode(request, parts, size.width, size.height, seconds)
    image, memory, damaged = received
    if image.size != (size.width, size.height):
        raise ProcessingFailed(f"The {label} data differ in size from the header")
    warning = DATA_ERRORS.format(label) if damaged else None
    if memory is None or not isinstance(memory.obj, mmap):
        return DecodedImage(image, warning=warning)
    rows = SharedRows(memory.obj, image.mode, Size(*image.size))
    if image.mode != "RGBA":
        return DecodedImage(image, warning=warning, rows=rows)
    samples = np.frombuffer(memory, np.uint8).reshape(image.height, image.width, 4)
    return DecodedImage(image, samples, warning, rows)
