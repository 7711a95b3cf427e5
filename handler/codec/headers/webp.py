"""Reader of WebP headers: the canvas, alpha, and the chunks of metadata (RFC 9649)."""

import struct
from collections.abc import Iterator
from functools import partial

from msgspec.structs import replace

from handler.codec.headers.header import ANIMATED, ImageHeader, read_exif_orientation
from handler.core.geometry import Size
from handler.errors import InvalidImage

_CHUNK, _PAYLOAD = 12, 20
_EXTENDED, _LOSSLESS, _LOSSY, _SEPARATE_ALPHA = b"VP8X", b"VP8L", b"VP8 ", b"ALPH"
_ANIMATED, _EXIF, _ALPHA, _PROFILE = 0x02, 0x08, 0x10, 0x20
_FRAME = b"ANMF"
_OF_ONE_FRAME = frozenset((_EXTENDED, b"ICCP", b"ANIM", b"EXIF"))
_SIDE_MASK = (1 << 14) - 1
# Signature, then 14 bits of width, 14 of height and one of alpha.
_LOSSLESS_HEADER = struct.Struct("<xI")
_LOSSLESS_ALPHA = 1 << 28
# A still picture has six kinds of chunks, each at most once.
_MAX_CHUNKS = 100


class WebpHeader(ImageHeader, frozen=True, kw_only=True):
    """The header of a WebP.

    Attributes:
        animated: whether the file has frames.
        lossless: whether the coding is lossless.
    """

    animated: bool = False
    lossless: bool = False


def read(data: bytes) -> WebpHeader:
    """Read the header; the data are the whole file.

    Raises:
        InvalidImage: the header is damaged.
    """
    try:
        return _read(data)
    except struct.error as error:
        raise InvalidImage("the WebP header is damaged") from error


def _read(data: bytes) -> WebpHeader:
    kind = data[_CHUNK : _CHUNK + 4]
    if kind == _EXTENDED:
        return _read_extended(data)
    if kind == _LOSSLESS:
        (packed,) = _LOSSLESS_HEADER.unpack_from(data, _PAYLOAD)
        size = Size(1 + (packed & _SIDE_MASK), 1 + (packed >> 14 & _SIDE_MASK))
        alpha = bool(packed & _LOSSLESS_ALPHA)
        return WebpHeader(data, size, size.area, alpha=alpha, lossless=True)
    if kind == _LOSSY:
        width, height = struct.unpack_from("<6xHH", data, _PAYLOAD)
        size = Size(width & _SIDE_MASK, height & _SIDE_MASK)
        return WebpHeader(data, size, size.area)
    raise InvalidImage("the WebP header is damaged")


def _read_extended(data: bytes) -> WebpHeader:
    flags, *sides = struct.unpack_from("<B3xHBHB", data, _PAYLOAD)
    low_width, high_width, low_height, high_height = sides
    size = Size(1 + low_width + (high_width << 16), 1 + low_height + (high_height << 16))
    chunks = list(_chunks(memoryview(data)))
    # Readers ignore metadata that the flags do not announce.
    exif = _first(b"EXIF", chunks) if flags & _EXIF else None
    profile = _first(b"ICCP", chunks) if flags & _PROFILE else None
    animated = bool(flags & _ANIMATED)
    frames = [payload for name, payload in chunks if name == _FRAME] if animated else []
    header = WebpHeader(
        _with_one_frame(chunks, frames[:1]) if animated else data,
        size,
        # A lossless picture of one colour is a few bytes, whatever its size.
        size.area,
        read_exif_orientation(exif),
        profile,
        alpha=_has_alpha(chunks, bool(flags & _ALPHA)),
        warning=ANIMATED if animated else None,
        animated=animated,
        lossless=any(name == _LOSSLESS for name, _ in chunks),
    )
    if len(frames) < 2:
        return header
    return replace(header, later_frames=partial(_later_frames, header, chunks, frames[1:]))


def _later_frames(
    header: WebpHeader, chunks: list[tuple[bytes, memoryview]], frames: list[memoryview]
) -> Iterator[ImageHeader]:
    for frame in frames:
        yield replace(header, data=_with_one_frame(chunks, [frame]), later_frames=None)


def _with_one_frame(chunks: list[tuple[bytes, memoryview]], frames: list[memoryview]) -> bytes:
    """Return an animation with one frame alone; loaders of several frames have overflowed."""
    kept: dict[bytes, memoryview] = {}
    for name, payload in chunks:
        if name == _FRAME:
            kept.update((name, frame) for frame in frames)
        elif name in _OF_ONE_FRAME:
            kept.setdefault(name, payload)
    body = b"".join(
        struct.pack("<4sI", name, len(payload)) + payload + bytes(len(payload) % 2)
        for name, payload in kept.items()
    )
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def _chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Yield name and payload of each chunk; the last payload may be cut short."""
    position = _CHUNK
    for _ in range(_MAX_CHUNKS):
        if position + 8 > len(data):
            return
        name, length = struct.unpack_from("<4sI", data, position)
        position += 8
        yield name, data[position : position + length]
        position += length + length % 2


def _first(name: bytes, chunks: list[tuple[bytes, memoryview]]) -> bytes | None:
    return next((bytes(payload) for other, payload in chunks if other == name), None)


def _has_alpha(chunks: list[tuple[bytes, memoryview]], announced: bool) -> bool:
    """Return whether a still picture has alpha, by the rules of libwebp."""
    separate = False
    for name, payload in chunks:
        if name == _LOSSLESS and len(payload) >= _LOSSLESS_HEADER.size:
            # The flag of the image replaces that of the file.
            announced = bool(_LOSSLESS_HEADER.unpack_from(payload)[0] & _LOSSLESS_ALPHA)
        if name in (_LOSSLESS, _LOSSY):
            break
        separate |= name == _SEPARATE_ALPHA
    return announced or separate
