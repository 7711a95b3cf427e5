"""Reader of TGA headers, which recognises them by their structure: TGA has no signature."""

import math
import struct

from handler.codec.headers.header import ImageHeader
from handler.core.geometry import Size
from handler.errors import InvalidImage

_HEADER = struct.Struct("<BBBHHBHHHHBB")
_FOOTER = b"TRUEVISION-XFILE.\0"
# Kinds of picture, plus 8 for run lengths; kind -> accepted bits a pixel.
_PALETTE, _COLOUR, _GREY, _RUNS = 1, 2, 3, 8
_DEPTHS = {_PALETTE: (8,), _COLOUR: (16, 24, 32), _GREY: (8, 16)}
_MAP_DEPTHS = (15, 16, 24, 32)
# Accepted numbers of alpha bits; the two bits for the corner of the first pixel.
_ATTRIBUTES = (0, 1, 8)
_CORNER = 0x30
# A packet repeats a pixel up to 128 times.
_MAX_EXPANSION = 128
_ALPHA_DEPTH = 32


def is_likely(data: bytes) -> bool:
    """Return whether a file without a known signature is a TGA: all fields must be consistent."""
    try:
        header = _read(data)
    except (struct.error, ValueError):
        return False
    return header.size.area <= header.most_pixels or data.endswith(_FOOTER)


def read(data: bytes) -> ImageHeader:
    """Read the header; the data are the whole file.

    Raises:
        InvalidImage: the header is damaged.
    """
    try:
        return _read(data)
    except (struct.error, ValueError) as error:
        raise InvalidImage("the TGA header is damaged") from error


def _read(data: bytes) -> ImageHeader:
    fields = _HEADER.unpack_from(data)
    name, mapped, kind, first, count, map_depth, _, _, width, height, depth, flags = fields
    plain = kind & ~_RUNS
    if kind & ~(_RUNS | 3) or depth not in _DEPTHS.get(plain, ()) or not width or not height:
        raise ValueError("no TGA")
    if flags & ~_CORNER not in _ATTRIBUTES:
        raise ValueError("bits that mean nothing")
    map_bytes = 0
    if plain == _PALETTE:
        if mapped != 1 or not count or map_depth not in _MAP_DEPTHS:
            raise ValueError("no palette")
        map_bytes = count * math.ceil(map_depth / 8)
    elif mapped or first or count or map_depth:
        raise ValueError("a palette that is not used")
    left = len(data) - _HEADER.size - name - map_bytes
    expansion = _MAX_EXPANSION if kind & _RUNS else 1
    most_pixels = left * expansion * 8 // depth
    return ImageHeader(
        data,
        Size(width, height),
        most_pixels,
        alpha=_ALPHA_DEPTH in (depth, map_depth),
        needs_copy=map_depth == _ALPHA_DEPTH,
    )
