"""Reader of JPEG 2000 headers: the boxes of a JP2 file, and the codestream (ISO/IEC 15444-1)."""

import math
import struct
from collections.abc import Sequence

from msgspec.structs import replace

from handler.codec.headers.boxes import boxes
from handler.codec.headers.header import ImageHeader
from handler.core.geometry import Size
from handler.errors import InvalidImage

Rgba = tuple[int, int, int, int]

_CODESTREAM = b"\xff\x4f\xff\x51"
_MAX_BOXES = 1000
_MAX_PROFILE_BYTES = 4 << 20
_MAX_COMPONENTS = 4
# Each tile costs one or two kilobytes before anything is decoded. The format allows 65,535.
_MAX_TILES = 16_384
_PROFILE_METHODS = (2, 3)
# Offset of the depth of the first component, less one, in the codestream.
_FIRST_DEPTH = 42
_DEPTH, _OPAQUE = 8, 255
# Numbers of columns of a palette: grey or colours, without and with alpha.
_COLUMNS, _WITH_ALPHA = (1, 2, 3, 4), (2, 4)
_IS_ALPHA = 1
_PALETTE = "JPEG 2000 palette: expected grey or RGB of at most 8 bits, with or without alpha"


class Jpeg2000Header(ImageHeader, frozen=True, kw_only=True):
    """The header of a JPEG 2000 file.

    Attributes:
        palette: colours of the 256 levels of grey that are decoded, if the file has a palette.
    """

    palette: Sequence[Rgba] = ()


def read(data: bytes) -> Jpeg2000Header:
    """Read the header; the data are the whole file.

    Raises:
        InvalidImage: the header is damaged, or has too many tiles or components.
    """
    try:
        if data.startswith(_CODESTREAM):
            return _read_codestream(data, memoryview(data), None)
        return _read_boxes(data)
    except (struct.error, LookupError, ValueError) as error:
        raise InvalidImage("the JPEG 2000 header is damaged") from error


def _read_boxes(data: bytes) -> Jpeg2000Header:
    profile = None
    found: dict[bytes, memoryview] = {}
    for kind, body in boxes(memoryview(data), _MAX_BOXES, entered=(b"jp2h",)):
        if kind == b"jp2c":
            header = _read_codestream(data, body, profile)
            if b"pclr" not in found:
                return header
            # Pillow (12.1) loses colours that are in the palette twice, and decodes no palettes.
            palette = _read_palette(found, body)
            alpha = any(colour[3] < _OPAQUE for colour in palette)
            return replace(header, palette=palette, parts=(body,), alpha=alpha, needs_copy=True)
        if kind == b"colr" and body[0] in _PROFILE_METHODS:
            profile = bytes(body[3:_MAX_PROFILE_BYTES])
        found.setdefault(kind, body)
    raise ValueError("there is no codestream")


def _read_palette(found: dict[bytes, memoryview], codestream: memoryview) -> list[Rgba]:
    """Return the colours of all values that a sample decoded to 8 bits can have.

    Args:
        found: boxes by kind: the palette, and the mapping and meaning of its columns.
        codestream: the codestream, which has the depth of the samples.

    Raises:
        InvalidImage: the palette has samples of more than 8 bits, or columns of other meanings.
    """
    count, columns = struct.unpack_from(">HB", found[b"pclr"])
    depths = [(each & 0x7F) + 1 for each in found[b"pclr"][3 : 3 + columns]]
    (sample,) = struct.unpack_from(">B", codestream, _FIRST_DEPTH)
    mapped = [each[2] for each in struct.iter_unpack(">HBB", found.get(b"cmap", b"")) if each[1]]
    order = mapped or list(range(columns))
    if sample + 1 > _DEPTH or max(depths) > _DEPTH or len(order) not in _COLUMNS or not count:
        raise InvalidImage(_PALETTE)
    for number, meaning, _ in struct.iter_unpack(">HHH", found.get(b"cdef", b"  ")[2:]):
        if (meaning == _IS_ALPHA) != (number == len(order) - 1 and len(order) in _WITH_ALPHA):
            raise InvalidImage(_PALETTE)
    entries = found[b"pclr"][3 + columns : 3 + columns + columns * count]
    colours = []
    for index in range(1 << _DEPTH):
        start = columns * min(index >> (_DEPTH - 1 - sample), count - 1)
        levels = [
            entries[start + column] * _OPAQUE // ((1 << depths[column]) - 1) for column in order
        ]
        colours.append(_as_rgba(levels))
    return colours


def _as_rgba(levels: list[int]) -> Rgba:
    *colours, alpha = levels if len(levels) in _WITH_ALPHA else [*levels, _OPAQUE]
    red, green, blue = colours * 3 if len(colours) == 1 else colours
    return red, green, blue, alpha


def _read_codestream(data: bytes, codestream: memoryview, profile: bytes | None) -> Jpeg2000Header:
    if codestream[: len(_CODESTREAM)] != _CODESTREAM:
        raise ValueError("there is no codestream")
    # SIZ: length, capabilities, the grid's size, the picture's origin, the tiles' size and origin.
    fields = struct.unpack_from(">HHIIIIIIIIH", codestream, len(_CODESTREAM))
    _, _, right, bottom, left, top, across, down, tile_left, tile_top, components = fields
    if not (right > left and bottom > top and across and down):
        raise ValueError("there are no pixels")
    tiles = math.ceil((right - tile_left) / across) * math.ceil((bottom - tile_top) / down)
    if tiles > _MAX_TILES or not 0 < components <= _MAX_COMPONENTS:
        raise InvalidImage(
            f"JPEG 2000: expected at most {_MAX_TILES:,} tiles and 1 to {_MAX_COMPONENTS} "
            f"components, received {tiles:,} and {components}"
        )
    size = Size(right - left, bottom - top)
    # An empty packet is one bit, so the data have no bound.
    return Jpeg2000Header(data, size, size.area, profile=profile)
