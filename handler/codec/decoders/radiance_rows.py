"""Radiance HDR, decoded in Python and numpy in the service.

Each row is either plain pixels of four bytes, or has the run lengths of its four planes, or those
of whole pixels (Greg Ward, "Real pixels", Graphics Gems II, and Radiance's color.c).
"""

import numpy as np
import numpy.typing as npt
from msgspec import Struct

from handler.codec.costs import DECODING, DecodingCost
from handler.codec.headers.header import MOST_MISSING, ImageHeader
from handler.core.image.alpha import DecodedImage
from handler.errors import ProcessingFailed
from handler.sandbox.tone import choose_step, choose_tone, to_levels

Rgbe = npt.NDArray[np.uint8]

_PLANES = 4
# Widths of rows whose planes may have run lengths.
_NARROWEST, _WIDEST = 8, 0x7FFF
_LONGEST_LITERAL = 128
_STRIP_PIXELS = 1 << 14
# In rows of whole pixels, the colours of a pixel that stands for repetitions of the last one. Each
# further one has the next higher byte of their number.
_REPEAT, _MAX_SHIFT = b"\1\1\1", 24
# Exponent whose mantissas are 256ths of one.
_BIAS = 128 + 8
_WHITE = 255


def cost(_: ImageHeader) -> DecodingCost:
    """Return the cost of decoding."""
    return DECODING["hdr"]


def decode(header: ImageHeader) -> DecodedImage:
    """Decode a file.

    Returns:
        Picture of mode RGBX, as stored.

    Raises:
        ProcessingFailed: the data are damaged, or more than 0.5 % of the rows are missing.
    """
    width, height = header.size.width, header.size.height
    pixels = np.zeros((height, width, _PLANES), np.uint8)
    reader = _Reader(header.data)
    for row in range(height):
        try:
            reader.read(pixels[row])
        except (IndexError, ValueError) as error:
            if isinstance(error, IndexError) and height - row <= MOST_MISSING * height:
                break
            raise ProcessingFailed("The Radiance HDR data are damaged or incomplete") from error
    step = max(1, round(choose_step(width * height) ** 0.5))
    tone = choose_tone(_light(pixels[::step, ::step].reshape(-1, _PLANES)))
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        strip = pixels[top : top + rows]
        strip[..., :3] = to_levels(_light(strip), tone)
        strip[..., 3] = _WHITE
    return DecodedImage.over(pixels, "RGBX")


def _light(pixels: Rgbe) -> npt.NDArray[np.float32]:
    """Return linear light, float32 array (…, 3), of pixels (…, 4)."""
    exponents = pixels[..., 3:].astype(np.int32)
    mantissas = pixels[..., :3].astype(np.float32) + np.float32(0.5)
    light = np.ldexp(mantissas, exponents - _BIAS)
    return np.where(exponents == 0, np.float32(0), light)


class _Reader(Struct):
    """The rows of a file, from first to last.

    Attributes:
        data: the file without its header.
        position: of the next row.
    """

    data: bytes
    position: int = 0

    def read(self, row: Rgbe) -> None:
        """Read a row of pixels, array (width, 4).

        Raises:
            IndexError: the data end early.
            ValueError: they are damaged.
        """
        width, start = len(row), self.data[self.position : self.position + 4]
        if len(start) < 4:
            raise IndexError("the data end early")
        if start[:2] != b"\2\2" or start[2] >= 128 or not _NARROWEST <= width <= _WIDEST:
            self._read_pixels(row)
            return
        if start[2] << 8 | start[3] != width:
            raise ValueError("a row has another length")
        self.position += 4
        planes = bytearray()
        for _ in range(_PLANES):
            self._read_plane(planes, len(planes) + width)
        row[:] = np.frombuffer(planes, np.uint8).reshape(_PLANES, width).T

    def _read_plane(self, plane: bytearray, end: int) -> None:
        """Append samples until there are ``end``."""
        data, position = self.data, self.position
        while len(plane) < end:
            count = data[position]
            if count > _LONGEST_LITERAL:
                plane += data[position + 1 : position + 2] * (count - _LONGEST_LITERAL)
                position += 2
            elif count:
                plane += data[position + 1 : position + 1 + count]
                position += 1 + count
            else:
                raise ValueError("a run without samples")
            if position > len(data):
                raise IndexError("the data end early")
        if len(plane) > end:
            raise ValueError("a run exceeds its row")
        self.position = position

    def _read_pixels(self, row: Rgbe) -> None:
        """Read a row of plain pixels, among which (1, 1, 1, n) repeats the last one n times."""
        data, position = self.data, self.position
        pixels, length, shift = bytearray(), _PLANES * len(row), 0
        while len(pixels) < length:
            end = position + length - len(pixels)
            place = data.find(_REPEAT, position, end)
            while place >= 0 and (place - position) % _PLANES:
                place = data.find(_REPEAT, place + 1, end)
            plain = data[position : end if place < 0 else place]
            if plain:
                pixels += plain
                position, shift = position + len(plain), 0
            elif place < 0:
                raise IndexError("the data end early")
            else:
                count = data[position + 3] << shift
                if not pixels or _PLANES * count > length - len(pixels) or shift > _MAX_SHIFT:
                    raise ValueError("a run exceeds its row")
                pixels += pixels[-_PLANES:] * count
                position, shift = position + _PLANES, shift + 8
        row[:] = np.frombuffer(pixels, np.uint8).reshape(row.shape)
        self.position = position
