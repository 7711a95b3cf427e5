import json
import re
import subprocess
import sys
from typing import Any

import click
import pytest

from handler.cli.commands import analyze, crop
from handler.cli.presets import read_settings
from handler.errors import InvalidSettings
from handler.settings import CropSettings, parse_settings

# For each setting, the argument of its flag, and the same value in JSON.
VALUES: dict[str, tuple[str, Any]] = {
    "mode": ("content", "content"),
    "strategy": ("entropy", "entropy"),
    "width": ("640", 640),
    "height": ("480.0", 480),
    "sizes": ("16:9, 30x20", ["16:9", "30x20"]),
    "padding": ("7", 7),
    "facePreset": ("upper-body", "upper-body"),
    "sensitivity": ("0.25", 0.25),
    "faces": ("largest", "largest"),
    "onNoFaces": ("error", "error"),
    "threshold": ("12", 12),
    "padColor": ("#123456", "#123456"),
    "targetSize": ("300", 300),
    "quality": ("80", 80),
    "format": ("JPG", "jpeg"),
}
# The mode of the command line, if a setting has an effect in one mode alone; otherwise it is auto.
NEEDED = {
    **{"strategy": "subject", "facePreset": "face", "onNoFaces": "face"},
    **dict.fromkeys(("threshold", "targetSize"), "trim"),
}
# A colour that is also a JSON number is still text.
INVALID = {
    "mode": "portrait",
    "width": "0",
    "height": "wide",
    "sizes": '{"width":5}',
    "padding": "2.5",
    "sensitivity": "1.5",
    "threshold": "true",
    "padColor": "123",
    "targetSize": "16384",
    "quality": "1e3",
}


def typed(*arguments: str) -> dict[str, Any]:
    """Return the parameters that the command gets from flags."""
    context = analyze.make_context("analyze", ["a.jpg", *arguments])
    others = ("files", "settings", "overlay", "as_json")
    return {k: v for k, v in context.params.items() if k not in others}


def flag_of(alias: str) -> str:
    return "--" + "".join(f"-{c.lower()}" if c.isupper() else c for c in alias)


@pytest.mark.parametrize("command", [analyze, crop])
def test_every_setting_has_a_flag_with_its_description(command: click.Command) -> None:
    with click.Context(command) as context:
        flags = {option.opts[-1]: option for option in command.get_params(context)}
    for field in CropSettings.model_fields.values():
        option = flags[flag_of(field.alias or "")]
        assert isinstance(option, click.Option)
        assert field.description is not None
        # Names of several words are those of options; the aspect is kept on the command line only.
        described = re.sub(r"\b[a-z]+[A-Z]\w*", lambda name: flag_of(name[0]), field.description)
        if field.alias in ("width", "height"):
            described = described.partition(". It has its default")[0]
        assert (option.help or "").startswith(described)


def test_the_help_of_a_group_does_not_repeat_its_mode() -> None:
    text = " ".join(crop.get_help(click.Context(crop)).split())

    assert "--target-size INTEGER Side of the padded square in pixels; implies --pad-to-sq" in text
    assert "Without --height, it keeps the aspect ratio of its picture." in text


@pytest.mark.parametrize("alias", VALUES)
def test_a_flag_sets_its_setting(alias: str) -> None:
    text, value = VALUES[alias]
    by_flag, _ = read_settings(None, typed(flag_of(alias), text))
    by_json, _ = parse_settings(json.dumps({"mode": NEEDED.get(alias, "auto"), alias: value}))
    assert by_flag == by_json != CropSettings()
    assert by_flag.model_fields_set == by_json.model_fields_set


@pytest.mark.parametrize(
    ("flag", "value"), [("--pad-to-square", True), ("--no-pad-to-square", False)]
)
def test_a_boolean_has_a_flag_for_true_and_one_for_false(flag: str, value: bool) -> None:
    settings, _ = read_settings(json.dumps({"padToSquare": not value}), typed(flag))
    assert settings.pad_to_square is value


def test_sizes_are_separated_by_commas_or_json() -> None:
    text = '["1:1",{"width":30,"height":20,"name":"small"}]'
    by_flag, _ = read_settings(None, typed("--sizes", text))
    assert by_flag == parse_settings(f'{{"mode":"auto","sizes":{text}}}')[0]
    with pytest.raises(InvalidSettings, match=r"sizes\.1: expected WIDTHxHEIGHT"):
        read_settings(None, typed("--sizes", "1:1,large"))


