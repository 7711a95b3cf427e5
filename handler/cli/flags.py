"""The option ``--settings`` and one flag per setting, generated from the JSON schema."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from handler.settings import CropSettings


class SettingsCommand(click.Command):
    """A command with the option ``--settings`` and one flag per setting.

    The flags are generated at the first use, because the schema of the settings loads slowly.
    """

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the command's own parameters, those for settings, and ``--help``."""
        help_option = self.get_help_option(ctx)
        return [*self.params, *_settings_options(), *([help_option] if help_option else [])]


def read_settings(
    text: str | None, flags: Mapping[str, object]
) -> tuple["CropSettings", list[str]]:
    """Merge and validate the settings. A flag takes precedence over the JSON.

    Args:
        text: the JSON object of ``--settings``, or None.
        flags: value of each setting by its JSON name; None for a flag that is not given.

    Returns:
        The settings, and the warnings about them.

    Raises:
        SettingsNotJson: ``text`` is not JSON.
        InvalidSettings: a setting is out of range or of the wrong type.
    """
    from handler.settings import read_object, validate_settings

    given = {name: value for name, value in flags.items() if value is not None}
    return validate_settings({**read_object(text), **given}, keeps_aspect=True)


@cache
def _settings_options() -> list[click.Option]:
    from handler.settings import CropSettings

    properties = CropSettings.model_json_schema(by_alias=True)["properties"]
    options = [
        _option(name, field.alias or name, properties[field.alias or name])
        for name, field in CropSettings.model_fields.items()
    ]
    whole = click.Option(
        ["--settings"],
        metavar="JSON",
        help="Settings as one JSON object, as in the API; flags take precedence.",
    )
    return [whole, *options]


def _option(name: str, alias: str, schema: Mapping[str, Any]) -> click.Option:
    flag = f"--{name.replace('_', '-')}"
    # An optional setting is a union of its type and null.
    schema = {**schema, **next(iter(schema.get("anyOf", ())), {})}
    help_ = _help(schema)
    if schema.get("type") == "boolean":
        return click.Option(
            [f"{flag}/{flag.replace('--', '--no-', 1)}", alias], default=None, help=help_
        )
    if alias in _FORMS:
        read, metavar = _FORMS[alias]
    else:
        read, metavar = _READERS.get(schema.get("type", ""), _json_value), _metavar(schema)
    return click.Option([flag, alias], type=read, metavar=metavar, help=help_)


def _json_value(text: str) -> object:
    """Return the JSON value, or the text itself if it is none: the settings then reject it."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return text if value is None else value


def _list_value(text: str) -> object:
    """Return a list that is written as JSON, or as names separated by commas."""
    if text.lstrip().startswith(("[", "{")):
        return _json_value(text)
    return [name.strip() for name in text.split(",")]


def _point(text: str) -> object:
    """Return a point that is written as JSON, or as two numbers separated by a comma."""
    if text.lstrip().startswith("{"):
        return _json_value(text)
    return _numbered(text, ("x", "y"))


def _boxes(text: str) -> object:
    """Return boxes that are written as JSON, or separated by semicolons."""
    if text.lstrip().startswith(("[", "{")):
        return _json_value(text)
    return [_numbered(box, ("left", "top", "width", "height")) for box in text.split(";")]


def _numbered(text: str, names: Sequence[str]) -> object:
    """Return numbers separated by commas, by name, or the text itself if it is anything else."""
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        return text
    return dict(zip(names, values, strict=True)) if len(values) == len(names) else text


_BOXES = (_boxes, "LEFT,TOP,WIDTH,HEIGHT;…|JSON")
# Settings with a short form on the command line: its reader, and its name in the help.
_FORMS: dict[str, tuple[Callable[[str], object], str]] = {
    "focus": (_point, "X,Y|JSON"),
    "keep": _BOXES,
    "avoid": _BOXES,
}
_READERS: dict[str, Callable[[str], object]] = {"string": str, "array": _list_value}


def _metavar(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return f"[{'|'.join(schema['enum'])}]"
    if schema.get("type") == "array":
        return "A,B,…|JSON"
    return str(schema.get("type", "JSON")).upper()


def _help(schema: Mapping[str, Any]) -> str:
    facts = []
    if "minimum" in schema and "maximum" in schema:
        facts.append(f"{schema['minimum']} to {schema['maximum']}")
    if (default := schema.get("default")) not in (None, []):
        shown = {True: "yes", False: "no"}[default] if isinstance(default, bool) else default
        facts.append(f"default: {shown}")
    return f"{schema.get('description', '')}" + (f"  [{'; '.join(facts)}]" if facts else "")
