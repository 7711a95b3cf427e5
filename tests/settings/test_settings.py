import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.core.geometry import Size
from handler.errors import InvalidSettings, SettingsNotJson, SmartCropError
from handler.settings import CropSettings, parse_settings, validate_settings
from handler.settings.effects import MODES

# JSON name: default, accepted values, rejected values.
TABLE: dict[str, tuple[object, list[object], list[object]]] = {
    "mode": (
        "subject",
        ["subject", "face", "trim", "auto"],
        ["", "Subject", "best", 1, None, ["face"]],
    ),
    "strategy": ("attention", ["attention", "entropy", "saliency"], ["centre", "", 0, None]),
    "width": (1080, [1, 1080, 16_383], [0, -1, 16_384, 1.5, "1080", True, None, [1], {}]),
    "height": (1080, [1, 1080, 16_383], [0, -1, 16_384, 1.5, "1080", True, None, [1], {}]),
    # Each size has its own tests in tests/sizes.
    "sizes": (
        [],
        [[]],
        ["1:1", 1, {}, True, ["1:1"] * 2, ["16384x1"], [f"{n}x9" for n in range(1, 34)]],
    ),
    # Their objects have their own tests, too.
    "focus": (None, [None], ["centre", 0.5, [0.5, 0.5]]),
    "keep": ([], [[]], ["all", 1, {}, None]),
    "avoid": ([], [[]], ["all", 1, {}, None]),
    "enlarge": (True, [True, False], [0, 1, "false", None]),
    "padding": (0, [0, 50], [-1, 51, 0.5, "10", False, None]),
    "facePreset": (
        "head-shoulders",
        ["closeup", "head-shoulders", "upper-body", "half-body"],
        ["full-body", "CLOSEUP", 1, None],
    ),
    "sensitivity": (0.5, [0, 0.25, 1], [-0.01, 1.01, "0.5", True, None]),
    "threshold": (30, [0, 255], [-1, 256, 0.5, "30", True, None]),
    "padToSquare": (False, [True, False], [0, 1, "true", None]),
    "padColor": (
        "#ffffff",
        ["#fff", "#ffff", "#a1B2c3", "#11223344", "transparent"],
        ["", "wite", "fff", "#ff", "#fffff", "#gggggg", "#fff\n", " #fff", "corner", 16, None],
    ),
    "targetSize": (None, [1, 16_383], [0, 16_384, 0.5, "100", True]),
    "background": (
        "corner",
        ["corner", "auto", "#fff", "#80ff0010", "transparent"],
        ["", "wite", "Corner", 16, None],
    ),
    "lineArt": (False, [True, False], [0, 1, "true", None]),
    "trimMargin": (0, [0, 50], [-1, 51, 2.5, "5", None]),
    "quality": (95, [1, 100], [0, 101, 80.5, "95", True, None]),
    "effort": ("standard", ["standard", "high"], ["", "low", 6, True, None]),
    "format": (
        "auto",
        ["auto", "jpeg", "png", "webp", "avif", "tiff", "gif"],
        ["", "bmp", "heic", "jpeg ", "image", 1, None],
    ),
    "faces": ("all", ["all", "largest"], ["two", 1, None]),
    "onNoFaces": ("subject", ["subject", "error"], ["", "fail", 1, None]),
    "frames": ("all", ["all", "first", 1, 500], ["", "last", "3", 0, -1, 1.5, True, None]),
}
NAMES = {field.alias: name for name, field in CropSettings.model_fields.items()}


def with_effect(name: str) -> dict[str, object]:
    """Return settings with which another one has an effect."""
    mode: str = min(MODES.get(name, {"subject"}))
    sides = {"width": 100, "height": 100} if name in ("width", "height") else {}
    return {"mode": mode, **sides}


def test_the_table_holds_every_setting() -> None:
    assert set(TABLE) == set(NAMES)


@pytest.mark.parametrize("name", TABLE)
def test_a_setting_that_is_absent_has_its_default(name: str) -> None:
    settings, warnings = parse_settings("{}")

    assert getattr(settings, NAMES[name]) == TABLE[name][0]
    assert warnings == []


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, row in TABLE.items() for value in row[1]]
)
def test_a_value_in_range_is_accepted(name: str, value: object) -> None:
    settings, warnings = parse_settings(json.dumps({**with_effect(name), name: value}))

    assert getattr(settings, NAMES[name]) == value
    assert warnings == []


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, row in TABLE.items() for value in row[2]]
)
def test_a_value_out_of_range_or_of_another_type_is_named(name: str, value: object) -> None:
    with pytest.raises(InvalidSettings) as caught:
        parse_settings(json.dumps({name: value}))

    assert caught.value.status == 400
    assert caught.value.error == "Invalid settings"
    assert {each.field.partition(".")[0] for each in caught.value.problems} == {name}


