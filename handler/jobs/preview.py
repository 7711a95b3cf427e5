"""Previews of results in formats that browsers do not show, such as TIFF."""

from PIL import Image

from handler.codec import FORMATS, Format, encode

PREVIEW = FORMATS["webp"]
# As in the reference, whose previews have the size of the result.
_QUALITY = 80
# Enough for a page, and small enough to be made next to a large result.
_LONG_SIDE = 1280
MAX_PREVIEW_PIXELS = _LONG_SIDE**2
_NO_BACKGROUND = (255, 255, 255, 255)


def needs_preview(format_: Format) -> bool:
    """Return whether browsers do not show the files of a format."""
    return not format_.shown


def preview_of(image: Image.Image) -> bytes:
    """Return a picture as a WebP of at most 1,280 pixels a side.

    Args:
        image: mode L, RGB, RGBX or RGBA (alpha not premultiplied).
    """
    share = _LONG_SIDE / max(image.size)
    if share < 1:
        size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
        mode = image.mode
        # The colour of transparent pixels must not show at their edges.
        source = image.convert("RGBa") if mode == "RGBA" else image
        image = source.resize(size, Image.Resampling.BICUBIC, reducing_gap=2.0).convert(mode)
    return encode(image, PREVIEW, _QUALITY, _NO_BACKGROUND)
