"""JPEG 2000: the boxes of a JP2 file, and the size in front of the codestream (ISO/IEC 15444-1)."""

import math
import struct

from handler.codec.headers.header import ImageHeader
from handler.core.geometry import Size
from handler.errors import InvalidImage

_CODESTREAM = b"\xff\x4f\xff\x51"
_MAX_BOXES = 1000
_MAX_PROFILE_BYTES = 4 << 20
_MAX_COMPONENTS = 4
# Each tile costs a kilobyte or two before anything is decoded; 65,535 is what the format allows.
_MAX_TILES = 16_384
_PROFILE_METHODS = (2, 3)


def read(data: bytes) -> ImageHeader:
    """Read the header; the file is kept as it is.

    Raises:
        InvalidImage: the header is damaged, or of a kind that is not taken.
    """
    try:
        if data.startswith(_CODESTREAM):
            return _read_codestream(data, 0, None)
        start, profile = _find_codestream(data)
        return _read_codestream(data, start, profile)
    except (struct.error, LookupError, ValueError) as error:
        raise InvalidImage("the JPEG 2000 header is damaged") from error


def _read_codestream(data: bytes, start: int, profile: bytes | None) -> ImageHeader:
    # SIZ: length, capabilities, then the grid, where picture and tiles begin on it, and so on.
    fields = struct.unpack_from(">HHIIIIIIIIH", data, start + len(_CODESTREAM))
    _, _, right, bottom, left, top, across, down, tile_left, tile_top, components = fields
    if not (right > left and bottom > top and across and down):
        raise ValueError("there are no pixels")
    tiles = math.ceil((right - tile_left) / across) * math.ceil((bottom - tile_top) / down)
    if tiles > _MAX_TILES or not 0 < components <= _MAX_COMPONENTS:
        raise InvalidImage("JPEG 2000 with so many tiles or components is not taken")
    size = Size(right - left, bottom - top)
    # A packet may say in one bit that it is empty.
    return ImageHeader(data, size, size.area, profile=profile)


def _find_codestream(data: bytes) -> tuple[int, bytes | None]:
    """Where the codestream begins, and the ICC profile of the header before it."""
    profile = None
    position = 0
    for _ in range(_MAX_BOXES):
        length, kind = struct.unpack_from(">I4s", data, position)
        head = 8
        if length == 1:
            (length,) = struct.unpack_from(">Q", data, position + 8)
            head = 16
        body = position + head
        if kind == b"jp2c":
            if not data.startswith(_CODESTREAM, body):
                raise ValueError("there is no codestream")
            return body, profile
        if length < head:
            raise ValueError("a box is smaller than its head")
        if kind == b"jp2h":
            position = body  # its boxes are read like those around it
            continue
        if kind == b"colr" and data[body] in _PROFILE_METHODS:
            profile = data[body + 3 : position + min(length, _MAX_PROFILE_BYTES)]
        position += length
    raise ValueError("there are too many boxes")
