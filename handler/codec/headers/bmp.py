"""Reader of BMP headers."""

import struct

from handler.codec.headers.header import ImageHeader
from handler.core.geometry import Size
from handler.errors import InvalidImage

_FILE_HEADER_BYTES = 14
_OLD_HEADER_BYTES = 12
# Numbers of the accepted compressions; names of those that embed another format.
_RLE = frozenset((1, 2))
_PLAIN = frozenset((0, 3))
_NAMES = {4: "JPEG", 5: "PNG"}
# Pillow decodes RLE in Python, at worst a step a pixel. RLE was made for icons and logos.
_MAX_RLE_PIXELS = 1_000_000
_MAX_RLE_BYTES = 1_000_000


def read(data: bytes) -> ImageHeader:
    """Read the header; the data are the whole file.

    Raises:
        InvalidImage: the header is damaged, or the compression is not supported.
    """
    try:
        size, bits, compression = _read_header(data)
    except struct.error as error:
        raise InvalidImage("the BMP header is damaged") from error
    if compression in _RLE:
        if size.area > _MAX_RLE_PIXELS or len(data) > _MAX_RLE_BYTES:
            raise InvalidImage(
                f"BMP with RLE compression: expected at most {_MAX_RLE_PIXELS:,} pixels in "
                f"{_MAX_RLE_BYTES:,} bytes, received {size.area:,} in {len(data):,}"
            )
        return ImageHeader(data, size, _MAX_RLE_PIXELS)
    if compression not in _PLAIN:
        name = _NAMES.get(compression, f"number {compression}")
        raise InvalidImage(f"BMP compression: expected none, bit fields or RLE, received {name}")
    return ImageHeader(data, size, len(data) * 8 // max(1, bits))


def _read_header(data: bytes) -> tuple[Size, int, int]:
    """Return the size, the bits a pixel and the number of the compression."""
    (header_bytes,) = struct.unpack_from("<I", data, _FILE_HEADER_BYTES)
    start = _FILE_HEADER_BYTES + 4
    if header_bytes == _OLD_HEADER_BYTES:
        width, height, _, bits = struct.unpack_from("<HHHH", data, start)
        return Size(width, height), bits, 0
    # A negative height means that the rows run from top to bottom.
    width, height, _, bits, compression = struct.unpack_from("<IiHHI", data, start)
    return Size(width, abs(height)), bits, compression
