"""PNG: the chunks that the picture depends on."""

import struct
import zlib

from handler.codec.containers.contents import Contents
from handler.core.geometry import Size
from handler.errors import InvalidImage, ProcessingFailed

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_END = b"\0\0\0\0IEND\xaeB`\x82"
# Pixels, transparency, colour and orientation. Each stands at most once in a file; texts,
# animation (APNG) and private chunks are left out.
_NEEDED = frozenset(
    (b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP", b"eXIf")
)
# 100 MB in chunks of 1 KiB. Writers use 8 KiB and more.
_MAX_CHUNKS = 100_000
_AROUND = 12  # length, type and checksum
# Colour type -> samples a pixel.
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
# Deflate cannot expand more than this.
_MAX_EXPANSION = 1032


def read(data: bytes) -> Contents:
    """Find the picture.

    Raises:
        InvalidImage: the chunks before the pixels are damaged.
        ProcessingFailed: a checksum of the pixels is wrong.
    """
    view = memoryview(data)
    needed: dict[bytes, memoryview] = {}
    pixels: list[memoryview] = []
    tidy = True
    position = len(_SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if position + _AROUND > len(data):
            break
        length, kind = struct.unpack_from(">I4s", data, position)
        chunk = view[position : position + _AROUND + length]
        position += len(chunk)
        if kind == b"IEND":
            break
        if kind == b"IDAT":
            pixels.append(_checked(chunk, length))
        elif kind in _NEEDED and kind not in needed and _is_intact(chunk, length):
            tidy &= not pixels  # Pillow looks at metadata before it gets to the pixels
            needed[kind] = chunk
        else:
            tidy = False
    else:
        raise InvalidImage("the PNG has too many chunks")
    size, bits = _measure(needed)
    kept = data if tidy else b"".join((_SIGNATURE, *needed.values(), *pixels, _END))
    return Contents(kept, size, len(data) * _MAX_EXPANSION * 8 // bits)


def _measure(needed: dict[bytes, memoryview]) -> tuple[Size, int]:
    """Size, and bits a pixel."""
    if next(iter(needed), None) != b"IHDR" or len(needed[b"IHDR"]) != _AROUND + 13:
        raise InvalidImage("the PNG header is damaged")
    width, height, depth, colour = struct.unpack_from(">IIBB", needed[b"IHDR"], 8)
    if not depth or colour not in _SAMPLES:
        raise InvalidImage("the PNG header is damaged")
    return Size(width, height), depth * _SAMPLES[colour]


def _checked(chunk: memoryview, length: int) -> memoryview:
    """Pixel data; that a file ends in the middle of them is for the decoder to find."""
    if len(chunk) == _AROUND + length and not _is_intact(chunk, length):
        raise ProcessingFailed("The PNG data are damaged")
    return chunk


def _is_intact(chunk: memoryview, length: int) -> bool:
    if len(chunk) != _AROUND + length:
        return False
    (checksum,) = struct.unpack_from(">I", chunk, _AROUND - 4 + length)
    return bool(zlib.crc32(chunk[4 : 8 + length]) == checksum)
