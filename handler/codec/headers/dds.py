"""Reader of DDS headers (Microsoft, "Programming guide for DDS"), which keeps the largest level."""

import math
import struct

from handler.codec.headers.header import ImageHeader
from handler.codec.headers.sample_array import SampleArray, SampleHeader
from handler.core.geometry import Size
from handler.errors import InvalidImage

# Signature, size of the header, flags, height, width; pixel format: size, flags, code, bits, masks.
_HEADER = struct.Struct("<4sIIII56xIIIIIIII20x")
_EXTENSION = struct.Struct("<IIIII")
_HEADER_BYTES, _FORMAT_BYTES = 124, 32
_ALPHA, _CODE, _RGB, _LUMINANCE = 0x1, 0x4, 0x40, 0x20000
_SIDE = 4
_SMALL_BLOCK, _LARGE_BLOCK = 8, 16
# Code of a compression -> bytes of a block of 4 × 4 pixels, and whether it may have alpha.
_CODES = {
    b"DXT1": (_SMALL_BLOCK, True),
    b"DXT3": (_LARGE_BLOCK, True),
    b"DXT5": (_LARGE_BLOCK, True),
    b"ATI1": (_SMALL_BLOCK, False),
    b"BC4U": (_SMALL_BLOCK, False),
    b"ATI2": (_LARGE_BLOCK, False),
    b"BC5U": (_LARGE_BLOCK, False),
    b"BC5S": (_LARGE_BLOCK, False),
}
# Number of a DXGI format -> the same. BC1 to BC7.
_EXTENDED = {
    **dict.fromkeys((70, 71), (_SMALL_BLOCK, True)),
    **dict.fromkeys((73, 74, 76, 77), (_LARGE_BLOCK, True)),
    **dict.fromkeys((79, 80), (_SMALL_BLOCK, False)),
    **dict.fromkeys((82, 83, 84, 95, 96), (_LARGE_BLOCK, False)),
    **dict.fromkeys((97, 98, 99), (_LARGE_BLOCK, True)),
}
_EXTENSION_CODE = b"DX10"
# Number of a DXGI format of plain samples -> bands, and their order.
_PLAIN: dict[int, tuple[int, tuple[int, ...]]] = {
    **dict.fromkeys((27, 28, 29), (4, ())),
    **dict.fromkeys((87, 90, 91), (4, (2, 1, 0, 3))),
    **dict.fromkeys((88, 92, 93), (3, (2, 1, 0, 3))),
    61: (1, ()),
}
_WHITE = 255
_WORDS = {8: "u1", 16: "<u2", 32: "<u4"}
_BYTES_OF_24_BITS = {0xFF: 0, 0xFF00: 1, 0xFF0000: 2}


def read(data: bytes) -> ImageHeader:
    """Read the header.

    Returns:
        A `SampleHeader` for plain samples; else a header whose parts have the largest level alone.

    Raises:
        InvalidImage: the header is damaged, or the pixels have a form that is not supported.
    """
    try:
        fields = _HEADER.unpack_from(data)
        extended = _EXTENSION.unpack_from(data, _HEADER.size) if _is_extended(fields) else None
    except struct.error as error:
        raise InvalidImage("the DDS header is damaged") from error
    _, length, _, height, width, format_length, flags, number, bits, *masks = fields
    if (length, format_length) != (_HEADER_BYTES, _FORMAT_BYTES):
        raise InvalidImage("the DDS header is damaged")
    size = Size(width, height)
    code = number.to_bytes(4, "little")
    if extended is not None:
        start = _HEADER.size + _EXTENSION.size
        if extended[0] in _PLAIN:
            bands, order = _PLAIN[extended[0]]
            return _plain(data, size, SampleArray(start, "u1", bands, _WHITE, order=order))
        return _compressed(data, size, start, _EXTENDED.get(extended[0]), f"DXGI {extended[0]}")
    if flags & _CODE:
        name = code.decode("latin-1") if code.isalnum() else f"number {number}"
        return _compressed(data, size, _HEADER.size, _CODES.get(code), name)
    return _plain(data, size, _masked(flags, bits, masks))


def _is_extended(fields: tuple[int, ...]) -> bool:
    return bool(fields[6] & _CODE) and fields[7].to_bytes(4, "little") == _EXTENSION_CODE


def _compressed(
    data: bytes, size: Size, start: int, kind: tuple[int, bool] | None, name: str
) -> ImageHeader:
    if kind is None:
        raise InvalidImage(f"DDS compression: expected BC1 to BC7, received {name}")
    block, alpha = kind
    across, down = math.ceil(size.width / _SIDE), math.ceil(size.height / _SIDE)
    largest = across * down * block
    whole = len(data) - start >= largest
    parts = (memoryview(data)[: start + largest],)
    return ImageHeader(data, size, size.area if whole else 0, alpha=alpha, parts=parts)


def _masked(flags: int, bits: int, masks: list[int]) -> SampleArray:
    """Return the samples of pixels whose bands are described by masks.

    Raises:
        InvalidImage: they are not supported.
    """
    with_alpha = bool(flags & _ALPHA)
    if flags & _LUMINANCE and bits in (8, 16) and bits == (16 if with_alpha else 8):
        return SampleArray(_HEADER.size, "u1", 2 if with_alpha else 1, _WHITE)
    used = [*masks[:3], *([masks[3]] if with_alpha else [])]
    if flags & _RGB and bits == 24 and all(mask in _BYTES_OF_24_BITS for mask in used[:3]):
        order = tuple(_BYTES_OF_24_BITS[mask] for mask in used[:3])
        return SampleArray(_HEADER.size, "u1", 3, _WHITE, order=order)
    if not flags & _RGB or bits not in _WORDS or not all(map(_is_run, used)):
        raise InvalidImage(
            "DDS pixels: expected BC1 to BC7, grey, or RGB in 8, 16, 24 or 32 bits, "
            "received another form"
        )
    return SampleArray(_HEADER.size, _WORDS[bits], len(used), masks=tuple(used))


def _is_run(mask: int) -> bool:
    """Return whether the bits of a mask follow each other."""
    lowest = mask & -mask
    return mask > 0 and (mask + lowest) & mask == 0


def _plain(data: bytes, size: Size, samples: SampleArray) -> SampleHeader:
    most = samples.most_pixels(size, len(data))
    return SampleHeader(data, size, most, alpha=samples.bands in (2, 4), samples=samples)
