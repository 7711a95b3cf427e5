"""Writer of TIFF: one page, deflated. Pillow's encoder overflows (GHSA-332p-7hrc-92wf)."""

import struct

import numpy as np
import numpy.typing as npt
from PIL import Image

from handler.codec.headers.ifd import Field, write_fields

_SHORT, _LONG = 3, 4
_HEADER_BYTES = 8
_ORDER = "<"
# Readers keep a strip in memory; larger ones compress little better.
_STRIP_BYTES = 256 * 1024
# libdeflate's default level, and its last.
_LEVEL, _LEVEL_THOROUGH = 6, 12
_ADOBE_DEFLATE, _HORIZONTAL, _UNASSOCIATED_ALPHA = 8, 2, 2
_BLACK_IS_ZERO, _RGB = 1, 2


def encode(image: Image.Image, *, thorough: bool = False) -> bytes:
    """Encode a picture.

    Args:
        image: mode L, RGB or RGBA (alpha not premultiplied).
        thorough: whether to search longer for a smaller file.
    """
    level = _LEVEL_THOROUGH if thorough else _LEVEL
    samples = np.asarray(image).reshape(image.height, image.width, -1)
    bands = samples.shape[2]
    rows = max(1, _STRIP_BYTES // (image.width * bands))
    strips = [_deflate(samples[top : top + rows], level) for top in range(0, image.height, rows)]
    lengths = [len(strip) for strip in strips]
    offsets = [_HEADER_BYTES + sum(lengths[:i]) for i in range(len(strips))]
    fields = [
        _field(256, _LONG, image.width),
        _field(257, _LONG, image.height),
        _field(258, _SHORT, *[8] * bands),
        _field(259, _SHORT, _ADOBE_DEFLATE),
        _field(262, _SHORT, _BLACK_IS_ZERO if bands == 1 else _RGB),
        _field(273, _LONG, *offsets),
        _field(277, _SHORT, bands),
        _field(278, _LONG, rows),
        _field(279, _LONG, *lengths),
        _field(317, _SHORT, _HORIZONTAL),
    ]
    if image.mode == "RGBA":
        fields.append(_field(338, _SHORT, _UNASSOCIATED_ALPHA))
    end = _HEADER_BYTES + sum(lengths)
    padding = b"\0" * (end % 2)
    start = end + len(padding)
    header = b"II*\0" + struct.pack(f"{_ORDER}I", start)
    return b"".join((header, *strips, padding, write_fields(fields, _ORDER, start)))


def _deflate(rows: npt.NDArray[np.uint8], level: int) -> bytes:
    from deflate import zlib_compress

    differences = rows.copy()
    differences[:, 1:] -= rows[:, :-1]
    return bytes(zlib_compress(differences, level))


def _field(tag: int, kind: int, *values: int) -> Field:
    code = {_SHORT: "H", _LONG: "I"}[kind]
    return Field(tag, kind, len(values), struct.pack(f"{_ORDER}{len(values)}{code}", *values))
