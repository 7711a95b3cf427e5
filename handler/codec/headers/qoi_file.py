"""Reader of QOI headers (qoiformat.org, specification 1.0)."""

import struct

from handler.codec.headers.header import ImageHeader
from handler.core.geometry import Size
from handler.errors import InvalidImage

_HEADER = struct.Struct(">4sIIBB")
_OPAQUE, _WITH_ALPHA = 3, 4
# A byte repeats a pixel up to 62 times.
_MAX_RUN = 62


def read(data: bytes) -> ImageHeader:
    """Read the header; the data are the whole file.

    Raises:
        InvalidImage: the header is damaged.
    """
    try:
        _, width, height, channels, _ = _HEADER.unpack_from(data)
    except struct.error as error:
        raise InvalidImage("the QOI header is damaged") from error
    if channels not in (_OPAQUE, _WITH_ALPHA):
        raise InvalidImage("the QOI header is damaged")
    most = (len(data) - _HEADER.size) * _MAX_RUN
    return ImageHeader(data, Size(width, height), most, alpha=channels == _WITH_ALPHA)
