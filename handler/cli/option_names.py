"""The options of settings in messages, in place of the names that the API gives them."""

import re
from collections.abc import Mapping
from functools import cache

_CAMEL_CASE = re.compile(r"\b[a-z]+[A-Z]\w*")
# One or several names at the start of a message, such as `width, height: ignored`.
_ABOUT = re.compile(r"[a-z]\w*(?:(?:, | and )[a-z]\w*)*(?=: )")
_REASON = re.compile(r"(?<=\bbecause )[a-z]+(?= is )")
# A setting with its value, such as `background: auto`. Messages name these values.
_VALUE = re.compile(r"\b([a-z]+): (auto|corner|first)\b")
_SWITCHED_ON = re.compile(r"\bSet (\w+) to true\b")
_BOTH_AREAS = "keep and avoid"
_WORD = re.compile(r"\w+")


def option_of(name: str) -> str:
    """Return the option of a setting, by its name in Python or in JSON."""
    words = re.sub("[A-Z]", lambda found: f"-{found[0].lower()}", name)
    return f"--{words.replace('_', '-')}"


def with_options(message: str) -> str:
    """Return a message of the API with options in place of the settings' names.

    Args:
        message: a warning, or an error in words, without the name of a file.
    """
    message = _VALUE.sub(_named_with_value, message)
    if (start := _ABOUT.match(message)) and _are_settings(start[0]):
        message = _each_named(start[0]) + message[start.end() :]
    message = _REASON.sub(_named, message)
    message = _SWITCHED_ON.sub(lambda found: f"Add {_option(found[1])}", message)
    message = message.replace(f" {_BOTH_AREAS} ", f" {_each_named(_BOTH_AREAS)} ")
    return in_camel_case_named(message)


def in_camel_case_named(text: str) -> str:
    """Return a text with options in place of the settings' names that have several words."""
    return _CAMEL_CASE.sub(_named, text)


def is_about_settings(message: str) -> bool:
    """Return whether a message of the API begins with the names of settings."""
    start = _ABOUT.match(message)
    return start is not None and _are_settings(start[0])


@cache
def _options() -> Mapping[str, str]:
    """Return the option of each setting by its JSON name."""
    from handler.settings import CropSettings

    return {
        field.alias or name: option_of(name) for name, field in CropSettings.model_fields.items()
    }


def _option(name: str) -> str:
    return _options().get(name, name)


def _named(found: re.Match[str]) -> str:
    return _option(found[0])


def _named_with_value(found: re.Match[str]) -> str:
    name, value = found.groups()
    return f"{_option(name)} {value}" if name in _options() else found[0]


def _each_named(names: str) -> str:
    return _WORD.sub(_named, names)


def _are_settings(names: str) -> bool:
    return _options().keys() >= set(_WORD.findall(names)) - {"and"}
