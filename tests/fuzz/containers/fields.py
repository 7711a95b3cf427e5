"""Headers of fixed layout: the offset and size of each field, by format."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Layout:
    """The fields of a header.

    Attributes:
        order: byte order.
        fields: offset and bytes of each field.
    """

    order: str
    fields: tuple[tuple[int, int], ...]


def _sequence(start: int, sizes: str) -> tuple[tuple[int, int], ...]:
    fields = []
    for size in map(int, sizes):
        fields.append((start, size))
        start += size
    return tuple(fields)


# Size, offset, and BITMAPV5HEADER.
_BMP = Layout("<", _sequence(2, "4224" + "442244444" + "44" + "4444" + "4" * 17))
# Number of pictures, and the entries of two of them.
_ICO = Layout("<", _sequence(2, "2" + "11112244" * 2))
_PSD = Layout(">", (*_sequence(4, "2"), *_sequence(12, "244224" + "44")))
_TGA = Layout("<", _sequence(0, "111221222211"))
_GIF = Layout("<", _sequence(6, "22111"))
_QOI = Layout(">", _sequence(4, "4411"))
# Size, flags, height and width; size, flags, code, bits and masks of the pixels; DXGI's number.
_DDS = Layout("<", (*_sequence(4, "4444444"), *_sequence(76, "44444444"), (128, 4)))
_CUR = Layout("<", _sequence(2, "2" + "11112244"))
_JXL = Layout("<", _sequence(0, "1" * 16))

LAYOUTS = {
    "bmp": _BMP,
    "ico": _ICO,
    "psd": _PSD,
    "tga": _TGA,
    "gif": _GIF,
    "jxl": _JXL,
    "qoi": _QOI,
    "dds": _DDS,
    "cur": _CUR,
}
"""Layouts by the name of the format."""

PIECES = {
    b"IHDR": Layout(">", _sequence(0, "4411111")),
    b"\xc0": Layout(">", _sequence(0, "1221" + "111" * 4)),
    b"\xc2": Layout(">", _sequence(0, "1221" + "111" * 4)),
    b"\xc3": Layout(">", _sequence(0, "1221" + "111" * 4)),
    b"\xda": Layout(">", _sequence(0, "1" + "11" * 3 + "111")),
    b"\x51": Layout(">", _sequence(0, "244444444" + "2" + "111" * 4)),
    b"VP8X": Layout("<", (*_sequence(0, "1"), *_sequence(4, "2121"))),
    b"VP8 ": Layout("<", _sequence(0, "12" + "111" + "22")),
    b"VP8L": Layout("<", _sequence(0, "1" + "1111")),
    b"ANMF": Layout("<", _sequence(0, "21" * 5 + "1")),
    b",": Layout("<", _sequence(0, "22221" + "1")),
    b"!": Layout("<", _sequence(0, "1121")),
    b"ispe": Layout(">", _sequence(0, "444")),
    b"clap": Layout(">", _sequence(0, "4" * 8)),
    b"ihdr": Layout(">", _sequence(0, "4421111")),
    b"colr": Layout(">", _sequence(0, "42221")),
    b"pitm": Layout(">", _sequence(0, "1122")),
    b"ipma": Layout(">", _sequence(0, "1124" + "21" + "1" * 8)),
    b"iloc": Layout(">", _sequence(0, "1111" + "11" + "2" + "222" + "4444")),
}
"""Layouts of pieces, by their kind."""
