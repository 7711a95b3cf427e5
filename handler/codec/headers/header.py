"""The image header: everything that is known of a file before its pixels are decoded."""

from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from handler.codec.headers.ifd import WHOLE_NUMBERS, Rule, byte_order, read_fields
from handler.core.geometry import Box, Orientation, Size

ANIMATED = "The picture is animated; its first visible frame was cropped"
DATA_ERRORS = "The {} data have errors; parts of the picture may be wrong"
SEVERAL_PAGES = "The file has several pages; the first one was cropped"

MOST_MISSING = 0.005
"""Largest share of the rows that a file which was cut off may lack."""

_ORIENTATION_TAG = 0x0112
_RULES = {_ORIENTATION_TAG: Rule(WHOLE_NUMBERS, 1)}
_EXIF_PREFIX = b"Exif\0\0"


class ImageHeader(Struct, frozen=True):
    """The header of a file's first picture.

    Attributes:
        data: the file, or one that holds its first picture and nothing else.
        size: of the picture as stored, in pixels.
        most_pixels: upper bound of the pixels that the data can be decoded to; a header with a
            larger size is false.
        orientation: of the stored picture, unless only the decoder knows it.
        profile: ICC profile, likewise.
        cicp: numbers of the primaries and of the transfer characteristics (ITU-T H.273), which
            take precedence over the profile; else None.
        alpha: whether the picture is known to have transparency.
        needs_copy: whether the decoded pixels are copied as a whole, to convert inks, CIELAB, or
            grey or a palette with alpha.
        sixteen_bit: whether the samples have 16 bits.
        warning: message to the client about the parts of the file that are ignored.
        parts: parts of the file that the decoder gets in place of ``data``, as joining them would
            copy the pixels; empty for ``data`` itself.
        frame: the part of an animation that its frame covers, unless it is the whole picture.
        cut: the part of the decoded picture that is shown, where the decoder does not cut it out;
            ``size`` is its size.
        coded: size of the decoded picture then, in pixels; else None.
        uncut: size of the picture before the decoder cuts it, in pixels; None if it does not.
        later_frames: function that returns a header for each later frame of an animation, whose
            data hold this frame alone; None for a single frame.
    """

    data: bytes
    size: Size
    most_pixels: int
    orientation: Orientation = Orientation.UPRIGHT
    profile: bytes | None = None
    alpha: bool = False
    needs_copy: bool = False
    sixteen_bit: bool = False
    warning: str | None = None
    cicp: tuple[int, int] | None = None
    parts: Sequence[bytes | memoryview] = ()
    frame: Box | None = None
    cut: Box | None = None
    coded: Size | None = None
    uncut: Size | None = None
    later_frames: Callable[[], Iterator["ImageHeader"]] | None = None

    @property
    def decoded_size(self) -> Size:
        """Size of the picture that the decoder returns, in pixels."""
        return self.coded or self.size

    @property
    def stored_size(self) -> Size:
        """Size of the picture before anything is cut off, in pixels."""
        return self.uncut or self.decoded_size


def read_exif_orientation(block: bytes | None) -> Orientation:
    """Read the orientation from an EXIF block; UPRIGHT where the block is missing or damaged.

    No other field is read: their offsets are not trustworthy, and many fields can refer to the
    same megabytes.
    """
    tiff = (block or b"").removeprefix(_EXIF_PREFIX)
    try:
        field = read_fields(tiff, _RULES)[_ORIENTATION_TAG]
        return Orientation(field.numbers(byte_order(tiff))[0])
    except (ValueError, LookupError):
        return Orientation.UPRIGHT