def test_constraints_are_numbers_separated_by_commas_or_json() -> None:
    box = {"left": 10, "top": 0, "width": 20, "height": 30}
    both = {"focus": {"x": 0.25, "y": 1}, "keep": [box, box]}
    expected, _ = parse_settings(json.dumps({"mode": "auto", **both}))
    short = typed("--focus", ".25,1", "--keep", "10.0,0,20,30;10,0, 20,30")
    long = typed("--focus", '{"x":0.25,"y":1}', "--keep", json.dumps([box, box]))
    assert read_settings(None, short)[0] == read_settings(None, long)[0] == expected


@pytest.mark.parametrize(
    ("flag", "text", "received"),
    [
        *(("--focus", text, text) for text in ("1", "a,b", "1,2,3", "[0.5,0.5]")),
        ("--focus", "", "nothing"),
        *(("--keep", text, text) for text in ("1,2,3", "1,2,3,x")),
        ("--keep", "1,2,3,4;", "nothing"),
    ],
)
def test_a_point_or_box_of_other_than_numbers_names_its_form(
    flag: str, text: str, received: str
) -> None:
    form = {"--focus": "X,Y", "--keep": "LEFT,TOP,WIDTH,HEIGHT"}[flag]
    with pytest.raises(click.BadParameter) as raised:
        typed(flag, text)
    assert raised.value.message == f"expected {form} as numbers, or JSON, received {received}"


@pytest.mark.parametrize(
    ("flag", "text"),
    [
        *(("--focus", text) for text in ("nan,0", "inf,0", "0.5,300", "-1,0")),
        *(("--keep", text) for text in ('{"left":1}', "0,0,nan,1")),
    ],
)
def test_a_malformed_point_or_box_is_rejected(flag: str, text: str) -> None:
    with pytest.raises(InvalidSettings, match=flag.strip("-")):
        read_settings(None, typed(flag, text))


def test_sizes_with_width_are_one_warning() -> None:
    text = '{"sizes":["1:1"],"width":5,"zoom":2}'
    _, warnings = read_settings(text, typed("--height", "6"))
    assert warnings == [
        "zoom: unknown setting, ignored",
        "width, height: ignored, because sizes is set",
    ]


def test_settings_without_a_flag_are_those_of_the_json() -> None:
    text = '{"padToSquare":true,"mode":"content","width":5}'
    assert read_settings(text, typed()) == parse_settings(text)
    merged, _ = read_settings(text, typed("--height", "6"))
    assert merged == parse_settings(text[:-1] + ',"height":6}')[0]


@pytest.mark.parametrize("alias", INVALID)
def test_a_flag_is_rejected_with_the_text_of_the_api(alias: str) -> None:
    text = INVALID[alias]
    is_text = alias in ("mode", "padColor") or text == "wide"
    with pytest.raises(InvalidSettings) as by_json:
        parse_settings(f"{{{json.dumps(alias)}:{json.dumps(text) if is_text else text}}}")
    with pytest.raises(InvalidSettings) as by_flag:
        read_settings(None, typed(flag_of(alias), text))
    assert by_flag.value.details == by_json.value.details
    assert (by_flag.value.details or "").startswith(f"{alias}: ")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "9" * 5000, "[" * 5000, "{}", "null", ""])
@pytest.mark.parametrize("flag", ["--width", "--sensitivity", "--target-size"])
def test_a_flag_that_is_not_a_number_is_rejected(flag: str, text: str) -> None:
    with pytest.raises(InvalidSettings, match=flag.strip("-").split("-")[0]):
        read_settings(None, typed(flag, text))


@pytest.mark.parametrize(
    ("arguments", "not_loaded"),
    [
        (["--help"], {"numpy", "PIL", "pydantic", "fastapi", "uvicorn"}),
        (["--version"], {"numpy", "PIL", "pydantic", "fastapi", "uvicorn"}),
        (["serve", "--help"], {"numpy", "PIL", "pydantic", "fastapi", "uvicorn"}),
        (["crop", "--help"], {"fastapi", "uvicorn", "obstore", "aws_lambda_powertools"}),
        (["analyze", "missing.jpg"], {"fastapi", "uvicorn"}),
    ],
)
def test_a_command_loads_only_what_it_needs(arguments: list[str], not_loaded: set[str]) -> None:
    code = (
        "import sys; from handler.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "finally: print('loaded:', *sys.modules)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    *_, loaded = ran.stdout.splitlines()
    assert loaded.startswith("loaded: ")
    assert not not_loaded & set(loaded.split())


def test_the_version_is_printed() -> None:
    ran = subprocess.run(
        [sys.executable, "-c", "from handler.cli import main; main()", "--version"],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )
    assert ran.stdout.startswith("smart-crop, version ")
