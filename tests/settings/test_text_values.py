from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.errors import InvalidSettings
from handler.settings import CropSettings, validate_settings
from handler.settings.text_values import settings_from_text

BOX = {"left": 0.1, "top": 0.2, "width": 0.3, "height": 0.4}


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("width", "300", 300),
        ("width", " +300 ", 300),
        ("width", "300.0", 300.0),
        ("width", "3e2", 300.0),
        ("width", "300px", "300px"),
        ("width", "0x10", "0x10"),
        ("width", "true", "true"),
        ("width", "NaN", "NaN"),
        ("width", "1_000", "1_000"),
        ("width", "٣", "٣"),
        ("targetSize", "300", 300),
        ("sensitivity", ".5", 0.5),
        ("sensitivity", "-1", -1),
        ("sensitivity", "1e999", float("inf")),
        ("padToSquare", "true", True),
        ("padToSquare", "on", True),
        ("padToSquare", "No", False),
        ("padToSquare", "0", False),
        ("padToSquare", "2", "2"),
        ("mode", "face", "face"),
        ("mode", "1", "1"),
        ("padColor", "#123456", "#123456"),
        ("padColor", "000000", "000000"),
        ("focus", '{"x": 0.5, "y": 1}', {"x": 0.5, "y": 1}),
        ("focus", "{x: 1}", "{x: 1}"),
        ("focus", "0.5,0.5", "0.5,0.5"),
        ("sizes", "1:1,300x200", ["1:1", "300x200"]),
        ("sizes", '["1:1", {"width": 5, "height": 5}]', ["1:1", {"width": 5, "height": 5}]),
        ("sizes", '{"width": 5, "height": 5}', [{"width": 5, "height": 5}]),
        ("sizes[]", "1:1", ["1:1"]),
        ("sizes", "[1:1]", ["[1:1]"]),
        ("keep", "[]", []),
        ("unknown", "5", "5"),
        ("unknown[]", "5", "5"),
    ],
)
def test_a_text_becomes_a_value_of_the_setting_s_type(name: str, text: str, value: Any) -> None:
    values = settings_from_text([(name, text)])

    assert list(values.values()) == [value]
    assert type(next(iter(values.values()))) is type(value)


def test_fields_of_the_same_name_are_a_list_or_the_last_one_counts() -> None:
    fields = [
        ("sizes", "1:1"),
        ("sizes", "16:9,30x20"),
        ("width", "1"),
        ("width", "2"),
        ("keep", str(BOX).replace("'", '"')),
        ("keep", str([BOX]).replace("'", '"')),
    ]

    values = settings_from_text(fields)

    assert values == {"sizes": ["1:1", "16:9", "30x20"], "width": 2, "keep": [BOX, BOX]}


def test_an_empty_field_stands_for_the_default() -> None:
    assert settings_from_text([("width", ""), ("targetSize", " "), ("mode", "")]) == {}


def test_every_setting_can_be_a_text() -> None:
    texts = {
        **{"mode": "trim", "strategy": "entropy", "width": "5", "height": "6", "sizes": ""},
        **{"focus": '{"x":0,"y":1}', "keep": "[]", "avoid": "[]", "padding": "1"},
        **{"facePreset": "closeup", "sensitivity": "0.1", "faces": "largest"},
        **{"onNoFaces": "error", "threshold": "3", "padToSquare": "true", "padColor": "#abc"},
        **{"targetSize": "9", "background": "auto", "trimMargin": "2", "quality": "3"},
        "format": "png",
    }
    known = [field.alias for field in CropSettings.model_fields.values()]

    settings, warnings = validate_settings(settings_from_text(list(texts.items())))

    assert set(texts) <= set(known)
    assert [each for each in warnings if "ignored, because" not in each] == []
    assert settings.model_dump(exclude_defaults=True).keys() >= {"pad_to_square", "sensitivity"}


@given(
    st.lists(
        st.tuples(
            st.sampled_from([field.alias or "" for field in CropSettings.model_fields.values()]),
            st.one_of(st.text(), st.from_regex(r"[-+]?\d{0,500}\.?\d*(e\d{1,4})?", fullmatch=True)),
        )
    )
)
def test_no_text_causes_an_unexpected_error(fields: list[tuple[str, str]]) -> None:
    with suppress(InvalidSettings):
        validate_settings(settings_from_text(fields))
