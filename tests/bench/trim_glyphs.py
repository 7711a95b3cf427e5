"""Letters, digits and signs drawn with a pen of any width: a font that needs no library.

Each glyph is a list of strokes on a grid. x is from 0 to the width of the glyph. y is 0 at the top
of a capital, 2 at the top of a small letter, 6 on the base line and 8 at the bottom of a descender.
Corners are cut twice, which rounds them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import ImageDraw

Points = npt.NDArray[np.float64]

_CAPITAL = 6
_ROUNDINGS = 2
# Units between two letters, and of a space.
_GAP, _SPACE = 1.6, 2.6
# Strokes are separated by bars. A stroke of one point is a dot.
_STROKES = {
    "0": "20 10 01 05 16 36 45 41 30 20",
    "1": "02 20 26",
    "2": "01 10 30 41 42 06 46",
    "3": "00 40 22 33 44 45 36 16 05",
    "4": "36 30 04 44",
    "5": "40 00 02 32 43 45 36 16 05",
    "6": "30 10 02 05 16 36 45 43 32 12 03",
    "7": "00 40 16",
    "8": "12 01 10 30 41 32 12 03 05 16 36 45 43 32",
    "9": "43 34 14 03 01 10 30 41 44 36 16",
    "a": "02 32 43 46|44 14 05 16 36 45",
    "b": "00 06|03 12 32 43 45 36 16 05",
    "c": "43 32 12 03 05 16 36 45",
    "d": "40 46|43 32 12 03 05 16 36 45",
    "e": "04 44 43 32 12 03 05 16 46",
    "f": "30 20 11 16|03 33",
    "g": "42 47 38 18 07|43 32 12 03 05 16 36 45",
    "h": "00 06|03 12 32 43 46",
    "i": "02 06|00",
    "j": "12 17 08|10",
    "k": "00 06|42 04 46",
    "l": "00 06",
    "m": "02 06|03 12 22 26|23 32 42 46",
    "n": "02 06|03 12 32 43 46",
    "o": "22 12 03 05 16 36 45 43 32 22",
    "p": "02 08|03 12 32 43 45 36 16 05",
    "q": "42 48|43 32 12 03 05 16 36 45",
    "r": "02 06|04 12 32",
    "s": "42 12 03 14 34 45 36 06",
    "t": "10 15 26 36|02 32",
    "u": "02 05 16 36 45|42 46",
    "v": "02 26 42",
    "w": "02 16 23 36 42",
    "x": "02 46|42 06",
    "y": "02 26|42 18 08",
    "z": "02 42 06 46",
    "A": "06 20 46|14 34",
    "C": "41 30 10 01 05 16 36 45",
    "E": "40 00 06 46|03 33",
    "H": "00 06|40 46|03 43",
    "I": "00 06",
    "L": "00 06 46",
    "M": "06 00 24 40 46",
    "N": "06 00 46 40",
    "O": "20 10 01 05 16 36 45 41 30 20",
    "P": "06 00 30 41 42 33 03",
    "R": "06 00 30 41 42 33 03|23 46",
    "S": "41 30 10 01 02 44 45 36 16 05",
    "T": "00 40|20 26",
    "V": "00 26 40",
    ".": "06",
    ",": "06 07",
    ":": "02|06",
    "-": "04 34",
    "*": "14",
    "/": "06 40",
    "$": "41 10 02 44 36 05|20 26",
}


@dataclass(frozen=True, slots=True)
class Font:
    """A font: all lengths but the size are shares of the size.

    Attributes:
        size: height of a capital, in pixels.
        pen: width of a stroke.
        width: width of a letter, where 1 is two thirds of its height.
        slant: shift to the right at the top of a capital.
        mono: whether all glyphs have the same width.
    """

    size: float
    pen: float = 0.1
    width: float = 1
    slant: float = 0
    mono: bool = False

    def length(self, text: str) -> float:
        """Return the length of a line in pixels."""
        return sum(self._advance(letter) for letter in text)

    def draw(self, pen: ImageDraw.ImageDraw, left: float, base: float, text: str) -> None:
        """Draw a line of text from a point on its base line."""
        for letter in text:
            if letter != " ":
                self._glyph(pen, left, base, letter)
            left += self._advance(letter)

    def _glyph(self, pen: ImageDraw.ImageDraw, left: float, base: float, letter: str) -> None:
        unit = self.size / _CAPITAL
        thick = max(1.0, self.pen * self.size)
        radius = thick / 2
        for stroke in _strokes(letter):
            up = (_CAPITAL - stroke[:, 1]) * unit
            x = left + stroke[:, 0] * unit * self.width + up * self.slant
            y = base - up
            points = list(zip(x.tolist(), y.tolist(), strict=True))
            if len(points) > 1:
                pen.line(points, fill=255, width=round(thick), joint="curve")
            else:  # a dot is wider than a stroke
                radius = thick * 0.65
            for across, down in points if len(points) == 1 else ():
                ends = (across - radius, down - radius, across + radius, down + radius)
                pen.ellipse(ends, fill=255)

    def _advance(self, letter: str) -> float:
        unit = self.size / _CAPITAL * self.width
        if self.mono:
            return (4 + _GAP) * unit
        if letter == " ":
            return _SPACE * unit
        width = max(float(stroke[:, 0].max()) for stroke in _strokes(letter))
        return (width + _GAP) * unit


def _strokes(letter: str) -> list[Points]:
    return [
        _rounded(np.array([(int(point[0]), int(point[1])) for point in stroke.split()], np.float64))
        for stroke in _STROKES[letter].split("|")
    ]


def _rounded(points: Points) -> Points:
    """Return a stroke whose corners are cut at a quarter of each side, by Chaikin's method."""
    for _ in range(_ROUNDINGS if len(points) > 2 else 0):
        one, other = points[:-1], points[1:]
        cut = np.stack([one * 0.75 + other * 0.25, one * 0.25 + other * 0.75], axis=1)
        points = np.concatenate([points[:1], cut.reshape(-1, 2), points[-1:]])
    return points
