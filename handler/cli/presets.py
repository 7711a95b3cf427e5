"""The settings of a run: those of a preset, of JSON and of options, in rising precedence."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from handler.cli.grammar import rejected, usage_error
from handler.cli.option_names import option_of
from handler.errors import InvalidFields
from handler.problems import FieldProblem, shown
from handler.settings import CropSettings, OutputSize, read_object, validate_settings
from handler.settings.effects import MODES

FILENAME = ".smart-crop.json"
"""Name of the file with presets: a JSON object with the settings of each by its name."""

DEFAULT_MODE = "auto"
"""Mode of the command line, unless a setting needs another one."""


def read_settings(
    text: str | None, options: Mapping[str, object]
) -> tuple[CropSettings, list[str]]:
    """Merge and validate the settings.

    Without a mode, the mode is the only one in which a given setting has an effect, such as subject
    for ``--strategy``, or auto.

    Args:
        text: the JSON object of ``--settings``, or None.
        options: value of each setting by its JSON name, with ``preset`` and ``size``; None for an
            option that is not given.

    Returns:
        The settings, and the warnings about them.

    Raises:
        SettingsNotJson: ``text`` is not JSON.
        InvalidSettings: a setting is out of range or of the wrong type.
        click.UsageError: the preset does not exist, or the size is not accepted.
    """
    given = {name: value for name, value in options.items() if value is not None}
    preset, size = given.pop("preset", None), given.pop("size", None)
    values = {**_preset(str(preset)), **read_object(text)} if preset else read_object(text)
    if size is not None:
        values.pop("sizes", None)
        given |= _sides(str(size), given)
    values |= given
    return validate_settings({"mode": _mode_for(values), **values}, keeps_aspect=True)


def read_settings_or_fail(
    text: str | None, options: Mapping[str, object]
) -> tuple[CropSettings, list[str]]:
    """Return the settings of `read_settings`.

    Raises:
        click.UsageError: they are not accepted. The error names the options.
    """
    try:
        return read_settings(text, options)
    except InvalidFields as error:
        names = {
            field.alias or name: _source(name, field.alias or name, text, options)
            for name, field in CropSettings.model_fields.items()
        }
        raise rejected(error, {**names, "settings": "--settings"}) from error


def preset_names() -> list[str]:
    """Return the names of all presets; the list is empty if there is no file, or a broken one."""
    try:
        return list(_presets())
    except click.UsageError:
        return []


def _mode_for(values: Mapping[str, object]) -> str:
    needed = {modes for name in values if len(modes := MODES.get(name, frozenset())) == 1}
    return next(iter(needed.pop())) if len(needed) == 1 else DEFAULT_MODE


def _source(name: str, alias: str, text: str | None, options: Mapping[str, object]) -> str:
    """Return the name of a setting in errors, by the origin of its value."""
    if options.get(alias) is not None:
        return option_of(name)
    try:
        in_json = alias in read_object(text)
    except InvalidFields:
        in_json = False
    if in_json or not options.get("preset"):
        return f"--settings, {alias}"
    return f"--preset {options['preset']}, {alias}"


def _preset(name: str) -> dict[str, Any]:
    presets = _presets()
    settings = presets.get(name)
    if isinstance(settings, dict):
        return settings
    if name in presets:
        raise usage_error([FieldProblem(f"--preset {name}", "an object", shown(settings))])
    expected = f"one of {', '.join(presets)}" if presets else f"a name in a file {FILENAME}"
    raise usage_error([FieldProblem("--preset", expected, name)])


def _presets() -> dict[str, Any]:
    """Return the presets of the nearest file, from the working directory upwards.

    Raises:
        click.UsageError: the file cannot be read, or is not a JSON object.
    """
    here = Path.cwd()
    for folder in (here, *here.parents):
        path = folder / FILENAME
        if not path.is_file():
            continue
        try:
            return read_object(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise click.UsageError(f"{path}: expected a readable file, received {error}") from error
        except InvalidFields as error:
            raise rejected(error, {"settings": str(path)}) from error
    return {}


def _sides(text: str, given: Mapping[str, object]) -> dict[str, int]:
    """Return width and height of ``--size``.

    Raises:
        click.UsageError: it is not a size, or given together with another one.
    """
    for name in ("width", "height", "sizes"):
        if name in given:
            raise usage_error([FieldProblem("--size", "no other size", f"--{name} as well")])
    try:
        size = OutputSize.model_validate(text)
    except ValueError as error:
        expected = "WIDTHxHEIGHT such as 400x400, or a name that `smart-crop sizes` lists"
        raise usage_error([FieldProblem("--size", expected, text)]) from error
    return {"width": size.width, "height": size.height}
