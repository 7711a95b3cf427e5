"""Still WebP through libwebp, scaled while decoding. Animations are left to Pillow."""

import struct
from dataclasses import dataclass

from PIL import Image

from handler.codec.decoders import libwebp
from handler.codec.headers.exif import Metadata, read_exif_orientation
from handler.core.geometry import Size
from handler.errors import InvalidImage, ProcessingFailed

_EXTENDED = b"VP8X"
# Chunks of metadata, and the flag in the first byte of VP8X without which readers ignore each.
_METADATA_FLAGS = {b"ICCP": 0x20, b"EXIF": 0x08}
_FIRST_CHUNK, _FLAGS = 12, 20
# A still picture has six kinds of chunks, each at most once.
_MAX_CHUNKS = 100


@dataclass(frozen=True, slots=True)
class WebpHeader:
    """What is known of a WebP before decoding.

    Attributes:
        size: as stored.
        alpha: whether it may be transparent.
        animated: whether it has frames; then it is not for `decode`.
        metadata: orientation and profile.
    """

    size: Size
    alpha: bool
    animated: bool
    metadata: Metadata


def read_header(data: bytes) -> WebpHeader:
    """Read size, alpha and metadata.

    Raises:
        InvalidImage: the header is damaged.
    """
    try:
        size, alpha, animated = libwebp.read_features(data)
    except ValueError as error:
        raise InvalidImage("the WEBP header is damaged") from error
    chunks = _metadata_chunks(data)
    metadata = Metadata(read_exif_orientation(chunks.get(b"EXIF")), chunks.get(b"ICCP"))
    return WebpHeader(size, alpha, animated, metadata)


def _metadata_chunks(data: bytes) -> dict[bytes, bytes]:
    """The first of each chunk of metadata that the header announces."""
    flags = data[_FLAGS] if data.startswith(_EXTENDED, _FIRST_CHUNK) else 0
    missing = {name for name, flag in _METADATA_FLAGS.items() if flags & flag}
    found = {}
    offset = _FIRST_CHUNK
    for _ in range(_MAX_CHUNKS):
        if not missing or offset + 8 > len(data):
            break
        name, length = struct.unpack_from("<4sI", data, offset)
        offset += 8
        if name in missing:
            missing.remove(name)
            found[name] = data[offset : offset + length]
        offset += length + length % 2
    return found


def choose_shrink(shrink: float) -> float:
    """How much to scale while decoding, as sharp 0.35 does for a resize by 1/``shrink``."""
    return max(1.0, shrink)


def decode(data: bytes, header: WebpHeader, shrink: float) -> Image.Image:
    """Decode at 1/``shrink`` of the size.

    Returns:
        Picture of mode RGBX or RGBA (alpha not premultiplied), as stored.

    Raises:
        ProcessingFailed: the data are damaged or end early.
    """
    # libvips rounds to the nearest here.
    size = Size(
        max(1, round(header.size.width / shrink)), max(1, round(header.size.height / shrink))
    )
    try:
        pixels = libwebp.decode(data, size)
    except (ValueError, MemoryError) as error:
        raise ProcessingFailed("The WEBP data are damaged or incomplete") from error
    # Four bytes a pixel are what Pillow keeps a colour picture in: it reads these where they lie.
    mode = "RGBA" if header.alpha else "RGBX"
    return Image.frombuffer(mode, (size.width, size.height), pixels, "raw", mode, 0, 1)
