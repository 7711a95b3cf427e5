"""Reader of JPEG 2000 headers: the boxes of a JP2 file, and the codestream (ISO/IEC 15444-1)."""

import math
import struct

from handler.codec.headers.boxes import boxes
from handler.codec.headers.header import ImageHeader
from handler.core.geometry import Size
from handler.errors import InvalidImage

_CODESTREAM = b"\xff\x4f\xff\x51"
_MAX_BOXES = 1000
_MAX_PROFILE_BYTES = 4 << 20
_MAX_COMPONENTS = 4
# Each tile costs one or two kilobytes before anything is decoded. The format allows 65,535.
_MAX_TILES = 16_384
_PROFILE_METHODS = (2, 3)


def read(data: bytes) -> ImageHeader:
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


def _read_boxes(data: bytes) -> ImageHeader:
    profile = None
    for kind, body in boxes(memoryview(data), _MAX_BOXES, entered=(b"jp2h",)):
        if kind == b"jp2c":
            return _read_codestream(data, body, profile)
        if kind == b"colr" and body[0] in _PROFILE_METHODS:
            profile = bytes(body[3:_MAX_PROFILE_BYTES])
    raise ValueError("there is no codestream")


def _read_codestream(data: bytes, codestream: memoryview, profile: bytes | None) -> ImageHeader:
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
    return ImageHeader(data, size, size.area, profile=profile)
