"""What a file says about its pixels: orientation and colour profile."""

from dataclasses import dataclass

from PIL import Image

from handler.core.orientation import Orientation

_ORIENTATION_TAG = 0x0112


@dataclass(frozen=True, slots=True)
class Metadata:
    """Orientation, and the ICC profile's bytes if there is one."""

    orientation: Orientation
    profile: bytes | None


def read_exif_orientation(block: bytes | None) -> Orientation:
    """Read the orientation out of an EXIF block; damaged EXIF turns nothing."""
    if not block:
        return Orientation.UPRIGHT
    exif = Image.Exif()
    try:
        exif.load(block)
        return Orientation(exif.get(_ORIENTATION_TAG, 1))
    except Exception:  # EXIF is written by anybody: no damage in it is worth losing the photo
        return Orientation.UPRIGHT