def test_all_settings_that_are_not_accepted_are_named_at_once() -> None:
    with pytest.raises(InvalidSettings) as caught:
        parse_settings(json.dumps({name: row[2][0] for name, row in TABLE.items()}))

    assert sorted(each.field for each in caught.value.problems) == sorted(TABLE)


@pytest.mark.parametrize(("alias", "mode"), [("attention", "subject"), ("content", "trim")])
def test_the_older_names_of_modes_are_accepted(alias: str, mode: str) -> None:
    assert parse_settings(json.dumps({"mode": alias}))[0].mode == mode


@pytest.mark.parametrize(
    ("written", "format_"),
    [
        *(("jpg", "jpeg"), ("JPG", "jpeg"), ("JPEG", "jpeg"), (".jpg", "jpeg"), ("jpe", "jpeg")),
        *(("tif", "tiff"), ("TIFF", "tiff"), ("Png", "png"), ("image/webp", "webp")),
        *(("image/jpeg", "jpeg"), ("AUTO", "auto")),
    ],
)
def test_a_format_may_be_an_extension_or_in_upper_case(written: str, format_: str) -> None:
    settings, warnings = parse_settings(json.dumps({"format": written}))

    assert (settings.format, warnings) == (format_, [])
    assert settings.canonical() == parse_settings(json.dumps({"format": format_}))[0].canonical()


@pytest.mark.parametrize("name", ["width", "height", "padding", "threshold", "quality"])
def test_a_whole_number_may_have_a_decimal_point(name: str) -> None:
    settings, _ = parse_settings(f'{{"{name}": 40.0}}')

    value = getattr(settings, name)
    assert (value, type(value)) == (40, int)


@pytest.mark.parametrize("number", ["1e400", "-1e400", "9" * 5000, "1e308", "-" + "9" * 5000])
def test_a_huge_number_is_out_of_range(number: str) -> None:
    with pytest.raises(InvalidSettings, match="width: "):
        parse_settings(f'{{"width": {number}}}')


def test_width_and_height_have_no_limit_together() -> None:
    """The budget of the job rejects what needs too much memory."""
    assert parse_settings('{"width": 16383, "height": 16383}')[0].request().target == Size(
        16_383, 16_383
    )


@pytest.mark.parametrize("text", [None, "", " \r\n\t"])
def test_empty_settings_are_the_defaults(text: str | None) -> None:
    assert parse_settings(text) == (CropSettings(), [])


@pytest.mark.parametrize(
    "text",
    [
        *("{", "}", "{}{}", "subject", "{width: 1}", "{'width': 1}", '{"width": 1,}'),
        *('{"width": NaN}', '{"width": Infinity}', '{"x": -Infinity}', '{"x": 01}', "\ufeff{}"),
        *("[" * 100_000, '{"a":' * 100_000),
    ],
)
def test_text_that_is_not_json(text: str) -> None:
    with pytest.raises(SettingsNotJson):
        parse_settings(text)


@pytest.mark.parametrize("text", ["[]", "[{}]", "null", "0", '"{}"', "false"])
def test_json_that_is_not_an_object(text: str) -> None:
    with pytest.raises(InvalidSettings, match="settings: expected an object, received"):
        parse_settings(text)


def test_unknown_settings_are_ignored_and_named_in_order() -> None:
    settings, warnings = parse_settings(
        '{"zoom": 2, "width": 7, "height": 7, "face_preset": 1, "": 0}'
    )

    assert settings.width == 7
    assert warnings == [
        "zoom: unknown setting, ignored",
        "face_preset: unknown setting, ignored",
        ": unknown setting, ignored",
    ]


def test_a_warning_is_short_and_valid_utf_8() -> None:
    _, warnings = parse_settings('{"%s": 1, "\\udfff": 1}' % ("x" * 1000))

    assert warnings == ["x" * 64 + ": unknown setting, ignored", "?: unknown setting, ignored"]


def test_parsed_settings_are_validated_in_the_same_way() -> None:
    settings, warnings = validate_settings({"mode": "content", "trimMargin": 12.0, "no": None})

    assert (settings.mode, settings.trim_margin) == ("trim", 12)
    assert warnings == ["no: unknown setting, ignored"]
    with pytest.raises(InvalidSettings, match="quality: "):
        validate_settings({"quality": 0})


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


def status_of(text: str) -> int:
    """Return the HTTP status for settings; unexpected errors are raised."""
    try:
        settings, warnings = parse_settings(text)
    except SmartCropError as error:
        json.dumps(error.answer(), ensure_ascii=False).encode()
        return error.status
    json.dumps(warnings, ensure_ascii=False).encode()
    return 200 if 1 <= settings.request().target.area <= 16_383**2 else 500


@given(values=st.dictionaries(st.sampled_from([*TABLE]) | st.text(), VALUES, max_size=5))
def test_no_object_causes_an_unexpected_error(values: dict[str, Any]) -> None:
    assert status_of(json.dumps(values)) in (200, 400)


@given(text=st.text())
def test_no_text_causes_an_unexpected_error(text: str) -> None:
    assert status_of(text) in (200, 400)
