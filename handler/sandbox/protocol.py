"""The messages between the service and the fork server."""

import struct
from socket import socket

from msgspec import Struct

_REQUEST = struct.Struct("=32sQI4x")
_STATUS = struct.Struct("=i")
REQUEST_BYTES = _REQUEST.size
# Name of a decoder that decodes nothing, and writes the missing parts of the confinement as JSON.
PROBE = "probe"
# Exit statuses of a worker process that could not decode its file.
DAMAGED, OUT_OF_MEMORY = 1, 2
LENGTH = struct.Struct("=I")
"""The length in front of each of the still pictures that stand for the frames of an animation."""
ENCODING = struct.Struct("=HHH?")
"""Width, height, matrix of the colours (ITU-T H.273) and whether they use the full range, in front
of a HEIC sequence."""


class Request(Struct, frozen=True):
    """The order to decode one file.

    Attributes:
        decoder: name of the decoder, of `handler.sandbox.libraries.DECODERS`.
        memory: bytes of address space that decoding may need.
        cpu_seconds: seconds of CPU time that it may need.
    """

    decoder: str
    memory: int
    cpu_seconds: int

    def pack(self) -> bytes:
        """Return the request as `REQUEST_BYTES` bytes."""
        return _REQUEST.pack(self.decoder.encode(), self.memory, self.cpu_seconds)

    @classmethod
    def unpack(cls, packed: bytes) -> "Request":
        """Return the request of `pack`."""
        decoder, memory, cpu_seconds = _REQUEST.unpack(packed)
        return cls(decoder.rstrip(b"\0").decode(), memory, cpu_seconds)


def pack_status(status: int) -> bytes:
    """Return the exit status of a worker process as bytes."""
    return _STATUS.pack(status)


def receive_status(job: socket) -> int | None:
    """Return the exit status that arrives on a job's socket, or None if it ends without one.

    Raises:
        TimeoutError: nothing arrives in time.
        OSError: the socket is broken.
    """
    packed = job.recv(_STATUS.size)
    return int(_STATUS.unpack(packed)[0]) if len(packed) == _STATUS.size else None
