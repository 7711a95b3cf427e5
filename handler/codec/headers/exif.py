"""What a file says about its pixels: orientation and colour profile."""

from dataclasses import dataclass

from handler.codec.headers.ifd import WHOLE_NUMBERS, Rule, byte_order, read_fields
from handler.core.geometry import Orientation

_ORIENTATION_TAG = 0x0112
_RULES = {_ORIENTATION_TAG: Rule(WHOLE_NUMBERS, 1)}
_EXIF_PREFIX = b"Exif\0\0"


@dataclass(frozen=True, slots=True)
class Metadata:
    """Orientation, and the ICC profile's bytes if there is one."""

    orientation: Orientation
    profile: bytes | None


def read_exif_orientation(block: bytes | None) -> Orientation:
    """Read the orientation out of an EXIF block; damaged EXIF turns nothing.

    Nothing else in the block is looked at: its other fields may point anywhere, and all to the
    same megabytes.
    """
    tiff = (block or b"").removeprefix(_EXIF_PREFIX)
    try:
        field = read_fields(tiff, _RULES)[_ORIENTATION_TAG]
        return Orientation(field.numbers(byte_order(tiff))[0])
    except (ValueError, LookupError):
        return Orientation.UPRIGHT
