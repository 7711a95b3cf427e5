"""Focus, keep and avoid: the accepted values, and their position in a picture."""

import json

import pytest
from msgspec.structs import astuple, replace

from handler.core.geometry import Region, Size
from handler.core.request import PixelConstraints
from handler.errors import InvalidSettings
from handler.settings import MAX_BOXES, CropSettings, parse_settings

PICTURE = Size(800, 600)
BOX = {"left": 0.1, "top": 0.2, "width": 0.3, "height": 0.4}


def constraints(**settings: object) -> PixelConstraints:
    request = parse_settings(json.dumps(settings))[0].request()
    return request.constraints.in_picture(PICTURE)


def test_settings_without_any_give_no_constraints() -> None:
    assert constraints() == PixelConstraints()
    assert not constraints()


@pytest.mark.parametrize(("x", "y"), [(0, 0), (1, 1), (0.25, 0.5)])
def test_a_focus_is_in_shares_of_the_picture(x: float, y: float) -> None:
    assert constraints(focus={"x": x, "y": y}).focus == (800 * x, 600 * y)


@pytest.mark.parametrize(("x", "y"), [(200, 150), (0, 600), (1, 2), (800, 0), (12.5, 1)])
def test_a_focus_with_a_number_above_1_is_in_pixels(x: float, y: float) -> None:
    assert constraints(focus={"x": x, "y": y}).focus == (x, y)


@pytest.mark.parametrize(("x", "y"), [(801, 0), (0, 601), (1e308, 1e308)])
def test_a_focus_outside_the_picture_is_marked(x: float, y: float) -> None:
    found = constraints(focus={"x": x, "y": y})

    assert found == PixelConstraints(focus_outside=True)
    assert not found


@pytest.mark.parametrize(
    "settings",
    [
        {"focus": {"x": 0.5, "y": 300}},
        {"focus": {"x": 300, "y": 0.99}},
        {"keep": [BOX, {"left": 0.1, "top": 0, "width": 200, "height": 100}]},
        {"avoid": [{"left": 10, "top": 10, "width": 0.5, "height": 0.5}]},
    ],
)
def test_fractions_and_pixels_do_not_mix(settings: dict[str, object]) -> None:
    with pytest.raises(InvalidSettings) as caught:
        parse_settings(json.dumps(settings))

    (problem,) = caught.value.problems
    assert problem.field in ("focus", "keep.1", "avoid.0")
    assert problem.expected == "numbers that are all fractions, from 0 to 1, or all pixels"


@pytest.mark.parametrize("name", ["keep", "avoid"])
def test_boxes_are_in_shares_if_none_of_their_numbers_is_above_1(name: str) -> None:
    pixels = {"left": 80, "top": 120, "width": 240, "height": 240}
    whole = {"left": 0, "top": 0, "width": 1, "height": 1}

    (shares,), (same,), (all_of_it,) = (
        getattr(constraints(**{name: [box]}), name) for box in (BOX, pixels, whole)
    )

    assert astuple(shares) == pytest.approx(astuple(same))
    assert same == Region(80, 120, 240, 240)
    assert all_of_it == Region(0, 0, 800, 600)


def test_boxes_end_with_the_picture() -> None:
    found = constraints(keep=[{"left": 700, "top": 0, "width": 300, "height": 1e300}])

    assert found.keep == (Region(700, 0, 100, 600),)


@pytest.mark.parametrize("left", [800, 1e308])
def test_boxes_outside_the_picture_are_counted(left: float) -> None:
    outside = {"left": left, "top": 0, "width": 10, "height": 10}

    assert constraints(keep=[outside, BOX], avoid=[outside]) == replace(
        constraints(keep=[BOX]), outside=2
    )


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"focus": {"x": 1.01, "y": 0.5}}, "focus: "),
        ({"focus": {"x": -0.01, "y": 0}}, "focus.x: "),
        ({"focus": {"x": 0.5}}, "focus.y: "),
        ({"focus": {"x": "0.5", "y": 0}}, "focus.x: "),
        ({"focus": {"x": 0.5, "y": 0.5, "z": 1}}, "focus.z: "),
        ({"keep": [{**BOX, "width": 0}]}, "keep.0.width: "),
        ({"keep": [BOX, {**BOX, "left": -0.1}]}, "keep.1.left: "),
        ({"avoid": [{**BOX, "height": None}]}, "avoid.0.height: "),
        ({"avoid": [{}]}, "avoid.0.left: "),
        ({"keep": [BOX] * (MAX_BOXES + 1)}, "keep: "),
        ({"keep": BOX}, "keep: "),
    ],
)
def test_what_is_no_point_or_box_is_named(settings: dict[str, object], named: str) -> None:
    with pytest.raises(InvalidSettings) as caught:
        parse_settings(json.dumps(settings))

    assert (caught.value.details or "").startswith(named)


def test_infinite_numbers_are_refused() -> None:
    with pytest.raises(InvalidSettings):
        parse_settings('{"keep": [{"left": 1e400, "top": 0, "width": 1, "height": 1}]}')


def test_constraints_survive_being_written_down() -> None:
    settings, _ = parse_settings(json.dumps({"focus": {"x": 0.5, "y": 1}, "keep": [BOX]}))

    again, warnings = parse_settings(settings.canonical())

    assert again == settings != CropSettings()
    assert warnings == []
