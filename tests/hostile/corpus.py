"""All crafted files, by name."""

from tests.hostile import damage
from tests.hostile.crafted import bmp, bombs, foreign, further, gif, heif, jpeg, png, tiff, webp
from tests.hostile.crafted.case import Case

_CRAFTED = {
    "jpeg": jpeg.CASES,
    "png": png.CASES,
    "webp": webp.CASES,
    "gif": gif.CASES,
    "bmp": bmp.CASES,
    "tiff": tiff.CASES,
    "heif": heif.CASES,
    "foreign": foreign.CASES,
    "further": further.CASES,
    "bombs": bombs.CASES,
}

CORPUS: dict[str, Case] = {
    f"{format_}/{name}": case for format_, cases in _CRAFTED.items() for name, case in cases.items()
} | damage.CASES
