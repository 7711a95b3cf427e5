"""Reader of PSD headers, and of the composite picture that Photoshop writes after the layers."""

import struct

from msgspec import Struct

from handler.codec.headers.header import ImageHeader
from handler.core.geometry import Size
from handler.errors import InvalidImage, ProcessingFailed

_HEADER = struct.Struct(">4sH6xHIIHH")
_SIDE = 30_000
_BITMAP = 0
# Colour mode -> channels: bitmap, grey, indexed, RGB, CMYK, duotone (shown as grey), Lab.
_CHANNELS = {0: 1, 1: 1, 2: 1, 3: 3, 4: 4, 8: 1, 9: 3}
_WITH_ALPHA = {3: "RGBA"}
# Colour modes whose pixels are converted after decoding: CMYK and Lab.
_CONVERTED = (4, 9)
_PLAIN, _PACKED = 0, 1
_PROFILE = 1039
_MAX_RESOURCES = 10_000
# PackBits encodes up to 128 bytes in two.
_MAX_EXPANSION = 64


class _Section(Struct, frozen=True):
    """A part of the file that follows its length."""

    body: memoryview
    end: int


def read(data: bytes) -> ImageHeader:
    """Find the composite, and write a PSD of it without layers.

    Raises:
        InvalidImage: the header is damaged, or its depth or colour mode is not supported.
        ProcessingFailed: the composite is incomplete.
    """
    try:
        _, _, channels, height, width, depth, mode = _HEADER.unpack_from(data)
        colours = _section(data, _HEADER.size)
        resources = _section(data, colours.end)
        layers = _section(data, resources.end)
        (packed,) = struct.unpack_from(">H", data, layers.end)
    except struct.error as error:
        raise InvalidImage("the PSD header is damaged") from error
    if mode not in _CHANNELS or depth != (1 if mode == _BITMAP else 8):
        raise InvalidImage(
            "PSD: expected 8 bits a channel in grey, indexed, RGB, CMYK, duotone or Lab mode, "
            f"or 1 in bitmap mode, received {depth} in mode number {mode}"
        )
    if channels < _CHANNELS[mode] or packed not in (_PLAIN, _PACKED) or max(width, height) > _SIDE:
        raise InvalidImage("the PSD header is damaged")
    kept = _CHANNELS[mode]
    if mode in _WITH_ALPHA and channels > kept and _is_transparent(layers):
        kept += 1
    header = _HEADER.pack(b"8BPS", 1, kept, height, width, depth, mode)
    size = Size(width, height)
    pixels = memoryview(data)[layers.end + 2 :]
    if packed:
        pixels = _without_channels(pixels, channels, kept, height)
    elif len(pixels) * 8 < size.area * kept * depth:
        raise ProcessingFailed("The PSD data are incomplete")
    body = struct.pack(">I", len(colours.body)) + bytes(colours.body) + bytes(8)
    most = len(data) * _MAX_EXPANSION * 8 // depth
    return ImageHeader(
        data,
        size,
        most,
        profile=_find_profile(resources.body),
        alpha=mode in _WITH_ALPHA and kept > _CHANNELS[mode],
        needs_copy=mode in _CONVERTED,
        parts=(header, body, struct.pack(">H", packed), pixels),
    )


def _section(data: bytes, start: int) -> _Section:
    (length,) = struct.unpack_from(">I", data, start)
    return _Section(memoryview(data)[start + 4 : start + 4 + length], start + 4 + length)


def _is_transparent(layers: _Section) -> bool:
    """Return whether the channel after the colours is transparency, not a mask or a spot colour.

    Photoshop marks transparency with a negative number of layers.
    """
    if len(layers.body) < 6:
        return False
    (count,) = struct.unpack_from(">h", layers.body, 4)
    return bool(count < 0)


def _without_channels(pixels: memoryview, channels: int, kept: int, height: int) -> memoryview:
    """Return the packed rows of the first channels, after the table of their lengths."""
    table = 2 * channels * height
    lengths = struct.unpack_from(f">{kept * height}H", pixels) if len(pixels) >= table else ()
    total = sum(lengths)
    if not lengths or len(pixels) < table + total:
        raise ProcessingFailed("The PSD data are incomplete")
    return memoryview(b"".join((pixels[: 2 * kept * height], pixels[table : table + total])))


def _find_profile(resources: memoryview) -> bytes | None:
    """Return the ICC profile among the resources, or None if it is missing or they are damaged."""
    position = 0
    for _ in range(_MAX_RESOURCES):
        try:
            number, name = struct.unpack_from(">4xHB", resources, position)
            position += 6 + (1 + name) + (1 + name) % 2
            (length,) = struct.unpack_from(">I", resources, position)
        except struct.error:
            return None
        position += 4
        if number == _PROFILE:
            return bytes(resources[position : position + length])
        position += length + length % 2
    return None
