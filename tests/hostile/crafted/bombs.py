"""Files of a few bytes whose headers claim 60,000 pixels a side, of formats without other cases."""

import struct
from functools import partial

import numpy as np

from tests import further_files
from tests.hostile.builders import png, png_chunk, png_header
from tests.hostile.crafted.case import Case, rejected
from tests.hostile.heif import coded, heif, ispe
from tests.pictures import encoded

_SIDE = 60_000
# Position of the width in the marker SIZ of a JPEG 2000 (ISO/IEC 15444-1, A.5.1).
_SIZ, _WIDTH_AT = b"\xff\x51", 6
_ENTRY_BYTES = 22


def _avif() -> bytes:
    return heif({1: coded("avif/still").with_property(b"ispe", ispe(_SIDE, _SIDE))}, brand=b"avif")


def _heic() -> bytes:
    return heif({1: coded().with_property(b"ispe", ispe(_SIDE, _SIDE))})


def _jpeg2000() -> bytes:
    data = bytearray(encoded(further_files.rgb(), "JPEG2000", no_jp2=True))
    struct.pack_into(">II", data, data.index(_SIZ) + _WIDTH_AT, _SIDE, _SIDE)
    return bytes(data)


def _jpeg_xl() -> bytes:
    # The bits of a header from the lowest: no small size, 30 bits of height, a ratio of 1:1.
    bits = 0 | 3 << 1 | (_SIDE - 1) << 3 | 1 << 33
    return b"\xff\x0a" + bits.to_bytes(8, "little") + bytes(99)


def _psd() -> bytes:
    return struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, _SIDE // 2, _SIDE // 2, 8, 3) + bytes(999)


def _tga() -> bytes:
    footer = bytes(8) + b"TRUEVISION-XFILE.\0"
    return b"\0\0\x0a" + bytes(9) + struct.pack("<HHBB", _SIDE, _SIDE, 24, 0) + bytes(99) + footer


def _icon(kind: int) -> bytes:
    picture = png(png_header(_SIDE, _SIDE), png_chunk(b"IDAT", bytes(9)))
    entry = struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(picture), _ENTRY_BYTES)
    return struct.pack("<HHH", 0, kind, 1) + entry + picture


def _fits() -> bytes:
    data = further_files.fits(np.zeros((9, 9), np.uint8))
    return data.replace(b"9".rjust(20), str(_SIDE).encode().rjust(20))


def _raw() -> bytes:
    data = further_files.dng(further_files.rgb())
    for tag, side in ((256, 96), (257, 64)):
        data = data.replace(
            struct.pack("<HHII", tag, 4, 1, side), struct.pack("<HHII", tag, 4, 1, _SIDE)
        )
    return data


CASES: dict[str, Case] = {
    "avif": rejected(_avif),
    "heic": rejected(_heic),
    "jp2": rejected(_jpeg2000),
    "jxl": rejected(_jpeg_xl),
    "psd": rejected(_psd),
    "tga": rejected(_tga),
    "ico": rejected(partial(_icon, 1)),
    "cur": rejected(partial(_icon, 2)),
    "pfm": rejected(lambda: b"PF\n%d %d\n-1\n" % (_SIDE, _SIDE) + bytes(999)),
    "fits": rejected(_fits),
    "raw": rejected(_raw),
}
