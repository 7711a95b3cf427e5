"""Reader of the headers of Netpbm (PBM, PGM, PPM, PAM) and of PFM, which has their form.

The formats are described in netpbm's manual (pbm, pgm, ppm, pam) and by Paul Debevec (PFM).
"""

import math
import re

from handler.codec.headers.header import ImageHeader
from handler.codec.headers.sample_array import TEXT, SampleArray, SampleHeader
from handler.core.geometry import Size
from handler.errors import InvalidImage

_BITMAP, _GREY, _COLOUR = 1, 2, 3
# Digit of the signature -> kind, and whether the samples are text.
_KINDS = {
    b"1": (_BITMAP, True),
    b"2": (_GREY, True),
    b"3": (_COLOUR, True),
    b"4": (_BITMAP, False),
    b"5": (_GREY, False),
    b"6": (_COLOUR, False),
}
_PAM = b"P7"
_FLOATS = {b"PF": 3, b"Pf": 1}
_SPACES = b" \t\r\n\v\f"
# Spaces and comments in front of a number.
_NUMBER = re.compile(rb"(?:[ \t\r\n\v\f]|#[^\r\n]*[\r\n])+([0-9]{1,9})")
_REAL = re.compile(rb"[ \t\r\n]+([-+.0-9eE]{1,40})[ \t\r]*\n")
_LINE = re.compile(rb"([^\n]{0,1000})\n")
_MAX_LINES = 100
_MAX_LEVEL = 65_535
_BYTE = 255


def is_netpbm(data: bytes) -> bool:
    """Return whether a file has the signature of PBM, PGM, PPM or PAM."""
    if data.startswith(_PAM):
        return data[2:3] == b"\n"
    return data[:1] == b"P" and data[1:2] in _KINDS and data[2:3] in (*_bytes(_SPACES), b"#")


def is_floats(data: bytes) -> bool:
    """Return whether a file has the signature of PFM."""
    return data[:2] in _FLOATS and data[2:3] in _bytes(_SPACES)


def read_netpbm(data: bytes) -> ImageHeader:
    """Read the header of a PBM, PGM, PPM or PAM.

    Raises:
        InvalidImage: it is damaged, or its samples are not supported.
    """
    try:
        if data.startswith(_PAM):
            return _read_pam(data)
        kind, is_text = _KINDS[data[1:2]]
        count = 2 if kind == _BITMAP else 3
        numbers, position = _numbers(data, count)
    except ValueError as error:
        raise InvalidImage("the Netpbm header is damaged") from error
    size = Size(*numbers[:2])
    white = _checked_level(1 if kind == _BITMAP else numbers[2])
    bands = 3 if kind == _COLOUR else 1
    code = TEXT if is_text else "bit" if kind == _BITMAP else _code(white)
    bitmap = kind == _BITMAP
    digits = bitmap and is_text
    samples = SampleArray(position, code, bands, white, inverted=bitmap, digits=digits)
    return _header(data, size, samples)


def read_floats(data: bytes) -> ImageHeader:
    """Read the header of a PFM.

    Raises:
        InvalidImage: it is damaged.
    """
    try:
        (width, height), position = _numbers(data, 2, skip_last=False)
        found = _REAL.match(data, position)
        scale = float(found[1]) if found else math.nan
        if found is None or not math.isfinite(scale) or not scale:
            raise ValueError("no scale")
    except ValueError as error:
        raise InvalidImage("the PFM header is damaged") from error
    samples = SampleArray(
        found.end(),
        "<f4" if scale < 0 else ">f4",
        _FLOATS[data[:2]],
        meaning="light",
        upwards=True,
    )
    return _header(data, Size(width, height), samples)


def _header(data: bytes, size: Size, samples: SampleArray, *, alpha: bool = False) -> SampleHeader:
    most = samples.most_pixels(size, len(data))
    return SampleHeader(data, size, most, alpha=alpha, samples=samples)


def _numbers(data: bytes, count: int, *, skip_last: bool = True) -> tuple[list[int], int]:
    """Return the numbers after the signature, and the position behind them.

    Args:
        data: the file.
        count: of the numbers.
        skip_last: whether one space after the last number belongs to the header.
    """
    numbers, position = [], 2
    for _ in range(count):
        found = _NUMBER.match(data, position)
        if found is None:
            raise ValueError("no number")
        numbers.append(int(found[1]))
        position = found.end()
    if skip_last:
        if data[position : position + 1] not in _bytes(_SPACES):
            raise ValueError("no space behind the header")
        position += 1
    return numbers, position


def _read_pam(data: bytes) -> ImageHeader:
    position, values = 3, dict[bytes, bytes]()
    for _ in range(_MAX_LINES):
        line = _LINE.match(data, position)
        if line is None:
            raise ValueError("no end of the header")
        position = line.end()
        name, _, value = line[1].strip().partition(b" ")
        if name == b"ENDHDR":
            break
        values[name] = value.strip()
    else:
        raise ValueError("no end of the header")
    try:
        width, height, bands, white = (
            int(values[name][:9]) for name in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL")
        )
    except KeyError as error:
        raise ValueError("a line is missing") from error
    if not 1 <= bands <= 4 or min(width, height) < 0:
        raise InvalidImage(f"PAM depth: expected 1 to 4 samples a pixel, received {bands}")
    white = _checked_level(white)
    samples = SampleArray(position, _code(white), bands, white)
    return _header(data, Size(width, height), samples, alpha=bands in (2, 4))


def _checked_level(white: int) -> int:
    if not 1 <= white <= _MAX_LEVEL:
        raise InvalidImage(
            f"Netpbm largest level: expected 1 to {_MAX_LEVEL:,}, received {white:,}"
        )
    return white


def _code(white: int) -> str:
    return "u1" if white <= _BYTE else ">u2"


def _bytes(characters: bytes) -> tuple[bytes, ...]:
    return tuple(bytes((each,)) for each in characters)
