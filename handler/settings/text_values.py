"""Settings that are sent as text, one field for each, as HTML forms and ``curl -F`` do."""

import re
from collections.abc import Sequence
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from handler.settings.crop_settings import CropSettings
from handler.settings.strict_json import parse_json

# HTML sends "on" for a checkbox.
_TRUTH = {
    **dict.fromkeys(("true", "1", "on", "yes"), True),
    **dict.fromkeys(("false", "0", "off", "no"), False),
}
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
# A longer whole number is past every range, and Python refuses to read thousands of digits.
_MAX_DIGITS = 300
# PHP marks the fields of a list, and its clients do so as well.
_LIST_MARK = "[]"


def settings_from_text(fields: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """Return settings as JSON has them, from fields of text.

    - Numbers, and the words for true and false, become values of these types.
    - A list is JSON, or names separated by commas, or several fields of the same name.
    - An object is JSON.
    - An empty field stands for the default.
    - Of several fields of a setting that is no list, the last one counts.

    A text that its setting does not accept is returned as it is, so that the validation names it.

    Args:
        fields: name and text of each field; the names of a list may end with ``[]``.
    """
    types = {
        field.alias or name: _members(field.annotation)
        for name, field in CropSettings.model_fields.items()
    }
    texts: dict[str, list[str]] = {}
    for name, text in fields:
        setting = name.removesuffix(_LIST_MARK)
        texts.setdefault(setting if setting in types else name, []).append(text.strip())
    given = {
        name: kept for name, all_ in texts.items() if (kept := [each for each in all_ if each])
    }
    return {name: _value(types.get(name, ()), listed) for name, listed in given.items()}


def _members(annotation: Any) -> Sequence[Any]:
    """Return the types of a union, or the type itself; a list is one without that of its items."""
    if get_origin(annotation) is Annotated:
        return _members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [member for each in get_args(annotation) for member in _members(each)]
    return [get_origin(annotation) or annotation]


def _value(types: Sequence[Any], texts: Sequence[str]) -> object:
    if list in types:
        return [value for text in texts for value in _list(text)]
    text = texts[-1]
    if bool in types:
        return _TRUTH.get(text.lower(), text)
    if int in types or float in types:
        return _number(text)
    return _json(text) if types and text.startswith("{") else text


def _number(text: str) -> object:
    if _NUMBER.fullmatch(text) is None:
        return text
    is_whole = text.lstrip("+-").isdigit() and len(text) <= _MAX_DIGITS
    return int(text) if is_whole else float(text)


def _list(text: str) -> Sequence[object]:
    if text.startswith(("[", "{")):
        value = _json(text)
        return value if isinstance(value, list) else [value]
    return [name.strip() for name in text.split(",")]


def _json(text: str) -> object:
    try:
        return parse_json(text)
    except ValueError:
        return text
