"""The parts of the guide that are generated: settings, errors, variables, formats and sizes."""

import importlib
import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from handler.api.openapi import condition_of
from handler.codec import FORMATS, Format
from handler.config import Config
from handler.errors import SmartCropError
from handler.settings import PRESETS, CropSettings
from handler.settings.effects import MODES
from handler.settings.validation import accepted_values

# The modules with the errors of requests. Those of the command line are in its own messages.
_ERROR_MODULES = ("handler.errors", "handler.api.http_errors")
# The modes of settings that trim mode ignores or rejects with a message of its own.
_MODES = {**MODES, **dict.fromkeys(("sizes", "focus", "avoid"), MODES["width"])}
# Long enough for all values of a setting but the sizes, which have a page.
_LONGEST = 180


def settings(captions: Mapping[str, str]) -> str:
    """Return a section for each setting: its values, default, modes, description and picture.

    Args:
        captions: descriptions of the settings' pictures, for those that have one.
    """
    accepted = accepted_values(CropSettings)
    parts = []
    for name, field in CropSettings.model_json_schema(by_alias=True)["properties"].items():
        facts = [
            f"**Accepted**: {_cut(accepted[name])}",
            f"**Default**: {_default(field.get('default'))}",
            f"**Modes**: {', '.join(sorted(_MODES[name]))}" if name in _MODES else "**Modes**: all",
        ]
        section = f"## {name}\n\n{field['description']}\n\n{'. '.join(facts)}."
        if name in captions:
            section += f"\n\n![{captions[name]}](setting-{name}.webp)\n\n*{captions[name]}*"
        parts.append(section)
    return "\n\n".join(parts)


def errors() -> str:
    """Return the table of all errors of requests."""
    rows = [
        (f"`{each.code}`", str(each.status), _error_text(each), condition_of(each).rstrip("."))
        for each in sorted(error_classes(), key=lambda each: (each.status, each.code))
    ]
    return _table(("code", "status", "`error`", "when"), rows)


def error_classes() -> Iterator[type[SmartCropError]]:
    """Yield the classes of errors that are answered to clients, without their bases."""
    for module in map(importlib.import_module, _ERROR_MODULES):
        for each in vars(module).values():
            own = isinstance(each, type) and each.__module__ == module.__name__
            if own and issubclass(each, SmartCropError) and _is_published(each):
                yield each


def _is_published(each: type[SmartCropError]) -> bool:
    """Return whether a class is an error, and not the base of several."""
    return (each.__doc__ or "").startswith("Raised if")


def variables() -> str:
    """Return the table of the environment variables."""
    accepted = accepted_values(Config)
    rows = [
        (
            f"`SMART_CROP_{name.upper()}`",
            accepted[name].removeprefix("null or "),
            _default(field.default),
            field.description or "",
        )
        for name, field in Config.model_fields.items()
    ]
    return _table(("variable", "accepted", "default", "meaning"), rows)


def formats() -> str:
    """Return the table of the accepted formats."""
    rows = [
        (each.label, ", ".join(f"`.{end}`" for end in each.extensions), _result(each))
        for each in FORMATS.values()
    ]
    return _table(("format", "extensions", "result with `format: auto`"), rows)


def _result(format_: Format) -> str:
    label = FORMATS[format_.output].label
    if format_.moving_output is None:
        return label
    return f"{label}, or {FORMATS[format_.moving_output].label} if it is animated"


def sizes() -> str:
    """Return the table of the sizes by name."""
    rows = [(f"`{name}`", f"{width} × {height}") for name, (width, height) in PRESETS.items()]
    return _table(("name", "pixels"), rows)


def _error_text(each: type[SmartCropError]) -> str:
    return each.error if each.error != SmartCropError.error else "Invalid image: …"


def _default(value: Any) -> str:
    if value is None or value == [] or value == ():
        return "none"
    if isinstance(value, str):
        return f"`{value}`"
    text = json.dumps(value)
    return f"`{text}`"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rpartition(', ')[0]}, …"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in (head, *rows)]
    columns = len(lines[0].split(" | "))
    return "\n".join(
        f"| {line} |" for line in (lines[0], " | ".join(["---"] * columns), *lines[1:])
    )
