"""PNG faster than Pillow does it: reading its plain kinds, and writing.

Reading is left to the Rust crate `png`, as kornia-rs binds it. Writing takes only as much of a
search by libdeflate as pays: a photograph has next to nothing that repeats byte by byte, so rows
are filtered by the average of their neighbours, and the fastest search will do. Lettering and
drawings repeat exactly what was there before, which any filter would hide. Which of the two a
picture is like shows in a sample of its rows.
"""

import struct
import zlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from handler.allocator import give_back
from handler.errors import ProcessingFailed

Samples = npt.NDArray[np.uint8]
Strips = Iterable[tuple[int, int]]

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_DEPTH = 8
# Pillow's mode -> colour type, and what kornia-rs calls it.
_COLOUR_TYPES = {"L": 0, "RGB": 2, "RGBA": 6}
_KORNIA_MODES = {"L": "mono", "RGB": "rgb", "RGBA": "rgba"}
# Where depth and colour type stand: in the first chunk.
_IHDR_DEPTH, _IHDR_COLOUR = 24, 25
# Filter types (PNG specification, third edition, 9.2).
_NO_FILTER, _AVERAGE = 0, 3
# Rows at a time: what is made of them stays in the processor's cache.
_STRIP = 64
# A twentieth of the usual picture, in strips high enough to show what repeats from row to row.
_SAMPLES, _SAMPLE_ROWS = 4, 16
# A thorough search is worth its time where it leaves so much less.
_WORTH = 1.06


def is_plain(image: Image.Image, data: bytes) -> bool:
    """Whether `decode` takes a file: a PNG of 8 bits without palette or transparent colour.

    Args:
        image: the file, opened by Pillow.
        data: its bytes.
    """
    if image.format != "PNG" or "transparency" in image.info:
        return False
    return (data[_IHDR_DEPTH], data[_IHDR_COLOUR]) == (_DEPTH, _COLOUR_TYPES.get(image.mode))


def decode(image: Image.Image, data: bytes) -> Image.Image:
    """Decode a plain file.

    Args:
        image: the file, opened by Pillow, which has read mode and size from the header.
        data: its bytes.

    Returns:
        Picture of mode L, RGB or RGBA (alpha not premultiplied), as stored.

    Raises:
        ProcessingFailed: the data are damaged or end early.
    """
    from kornia_rs.io import decode_image_png_u8

    mode = image.mode
    try:
        pixels = decode_image_png_u8(data, (image.height, image.width), _KORNIA_MODES[mode])
    except Exception as error:
        raise ProcessingFailed("The PNG data are damaged or incomplete") from error
    if mode == "RGB":
        return _spread(pixels)
    return Image.frombuffer(mode, image.size, pixels, "raw", mode, 0, 1)


def _spread(pixels: Samples) -> Image.Image:
    """As Pillow keeps it, in four bytes a pixel; the array is given back as it is read."""
    height, width = pixels.shape[:2]
    image = Image.new("RGB", (width, height), None)  # not filled
    for top, bottom in _strips(height):
        strip = pixels[top:bottom]
        part = Image.frombuffer("RGB", (width, bottom - top), strip, "raw", "RGB", 0, 1)
        image.paste(part, (0, top))
        give_back(strip)
    return image


def encode(image: Image.Image) -> bytes:
    """Write a file without metadata.

    Args:
        image: mode L, RGB or RGBA (alpha not premultiplied).
    """
    rows, bands = np.asarray(image).reshape(image.height, -1), len(image.getbands())
    header = struct.pack(
        ">IIBBBBB", image.width, image.height, _DEPTH, _COLOUR_TYPES[image.mode], 0, 0, 0
    )
    data = _deflated(rows, bands, _choose_way(rows, bands), _strips(len(rows)))
    return b"".join(
        (_SIGNATURE, _chunk(b"IHDR", header), _chunk(b"IDAT", data), _chunk(b"IEND", b""))
    )


def _chunk(kind: bytes, payload: bytes | bytearray) -> bytes:
    checksum = zlib.crc32(payload, zlib.crc32(kind))
    return b"".join((struct.pack(">I", len(payload)), kind, payload, struct.pack(">I", checksum)))


def _plain(strip: Samples, _above: Samples, _bands: int) -> Samples:
    return strip


def _less_average(strip: Samples, above: Samples, bands: int) -> Samples:
    """Differences to the mean, rounded down, of the pixels to the left and above."""
    left = np.zeros_like(strip)
    left[:, bands:] = strip[:, :-bands]
    # Without a ninth bit: half of each, and what both halves lost.
    mean: Samples = (above >> 1) + (left >> 1) + (above & left & 1)
    return strip - mean


@dataclass(frozen=True, slots=True)
class _Way:
    """A filter and its number, and how much libdeflate is to search."""

    filter: Callable[[Samples, Samples, int], Samples]
    number: int
    level: int


_AS_PHOTOGRAPH = _Way(_less_average, _AVERAGE, 1)
_AS_DRAWING = _Way(_plain, _NO_FILTER, 7)


def _choose_way(rows: Samples, bands: int) -> _Way:
    """The way that makes less of a sample, and the faster one where there is little in it."""
    tops = np.linspace(0, max(0, len(rows) - _SAMPLE_ROWS), _SAMPLES, dtype=int).tolist()
    strips = [(top, min(top + _SAMPLE_ROWS, len(rows))) for top in tops]
    photograph, drawing = (
        len(_deflated(rows, bands, way, strips)) for way in (_AS_PHOTOGRAPH, _AS_DRAWING)
    )
    return _AS_DRAWING if drawing * _WORTH < photograph else _AS_PHOTOGRAPH


def _strips(height: int) -> Strips:
    return [(top, min(top + _STRIP, height)) for top in range(0, height, _STRIP)]


def _deflated(rows: Samples, bands: int, way: _Way, strips: Strips) -> bytearray:
    from deflate import zlib_compress

    filtered = np.empty((sum(bottom - top for top, bottom in strips), rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = way.number
    done = 0
    for top, bottom in strips:
        above = rows[max(0, top - 1) : bottom - 1]
        above = above if top else np.concatenate((np.zeros_like(rows[:1]), above))
        filtered[done : done + bottom - top, 1:] = way.filter(rows[top:bottom], above, bands)
        done += bottom - top
    return zlib_compress(filtered, way.level)
