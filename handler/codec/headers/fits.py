"""Reader of FITS headers (FITS standard 4.0), which finds the first picture of a file."""

import math

from msgspec import Struct

from handler.codec.headers.header import SEVERAL_PAGES, ImageHeader
from handler.codec.headers.sample_array import SampleArray, SampleHeader
from handler.core.geometry import Size
from handler.errors import InvalidImage

_CARD, _BLOCK = 80, 2880
# Headers of large surveys have a few hundred cards.
_MAX_CARDS = 10_000
_MAX_UNITS = 100
_CODES = {8: "u1", 16: ">i2", 32: ">i4", 64: ">i8", -32: ">f4", -64: ">f8"}
_COLOURS = 3
_LEVELS = 8


class _Unit(Struct, frozen=True):
    """A header with its data.

    Attributes:
        cards: values by keyword.
        start: position of the data.
        end: position of the next unit.
    """

    cards: dict[str, str]
    start: int
    end: int

    def number(self, name: str, default: int | None = None) -> int:
        """Return a whole number.

        Raises:
            ValueError: it is malformed, or missing without a default.
        """
        value = self.cards.get(name)
        if value is None and default is not None:
            return default
        return int((value or "")[:20])

    def real(self, name: str, default: float) -> float:
        """Return a number, or the default if it is missing or no finite number."""
        try:
            value = float(self.cards.get(name, "").replace("D", "E"))
        except ValueError:
            return default
        return value if math.isfinite(value) else default


def read(data: bytes) -> ImageHeader:
    """Find the first picture.

    Raises:
        InvalidImage: a header is damaged, there is no picture, or it is compressed.
    """
    position = 0
    try:
        for _ in range(_MAX_UNITS):
            if position >= len(data):
                break
            unit = _read_unit(data, position)
            kind = unit.cards.get("XTENSION", "'IMAGE").strip("' ")
            if kind == "BINTABLE" and unit.cards.get("ZIMAGE", "").startswith("T"):
                raise InvalidImage("FITS compression: expected none, received tile compression")
            if kind == "IMAGE" and unit.number("NAXIS") >= 2:
                return _picture(data, unit)
            position = unit.end
    except ValueError as error:
        raise InvalidImage("the FITS header is damaged") from error
    raise InvalidImage("the FITS file has no picture")


def _picture(data: bytes, unit: _Unit) -> SampleHeader:
    depth = unit.number("BITPIX")
    axes = [unit.number(f"NAXIS{axis}") for axis in range(1, unit.number("NAXIS") + 1)]
    if depth not in _CODES or min(axes) < 0:
        raise ValueError("a wrong number of bits, or a negative size")
    planes = math.prod(axes[2:])
    bands = _COLOURS if planes == _COLOURS and axes[2] == _COLOURS else 1
    scale, zero = unit.real("BSCALE", 1), unit.real("BZERO", 0)
    plain = depth == _LEVELS and (scale, zero) == (1, 0)
    samples = SampleArray(
        unit.start,
        _CODES[depth],
        bands,
        white=255 if plain else 0,
        meaning="level" if plain else "measure",
        planar=True,
        upwards=True,
        scale=scale,
        zero=zero,
        blank=unit.number("BLANK") if "BLANK" in unit.cards and depth > 0 else None,
    )
    size = Size(*axes[:2])
    most = samples.most_pixels(size, len(data))
    warning = SEVERAL_PAGES if planes > bands else None
    return SampleHeader(data, size, most, warning=warning, samples=samples)


def _read_unit(data: bytes, position: int) -> _Unit:
    cards: dict[str, str] = {}
    start = position
    for _ in range(_MAX_CARDS):
        card = data[position : position + _CARD]
        position += _CARD
        if len(card) < _CARD:
            raise ValueError("no end")
        keyword = card[:8].rstrip()
        if keyword == b"END":
            break
        if card[8:10] == b"= ":
            value = card[10:].decode("latin-1")
            cards.setdefault(keyword.decode("latin-1"), _value(value))
    else:
        raise ValueError("no end")
    unit = _Unit(cards, start + _in_blocks(position - start), 0)
    axes = unit.number("NAXIS")
    if not 0 <= axes <= 999:
        raise ValueError("a wrong number of axes")
    pixels = math.prod(unit.number(f"NAXIS{axis}") for axis in range(1, axes + 1)) if axes else 0
    samples = unit.number("GCOUNT", 1) * (unit.number("PCOUNT", 0) + pixels)
    length = abs(unit.number("BITPIX")) // 8 * samples
    if length < 0:
        raise ValueError("a negative length")
    return _Unit(cards, unit.start, unit.start + _in_blocks(length))


def _value(text: str) -> str:
    """Return the value of a card without its comment."""
    text = text.strip()
    return text[1:].partition("'")[0] if text.startswith("'") else text.partition("/")[0].strip()


def _in_blocks(length: int) -> int:
    return -(-length // _BLOCK) * _BLOCK
