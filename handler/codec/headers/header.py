"""What is known of a file before a decoder is asked."""

from dataclasses import dataclass

from handler.core.geometry import Orientation, Size

ANIMATED = "The picture is animated; its first frame was cropped"
SEVERAL_PAGES = "The file has several pages; the first one was cropped"


@dataclass(frozen=True, slots=True)
class Contents:
    """The first picture of a file.

    Attributes:
        data: a file with nothing else in it.
        size: of the picture as stored, by the header.
        most_pixels: as many as the data can become at the very most, or more; a header that
            promises more lies.
        orientation: what turns the decoded picture upright, where the decoder does not tell.
        profile: ICC profile, likewise.
        alpha: whether it is known to have transparency.
        deep: whether its samples have 16 bits.
        left_out: what the client is to be told of the rest of the file.
    """

    data: bytes
    size: Size
    most_pixels: int
    orientation: Orientation = Orientation.UPRIGHT
    profile: bytes | None = None
    alpha: bool = False
    deep: bool = False
    left_out: str | None = None
