"""Settings as keywords."""

from typing import Any, get_type_hints

import pytest

from handler import Settings, analyze, crop
from handler.errors import InvalidSettings
from handler.python.keywords import Keywords
from handler.settings import CropSettings, parse_settings
from tests.pictures import photo

PHOTO = photo("coffee.png", (120, 80))
SMALL: dict[str, Any] = {"width": 30, "height": 20}


def test_every_setting_is_a_keyword() -> None:
    assert set(get_type_hints(Keywords)) == set(CropSettings.model_fields)


def test_the_defaults_are_those_of_the_service() -> None:
    assert Settings().model_dump() == CropSettings().model_dump()


def test_short_forms_equal_the_json_of_the_service() -> None:
    short = Settings(
        face_preset="closeup",
        sizes=["16:9", (30, 20), {"width": 3, "height": 4, "name": "tiny"}],
        focus=(0.25, 0.5),
        keep=[(0, 0, 0.5, 1), {"left": 1, "top": 2, "width": 3, "height": 4}],
    )
    text = """{"facePreset": "closeup", "focus": {"x": 0.25, "y": 0.5},
        "sizes": ["16:9", "30x20", {"width": 3, "height": 4, "name": "tiny"}],
        "keep": [{"left": 0, "top": 0, "width": 0.5, "height": 1},
                 {"left": 1, "top": 2, "width": 3, "height": 4}]}"""

    assert short.canonical() == parse_settings(text)[0].canonical()
    assert short.model_fields_set == parse_settings(text)[0].model_fields_set


def test_names_of_the_api_are_accepted() -> None:
    values: Any = {"facePreset": "closeup"}

    assert Settings(**values) == Settings(face_preset="closeup")


def test_a_keyword_takes_precedence_over_the_settings() -> None:
    settings = Settings(mode="trim", background="#fff", quality=3)

    plan = analyze(PHOTO, settings, mode="subject", strategy="entropy", **SMALL).plan

    assert (plan.mode, plan.strategy) == ("subject", "entropy")


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"width": 0}, "width: expected a whole number from 1 to 16,383, received 0"),
        ({"face_preset": "x"}, 'face_preset: expected one of closeup, .*, received "x"'),
        ({"sizes": "16:9"}, 'sizes: expected a list of at most 32 sizes, received "16:9"'),
        ({"sizes": [(1, 2, 3)]}, "sizes.0: expected WIDTHxHEIGHT"),
        ({"focus": (0.5,)}, "focus: expected null or an object with x and y, received"),
        ({"keep": [(0, 0, -1, 1)]}, "keep.0.width: expected a number above 0, received -1"),
    ],
)
def test_a_rejected_value_is_named_as_in_python(keywords: Any, message: str) -> None:
    with pytest.raises(InvalidSettings, match=message):
        crop(PHOTO, **keywords)
    with pytest.raises(InvalidSettings, match=message):
        Settings(**keywords)


def test_an_unknown_keyword_is_a_type_error() -> None:
    unknown: Any = {"widht": 3}

    with pytest.raises(TypeError, match=r"crop\(\) got an unexpected keyword argument 'widht'"):
        crop(PHOTO, **unknown)
    with pytest.raises(TypeError, match=r"Settings\(\) got an unexpected"):
        Settings(**unknown)


def test_warnings_name_the_keywords() -> None:
    result = crop(PHOTO, face_preset="closeup", pad_color="red", **SMALL)

    assert result.warnings == (
        "face_preset: ignored, because mode is subject",
        "pad_color: ignored, because nothing is padded",
    )


def test_one_side_keeps_the_aspect_of_the_picture() -> None:
    result = crop(PHOTO, width=30)

    assert (result.image.size, result.warnings) == ((30, 20), ())
