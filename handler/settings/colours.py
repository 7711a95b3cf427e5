"""Colours as people write them: CSS names, ``#rgb`` and its longer forms, and ``rgb()``."""

import re
from typing import Annotated, Any

from PIL.ImageColor import colormap, getrgb
from pydantic import BeforeValidator, StringConstraints, WithJsonSchema

from handler.core.request import Colour
from handler.problems import Expected

COLOUR_NAMES = tuple(colormap)
"""The colour names of CSS."""

_TRANSPARENT = "transparent"
_OPAQUE = 255
# Far above the longest rgba(); it bounds the numbers.
_MAX_LENGTH = 64
_HEX = "#([0-9a-fA-F]{3,4}|[0-9a-fA-F]{6}|[0-9a-fA-F]{8})"
_ACCEPTED = "a CSS colour name, #rgb, #rrggbb, #rrggbbaa, rgb()"
# Commas as in all browsers, or spaces and a slash as in CSS Color 4.
_SEPARATOR = re.compile(r"\s*[,/]\s*|\s+")
_FUNCTION = re.compile(r"rgba?\(\s*([\d.%,/\s]+?)\s*\)", re.ASCII)
_NUMBER = re.compile(r"(\d+\.?\d*|\.\d+)(%?)", re.ASCII)
# Published, to describe rgb() in the schema; more forms are accepted.
_BYTE = "([1-9]?[0-9]|1[0-9][0-9]|2[0-4][0-9]|25[0-5])"
_RGB = rf"rgb\({_BYTE}, ?{_BYTE}, ?{_BYTE}\)"


def _schema(*words: str) -> dict[str, Any]:
    pattern = f"^({'|'.join([_HEX, _RGB, *words])})$"
    names = {"type": "string", "enum": list(COLOUR_NAMES)}
    return {"anyOf": [{"type": "string", "pattern": pattern}, names]}


def _as_hex(value: object) -> object:
    """Convert a colour to ``#rrggbb``, so that the same colour is the same text.

    ``transparent``, colours that are written with # and other values are returned as they are.
    """
    if not isinstance(value, str) or not value.isascii() or len(value) > _MAX_LENGTH:
        return value
    text = value.lower()
    if text == _TRANSPARENT:
        return text
    channels = getrgb(text) if text in colormap else _channels(text)
    return value if channels is None else f"#{bytes(channels).hex()}"


def _channels(text: str) -> tuple[int, ...] | None:
    """Return the channels of an rgb() or rgba(), 0 to 255, or None for other texts.

    Pillow reads the alpha of rgba() as 0 to 255, but in CSS it is 0 to 1.
    """
    function = _FUNCTION.fullmatch(text)
    parts = _SEPARATOR.split(function[1]) if function else []
    numbers = [_NUMBER.fullmatch(part) for part in parts]
    if len(numbers) not in (3, 4):
        return None
    channels = []
    for index, number in enumerate(numbers):
        if number is None:
            return None
        whole = 100 if number[2] else (_OPAQUE if index < 3 else 1)
        channels.append(int(float(number[1]) / whole * _OPAQUE + 0.5))
    return tuple(channels) if max(channels) <= _OPAQUE else None


PadColour = Annotated[
    str,
    StringConstraints(pattern=rf"^({_HEX}|{_TRANSPARENT})$"),
    BeforeValidator(_as_hex),
    Expected(f"{_ACCEPTED} or {_TRANSPARENT}"),
    WithJsonSchema(_schema(_TRANSPARENT)),
]
BackgroundColour = Annotated[
    str,
    StringConstraints(pattern=rf"^({_HEX}|{_TRANSPARENT}|corner|auto)$"),
    BeforeValidator(_as_hex),
    Expected(f"{_ACCEPTED}, {_TRANSPARENT}, corner or auto"),
    WithJsonSchema(_schema(_TRANSPARENT, "corner", "auto")),
]


def parse_colour(text: str) -> Colour:
    """Return a validated colour; ``transparent`` is a white without opacity."""
    if text == _TRANSPARENT:
        return 255, 255, 255, 0
    red, green, blue, *alpha = getrgb(text)
    return red, green, blue, alpha[0] if alpha else _OPAQUE
