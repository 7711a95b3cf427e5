"""Colours as people write them."""

import pytest

from handler.core.request import Colour
from handler.errors import InvalidSettings
from handler.settings import validate_settings

RED, HALF_RED = (255, 0, 0, 255), (255, 0, 0, 128)


def colour(text: str) -> Colour:
    """Return a colour as both settings read it."""
    settings, warnings = validate_settings({"mode": "trim", "padColor": text, "background": text})
    request = settings.request()
    assert request.pad_colour == request.background
    assert warnings == []
    return request.pad_colour


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        *(("red", RED), ("RED", RED), ("#f00", RED), ("#F00F", RED), ("#ff0000", RED)),
        *(("#ff000080", HALF_RED), ("rgb(255,0,0)", RED), ("RGB( 255, 0 , 0 )", RED)),
        *(("rgb(100%, 0%, 0%)", RED), ("rgb(255 0 0)", RED), ("rgba(255,0,0,1)", RED)),
        *(("rgba(255, 0, 0, .5)", HALF_RED), ("rgb(255 0 0 / 50%)", HALF_RED)),
        *(("rgba(100%, 0%, 0%, 0.5)", HALF_RED), ("rgba(255,0,0,0)", (255, 0, 0, 0))),
        *(("rebeccapurple", (102, 51, 153, 255)), ("LightGrey", (211, 211, 211, 255))),
        *(("transparent", (255, 255, 255, 0)), ("Transparent", (255, 255, 255, 0))),
        ("rgb(127.5, 0.4, 254.6)", (128, 0, 255, 255)),
    ],
)
def test_a_css_colour_is_accepted(text: str, expected: Colour) -> None:
    assert colour(text) == expected


@pytest.mark.parametrize("text", ["blue", "rgb(0,0,255)", "rgb(0% 0% 100%)", "#0000ff"])
def test_the_same_colour_is_the_same_setting(text: str) -> None:
    assert validate_settings({"padColor": text})[0] == validate_settings({"padColor": "#0000ff"})[0]


@pytest.mark.parametrize(
    "text",
    [
        *("rgb(256,0,0)", "rgb(0,0,101%)", "rgba(1,2,3,1.1)", "rgba(1,2,3,128)", "rgb(-1,0,0)"),
        *("rgb(1,2)", "rgb(1,2,3,0.4,5)", "rgb()", "rgb(,,)", "rgb(1,,2,3)", "rgb 1,2,3"),
        *("rgb(1,2,3", "rgb(\uff11,2,3)", "rgb(1e2,2,3)", "rgb(a,b,c)", "blac\u212a", "red\n"),
        *("#ggg", "rgb(" + "9" * 5000 + ",0,0)", "rgb(" + " " * 5000 + ")", "inherit", "none"),
    ],
)
def test_what_is_no_colour_is_rejected(text: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        validate_settings({"padColor": text, "background": text})

    assert [each.field for each in caught.value.problems] == ["padColor", "background"]
