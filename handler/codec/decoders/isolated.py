"""Decoding in a sandboxed worker process, whose crash does not affect the service."""

from functools import cache

from PIL import Image

from handler.codec.formats import Decoder
from handler.codec.headers.header import ImageHeader
from handler.errors import DecoderUnavailable, ProcessingFailed
from handler.sandbox.client import ForkServer, ForkServerFailed, WorkerFailed
from handler.sandbox.confinement import PARTS
from handler.sandbox.protocol import Request

# The decoders and numpy, which JPEG XL's binding imports, map memory in proportion to the machine's
# cores, most of which is never used.
_BASE_BYTES = 640 << 20
# OpenJPEG keeps eight bytes a sample, and Pillow four a pixel.
_BYTES_PER_PIXEL = 40
# JPEG 2000, the slowest format, takes this long for a hundred megapixels.
_CPU_SECONDS = 60
# Longer than the CPU time, as the machine may be busy. A compromised worker could sleep for ever.
_WALL_SECONDS = 120
# Imported by the fork server at its start: the formats of photographs, whose libraries are small.
_PREPARED: tuple[Decoder, ...] = ("TIFF", "GIF", "PNG", "BMP")


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


def decode(header: ImageHeader, decoder: Decoder, label: str) -> Image.Image:
    """Decode a file in a worker process.

    Args:
        header: of the file; its size is that of the decoded picture, and limits the worker process.
        decoder: the decoder to run.
        label: name of the format in error messages.

    Returns:
        Picture as Pillow decodes it, of any mode.

    Raises:
        ProcessingFailed: the data are damaged, have another size, or take more memory or time than
            pictures of that size.
        DecoderUnavailable: no worker process can be started.
    """
    data, size = header.data, header.size
    memory = _BASE_BYTES + _BYTES_PER_PIXEL * size.area + 3 * len(data)
    request = Request(decoder, memory, _CPU_SECONDS)
    try:
        image = fork_server().decode(request, data, size.width, size.height, _WALL_SECONDS)
    except WorkerFailed as error:
        fault = "need too much memory or time" if error.limited else "are damaged or incomplete"
        raise ProcessingFailed(f"The {label} data {fault}") from error
    except ForkServerFailed as error:
        raise DecoderUnavailable from error
    if image.size != (size.width, size.height):
        raise ProcessingFailed(f"The {label} data differ in size from the header")
    return image
