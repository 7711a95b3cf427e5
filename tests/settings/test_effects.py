"""Warnings about settings that have no effect together with the others."""

import json
from typing import Any

import pytest

from handler.settings import CropSettings, parse_settings
from handler.settings.effects import MODES

# A value of each setting that has an effect in some modes only.
VALUES: dict[str, Any] = {
    "strategy": "attention",
    "width": 300,
    "height": 300,
    "padding": 5,
    "facePreset": "head-shoulders",
    "sensitivity": 0,
    "faces": "all",
    "onNoFaces": "subject",
    "threshold": 0,
    "background": "corner",
    "lineArt": True,
    "trimMargin": 1,
    "padToSquare": True,
    "targetSize": 10,
}
# Settings that have an effect in every mode, or whose effect the picture decides.
OTHERS = {"mode", "enlarge", "sizes", "focus", "keep", "avoid", "padColor", "quality", "format"}
OTHERS |= {"frames", "effort"}
# As SnapOtter's page sends them.
ALL_OF_THE_REFERENCE = {
    "mode": "subject",
    "strategy": "attention",
    "width": 1080,
    "height": 1080,
    "padding": 0,
    "facePreset": "head-shoulders",
    "sensitivity": 0.5,
    "threshold": 30,
    "padToSquare": False,
    "padColor": "#ffffff",
    "targetSize": None,
    "quality": 95,
}


def warnings_of(**settings: object) -> list[str]:
    return parse_settings(json.dumps(settings))[1]


def test_every_setting_has_its_modes() -> None:
    aliases = {field.alias for field in CropSettings.model_fields.values()}

    assert set(VALUES) == set(MODES)
    assert OTHERS | set(MODES) == aliases


@pytest.mark.parametrize("mode", ["subject", "face", "trim", "auto"])
def test_settings_without_effect_in_the_mode_are_one_warning(mode: str) -> None:
    without = [name for name, modes in MODES.items() if mode not in modes]
    (warning,) = warnings_of(mode=mode, **VALUES)
    names, reason = warning.split(": ")

    assert set(names.split(", ")) == set(without)
    assert reason == f"ignored, because mode is {mode}"


@pytest.mark.parametrize("name", VALUES)
def test_a_setting_with_an_effect_has_no_warning(name: str) -> None:
    for mode in MODES[name]:
        sides = {"width": 1, "height": 1} if name in ("width", "height") else {}
        assert warnings_of(mode=mode, **{**sides, name: VALUES[name]}) == []


@pytest.mark.parametrize(
    "nothing",
    [
        *({"padding": 0, "mode": "trim"}, {"trimMargin": 0}, {"padToSquare": False}),
        *({"targetSize": None}, {"focus": None}, {"keep": []}, {"sizes": [], "mode": "trim"}),
    ],
)
def test_a_value_that_requests_nothing_has_no_warning(nothing: dict[str, object]) -> None:
    assert warnings_of(**nothing) == []


def test_defaults_that_a_client_does_not_send_have_no_warning() -> None:
    assert warnings_of() == warnings_of(mode="face") == warnings_of(mode="trim") == []


def test_a_client_that_sends_every_setting_gets_one_sentence() -> None:
    assert warnings_of(**ALL_OF_THE_REFERENCE) == [
        "facePreset, sensitivity, threshold: ignored, because mode is subject"
    ]


def test_settings_that_are_kept_for_later_have_the_same_warnings() -> None:
    given = json.dumps({**ALL_OF_THE_REFERENCE, "zoom": None, "targetSize": None})
    settings, warnings = parse_settings(given)

    again, later = parse_settings(settings.as_given())

    assert (again, [warnings[0], *later]) == (settings, warnings)
    assert again.model_fields_set == settings.model_fields_set


def test_a_square_that_is_switched_off_and_has_a_side_is_a_warning() -> None:
    assert warnings_of(mode="trim", padToSquare=False, targetSize=9) == [
        "padToSquare: ignored, because targetSize is set"
    ]
    assert warnings_of(mode="trim", padToSquare=True, targetSize=9) == []


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"width": 300}, ["height: not set, so the default of 1,080 pixels is used"]),
        ({"height": 300}, ["width: not set, so the default of 1,080 pixels is used"]),
        ({"width": 300, "height": 300}, []),
        (
            {"width": 300, "sizes": ["1:1"]},
            ["width, height: ignored, because sizes is set"],
        ),
        ({"width": 300, "mode": "trim"}, ["width: ignored, because mode is trim"]),
    ],
)
def test_a_side_without_the_other_names_the_default(
    settings: dict[str, object], expected: list[str]
) -> None:
    assert warnings_of(**settings) == expected
