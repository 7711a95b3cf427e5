"""SVG, rendered by resvg in a worker process at the scale that is needed."""

import math
from collections.abc import Callable

from msgspec.structs import replace

from handler.codec.costs import DECODING, DecodingCost
from handler.codec.decoders import isolated
from handler.codec.decoders.isolated import Allowance
from handler.codec.decoders.way import Way
from handler.codec.headers.header import ImageHeader
from handler.codec.headers.svg import SvgHeader
from handler.core.geometry import Size
from handler.core.image.alpha import DecodedImage
from handler.sandbox.fonts import font_files, missing_characters

# Limits of an enlarged drawing.
_MOST_PIXELS, _MOST_SIDE = 25_000_000, 16_384
# CPU time of a drawing, and for each of its pixels, after which its worker process is stopped. A
# filter may take any time.
_SECONDS, _PIXEL_SECONDS = 1.5, 0.25e-6
_NO_TEXT = "Text in an SVG is not drawn, because the font is not installed; convert it to paths"
_SHOWN_CHARACTERS = 5


def find_way(
    header: SvgHeader, allowance_of: Callable[[DecodingCost, ImageHeader], Allowance]
) -> Way:
    """Return the decoding of a drawing; see `handler.codec.decoders.further.find_way`."""
    plain = DECODING["svg"]
    cost = replace(plain, base=plain.base + header.drawing_bytes)
    size = header.size
    finest: float = max(
        (size.area / _MOST_PIXELS) ** 0.5, max(size.width, size.height) / _MOST_SIDE
    )

    def choose_scale(shrink: float) -> float:
        return max(shrink, min(1.0, finest))

    def decode(scale: float) -> DecodedImage:
        scaled = Size(*(max(1, math.ceil(side / scale)) for side in (size.width, size.height)))
        document = replace(header, size=scaled, parts=header.document(scaled))
        allowance = allowance_of(cost, document)
        seconds = math.ceil(_SECONDS + _PIXEL_SECONDS * scaled.area)
        limited = replace(allowance, cpu_seconds=min(allowance.cpu_seconds, seconds))
        return isolated.decode(document, "resvg", "SVG", limited)

    shown = replace(header, warning=_warning(header.characters))
    return Way(shown, cost, decode, alpha=True, choose_scale=choose_scale)


def _warning(characters: str | None) -> str | None:
    """Return a warning if some characters of a text are not drawn as such."""
    if characters is None:
        return None
    if not font_files():
        return _NO_TEXT
    missing = missing_characters(characters)
    if not missing:
        return None
    examples = " ".join(missing[:_SHOWN_CHARACTERS])
    more = f" and {len(missing) - _SHOWN_CHARACTERS} more" if missing[_SHOWN_CHARACTERS:] else ""
    return (
        f"Text in an SVG: the font lacks {examples}{more}, and boxes are drawn in their place; "
        "convert the text to paths"
    )
