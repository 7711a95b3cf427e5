"""Files of plain samples, described as an array: Netpbm, PFM, FITS, and some DDS."""

import math
from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

from handler.codec.headers.header import ImageHeader
from handler.core.geometry import Size

# Code of the samples -> bits of one. Codes of more than one byte are those of numpy.
SAMPLE_BITS = {
    "bit": 1,
    "u1": 8,
    "<u2": 16,
    ">u2": 16,
    "<u4": 32,
    ">i2": 16,
    ">i4": 32,
    ">i8": 64,
    "<f4": 32,
    ">f4": 32,
    ">f8": 64,
}
TEXT = "text"
"""Code of samples that are decimal numbers, separated by spaces."""

Meaning = Literal["level", "light", "measure"]


class SampleArray(Struct, frozen=True):
    """The samples of a picture, as they are in the file.

    Attributes:
        start: position of the first one in the file.
        code: of the samples: of `SAMPLE_BITS`, or `TEXT`.
        bands: samples of a pixel: 1, grey and alpha, 3, or colours and alpha.
        white: largest level; 0 if there is none.
        meaning: ``level`` for samples from 0 to ``white``; ``light`` for linear light;
            ``measure`` for a quantity whose black and white follow from the picture.
        order: band in the file of each band of the picture; empty if they are in order.
        masks: bits of each band, if a sample holds a pixel; else empty.
        planar: whether each band is a picture of its own.
        upwards: whether the first row is the lowest one.
        inverted: whether 0 is white.
        scale: factor of the samples; and ``zero``, which is added then.
        zero: see ``scale``.
        blank: sample of pixels without a measure, or None.
        digits: whether each digit of a text is a sample, with or without spaces.
    """

    start: int
    code: str
    bands: int
    white: int = 0
    meaning: Meaning = "level"
    order: Sequence[int] = ()
    masks: Sequence[int] = ()
    planar: bool = False
    upwards: bool = False
    inverted: bool = False
    scale: float = 1
    zero: float = 0
    blank: int | None = None
    digits: bool = False

    @property
    def stored_bands(self) -> int:
        """Samples of a pixel in the file."""
        return 1 if self.masks else max((self.bands, *(band + 1 for band in self.order)))

    def row_bytes(self, width: int) -> int:
        """Return the bytes of a row of samples that are no text, of all bands."""
        return math.ceil(SAMPLE_BITS[self.code] * self.stored_bands * width / 8)

    def most_pixels(self, size: Size, file_bytes: int) -> int:
        """Return the largest number of pixels that the rest of a file may hold."""
        left = max(0, file_bytes - self.start)
        if self.code == TEXT:
            # A digit and a space for each sample; the last one needs no space.
            return (left + 1) // (self.bands * (1 if self.digits else 2))
        return left // max(1, self.row_bytes(size.width)) * size.width


class SampleHeader(ImageHeader, frozen=True):
    """The header of a file of plain samples.

    Attributes:
        samples: their description.
    """

    samples: SampleArray = SampleArray(0, "u1", 1)
