"""What is known of a file before a decoder is asked."""

from dataclasses import dataclass

from handler.core.geometry import Size


@dataclass(frozen=True, slots=True)
class Contents:
    """The first picture of a file.

    Attributes:
        data: a file with nothing else in it.
        size: of the picture as stored, by the header.
        most_pixels: as many as the data can become at the very most, or more; a header that
            promises more lies.
    """

    data: bytes
    size: Size
    most_pixels: int
