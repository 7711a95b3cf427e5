"""The form of validation errors, for every setting and every JSON body."""

import json
import math
from copy import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from handler.api.json_body import StoredImage, StoredImages, UploadRequest
from handler.config import Config
from handler.errors import InvalidSettings
from handler.settings import CropSettings, parse_settings, validate_settings
from handler.settings.validation import problems_of

PARTS = ["x", "y", "left", "top", "width", "height", "name"]
NAMES = [field.alias or "" for field in CropSettings.model_fields.values()]
BODY_NAMES = ["key", "keys", "filename", "contentType"]
FORBIDDEN = ["Input should", "^", "\\", "pattern", "Value error", "handler.", "pydantic"]
# Answers contain what the client sent; these letters do not make a forbidden text.
TEXT = st.text("abx#0189:.é ", max_size=80)
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | TEXT
ANY_JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=40)
        | st.dictionaries(TEXT, inner, max_size=4)
        | st.fixed_dictionaries({}, optional=dict.fromkeys(PARTS, inner))
    ),
    max_leaves=8,
)


def message(**settings: object) -> str:
    """Return the only error of some settings."""
    with pytest.raises(InvalidSettings) as caught:
        validate_settings(settings)
    (problem,) = caught.value.problems
    return problem.message


@given(name=st.sampled_from(NAMES), value=ANY_JSON)
def test_any_value_is_a_setting_or_an_error_in_plain_words(name: str, value: object) -> None:
    try:
        settings, warnings = validate_settings({name: value})
    except InvalidSettings as error:
        answer = error.answer()
        check(answer)
        assert all(each["field"].split(".")[0] == name for each in answer["errors"])
    else:
        assert isinstance(settings, CropSettings)
        assert all(name in warning or "not set" in warning for warning in warnings)


def check(answer: dict[str, Any]) -> None:
    """Check the fields of an answer, and that it has no internal terms."""
    json.dumps(answer, ensure_ascii=False, allow_nan=False).encode()
    assert answer["errors"]
    assert answer["details"] == "; ".join(each["message"] for each in answer["errors"])
    for each in answer["errors"]:
        field, expected, received = each["field"], each["expected"], each["received"]
        assert each == {
            "field": field,
            "message": f"{field}: expected {expected}, received {received}",
            "received": received,
            "expected": expected,
        }
        assert field
        assert expected != "another value"
        assert 0 < len(received) <= 70
    assert [text for text in FORBIDDEN if text in answer["details"]] == []


@given(model=st.sampled_from([StoredImage, StoredImages, UploadRequest]), value=ANY_JSON)
def test_any_body_is_a_request_or_an_error_in_plain_words(
    model: type[BaseModel], value: object
) -> None:
    for body in (dict.fromkeys(BODY_NAMES, value), {}):
        try:
            model.model_validate(body)
        except ValidationError as error:
            check(InvalidSettings(*problems_of(error, model, "body")).answer())


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"width": 0}, "width: expected a whole number from 1 to 16,383, received 0"),
        ({"padToSquare": None}, "padToSquare: expected true or false, received null"),
        ({"sensitivity": True}, "sensitivity: expected a number from 0 to 1, received true"),
        ({"mode": "x"}, 'mode: expected one of subject, face, trim, auto, received "x"'),
        (
            {"padColor": "reddish"},
            "padColor: expected a CSS colour name, #rgb, #rrggbb, #rrggbbaa, rgb() or transparent, "
            'received "reddish"',
        ),
        (
            {"background": [1]},
            "background: expected a CSS colour name, #rgb, #rrggbb, #rrggbbaa, rgb(), transparent, "
            "corner or auto, received [1]",
        ),
        ({"focus": 5}, "focus: expected null or an object with x and y, received 5"),
        ({"focus": {"x": 0}}, "focus.y: expected a number of at least 0, received nothing"),
        (
            {"focus": {"x": 0.5, "y": 300}},
            "focus: expected numbers that are all fractions, from 0 to 1, or all pixels, received "
            '{"x": 0.5, "y": 300',
        ),
        (
            {"focus": {"x": 0, "y": 0, "z": 1}},
            "focus.z: expected only the fields x and y, received 1",
        ),
        ({"keep": {}}, "keep: expected a list of at most 20 boxes, received {}"),
        (
            {"avoid": [1]},
            "avoid.0: expected an object with left, top, width and height, received 1",
        ),
        (
            {"keep": [{"left": -1, "top": 0, "width": 1, "height": 1}]},
            "keep.0.left: expected a number of at least 0, received -1",
        ),
        ({"targetSize": 0}, "targetSize: expected null or a whole number from 1 to 16,383, re"),
        ({"sensitivity": math.nan}, "sensitivity: expected a number from 0 to 1, received NaN"),
        ({"padding": 10**400}, "padding: expected a whole number from 0 to 50, received 1000"),
    ],
)
def test_an_error_has_the_field_what_is_expected_and_what_was_received(
    settings: dict[str, object], expected: str
) -> None:
    assert message(**settings).startswith(expected)


@pytest.mark.parametrize("value", ["x" * 500, ["x"] * 500, {"a": {"b": "c" * 500}}])
def test_a_long_value_is_shortened(value: object) -> None:
    text = message(quality=value).partition("received ")[2]

    assert len(text) <= 62
    assert text.rstrip('"').endswith("…")


def test_a_deep_value_is_shortened() -> None:
    with pytest.raises(InvalidSettings, match=r"received \[\[\[\["):
        parse_settings('{"padding": ' + "[" * 900 + "]" * 900 + "}")


def test_a_lone_surrogate_is_replaced() -> None:
    with pytest.raises(InvalidSettings) as caught:
        parse_settings('{"padding": "\\ud800", "focus": {"\\udfff": 1}}')

    assert [(each.field, each.received) for each in caught.value.problems] == [
        ("focus", '"?"'),
        ("padding", '"?"'),
    ]
    json.dumps(caught.value.answer(), ensure_ascii=False).encode()


def test_no_more_than_100_problems_are_listed() -> None:
    with pytest.raises(InvalidSettings) as caught:
        validate_settings({"focus": {str(index): 1 for index in range(5000)}})

    assert len(caught.value.problems) == 100


def test_an_error_can_be_sent_to_another_process() -> None:
    with pytest.raises(InvalidSettings) as caught:
        validate_settings({"width": 0})

    again = copy(caught.value)

    assert again.answer() == caught.value.answer()
    assert str(again) == str(caught.value)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"max_pixels": "many"}, 'max_pixels: expected a whole number of at least 1, received "ma'),
        ({"link_seconds": 0}, "link_seconds: expected a whole number from 1 to 604,800, rec"),
        ({"uploads": "uploads"}, 'uploads: expected s3://bucket/prefix, received "uploads"'),
    ],
)
def test_a_deployment_s_errors_have_the_same_form(values: dict[str, object], expected: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Config.model_validate(values)

    (problem,) = problems_of(caught.value, Config, "environment")
    assert problem.message.startswith(expected)
