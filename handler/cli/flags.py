"""The options for settings, generated from the JSON schema and grouped by mode."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from types import MappingProxyType
from typing import Any

import click
from click.shell_completion import CompletionItem

from handler.cli.option_names import in_camel_case_named, option_of

# Settings with a short option.
_SHORT = {"mode": "-m", "width": "-w", "height": "-H", "quality": "-q"}
_DEFAULT_MODE = "auto, or the mode that the other options need"
# Title of each group in the help, and the modes in which its settings have an effect; see `MODES`
# of `handler.settings.effects`. Settings of other combinations have an effect in most modes.
_GROUPS = {
    "Subject mode": ({"subject"},),
    "Face and auto mode": ({"face"}, {"face", "auto"}),
    "Trim mode": ({"trim"},),
}
_EVERY_MODE = "Settings"
_MAX_DIGITS = 10
# Help that differs from the descriptions of the API.
_ONE_SIDE = "{} of the result in pixels. Without {}, it keeps the aspect ratio of its picture."
_HELP = {
    "width": _ONE_SIDE.format("Width", "--height"),
    "height": _ONE_SIDE.format("Height", "--width"),
}


class SettingsCommand(click.Command):
    """A command with the options for settings.

    The options are generated at the first use, because the schema of the settings loads slowly.
    """

    def __init__(
        self, *args: Any, examples: Mapping[str, str] = MappingProxyType({}), **attributes: Any
    ) -> None:
        """Create a command.

        Args:
            *args: see `click.Command`.
            examples: arguments of commands that end the help, each with its meaning.
            **attributes: see `click.Command`.
        """
        super().__init__(*args, **attributes)
        self._examples = examples

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the command's own parameters, those for settings, and ``--help``."""
        help_option = self.get_help_option(ctx)
        return [*self.params, *settings_options(), *([help_option] if help_option else [])]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options by group: the command's own, then those for settings by mode."""
        help_option = self.get_help_option(ctx)
        own = [each for each in self.params if isinstance(each, click.Option)]
        own += [help_option] if help_option else []
        for title, options in {"Options": own, **_by_group()}.items():
            rows = [row for option in options if (row := option.get_help_record(ctx))]
            with formatter.section(title):
                formatter.write_dl([(names, _in_group(title, text)) for names, text in rows])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        with formatter.section("Examples"):
            for arguments, meaning in self._examples.items():
                indent = " " * formatter.current_indent
                formatter.write(f"{indent}{ctx.command_path} {arguments}\n{indent}    {meaning}\n")


def _by_group() -> Mapping[str, Sequence[click.Option]]:
    """Return the options for settings by the title of their group."""
    from handler.settings.effects import MODES

    groups: dict[str, list[click.Option]] = {title: [] for title in (_EVERY_MODE, *_GROUPS)}
    for option in settings_options():
        modes = set(MODES.get(option.name or "", ()))
        found = (title for title, listed in _GROUPS.items() if modes in listed)
        groups[next(found, _EVERY_MODE)].append(option)
    return groups


def _in_group(title: str, text: str) -> str:
    """Return the help of an option without the mode that the title of its group has."""
    for start in (f"{title}: ", f"{title.removesuffix(' mode')}: "):
        if text.startswith(start):
            rest = text.removeprefix(start)
            return rest[:1].upper() + rest[1:]
    return text


class _Value(click.ParamType[Any]):
    """The value of a setting, which is validated with all others."""

    name = "value"

    def __init__(self, read: Callable[[str], object], words: Sequence[str] = ()) -> None:
        self._read = read
        self._words = words

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value as JSON has it."""
        return self._read(value) if isinstance(value, str) else value

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the words that begin with a text; of a list, its last item is completed."""
        before, comma, last = incomplete.rpartition(",")
        return [
            CompletionItem(f"{before}{comma}{word}")
            for word in self._words
            if word.startswith(last)
        ]


class _PresetName(click.ParamType[str]):
    """The name of a preset, which is looked up with the settings."""

    name = "name"

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names of presets that begin with a text."""
        from handler.cli.presets import preset_names

        return [CompletionItem(name) for name in preset_names() if name.startswith(incomplete)]


@cache
def settings_options() -> list[click.Option]:
    """Return the options for settings: one for each, and those for several at once."""
    from handler.settings import PRESETS, CropSettings

    properties = CropSettings.model_json_schema(by_alias=True)["properties"]
    single = [
        _option(name, field.alias or name, properties[field.alias or name])
        for name, field in CropSettings.model_fields.items()
    ]
    size = click.Option(
        ["-s", "--size"],
        type=_Value(str, tuple(PRESETS)),
        metavar="WIDTHxHEIGHT|NAME",
        help="Width and height at once, such as 400x400 or 16:9; `smart-crop sizes` lists the "
        "names.",
    )
    preset = click.Option(
        ["--preset"],
        type=_PresetName(),
        metavar="NAME",
        help="Settings with this name in the file .smart-crop.json, which is searched for from the "
        "working directory upwards; --settings and the options take precedence.",
    )
    whole = click.Option(
        ["--settings"],
        metavar="JSON",
        help="Settings as one JSON object, as in the API; the options take precedence.",
    )
    return [size, *single, preset, whole]


def _option(name: str, alias: str, schema: Mapping[str, Any]) -> click.Option:
    flag = option_of(name)
    # An optional setting is a union of its type and null.
    schema = {**schema, **next(iter(schema.get("anyOf", ())), {})}
    if alias == "mode":
        schema["default"] = _DEFAULT_MODE
    schema["description"] = _HELP.get(alias, schema["description"])
    help_ = in_camel_case_named(_help(schema))
    if schema.get("type") == "boolean":
        return click.Option(
            [f"{flag}/{flag.replace('--', '--no-', 1)}", alias], default=None, help=help_
        )
    if alias in _FORMS:
        read, metavar = _FORMS[alias]
    else:
        read, metavar = _READERS.get(schema.get("type", ""), _json_value), _metavar(schema)
    names = [*filter(None, [_SHORT.get(alias)]), flag, alias]
    return click.Option(names, type=_Value(read, _words(schema)), metavar=metavar, help=help_)


def _words(schema: Mapping[str, Any]) -> Sequence[str]:
    """Return the words that a setting accepts, for completion."""
    if "items" in schema:
        return [word for each in schema["items"].get("anyOf", ()) for word in each.get("enum", ())]
    words: Sequence[str] = schema.get("enum", ())
    return words


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
    """Return numbers separated by commas, by name.

    Raises:
        click.BadParameter: the text is anything else.
    """
    try:
        return dict(zip(names, map(float, text.split(",")), strict=True))
    except ValueError as error:
        expected = f"{','.join(names).upper()} as numbers, or JSON"
        raise click.BadParameter(f"expected {expected}, received {text or 'nothing'}") from error


def _frames(text: str) -> object:
    """Return the number of a frame, or a word."""
    return int(text) if text.isdecimal() and len(text) < _MAX_DIGITS else text


_BOXES = (_boxes, "LEFT,TOP,WIDTH,HEIGHT;…|JSON")
# Settings with a short form on the command line: its reader, and its name in the help.
_FORMS: dict[str, tuple[Callable[[str], object], str]] = {
    "focus": (_point, "X,Y|JSON"),
    "keep": _BOXES,
    "avoid": _BOXES,
    "frames": (_frames, "all|first|NUMBER"),
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
