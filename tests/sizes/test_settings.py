"""The setting ``sizes``: accepted values and their canonical form."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.errors import InvalidSettings
from handler.settings import MAX_SIZES, PRESETS, CropSettings, parse_settings


def parsed(sizes: object, **others: object) -> CropSettings:
    return parse_settings(json.dumps({"sizes": sizes, **others}))[0]


def rejection(sizes: object, **others: object) -> str:
    with pytest.raises(InvalidSettings) as caught:
        parsed(sizes, **others)
    return caught.value.details or ""


def test_a_size_is_a_preset_or_numbers_with_an_optional_name() -> None:
    hero = {"width": 640, "height": 360.0, "name": "Hero_Image"}
    settings = parsed(["16:9", "instagram-story", "300x200", {"width": 40, "height": 30}, hero])

    assert [(size.label, size.width, size.height) for size in settings.sizes] == [
        ("16:9", 1920, 1080),
        ("instagram-story", 1080, 1920),
        ("300x200", 300, 200),
        ("40x30", 40, 30),
        ("Hero_Image", 640, 360),
    ]
    assert [size.filename_suffix for size in settings.sizes] == [
        *("16-9", "instagram-story", "300x200", "40x30", "hero-image")
    ]


@pytest.mark.parametrize("name", [name for name in PRESETS if ":" in name])
def test_an_aspect_preset_has_that_aspect_and_a_shorter_side_of_1080(name: str) -> None:
    across, down = map(int, name.split(":"))
    width, height = PRESETS[name]

    assert width * down == height * across
    assert min(width, height) == 1080


def test_all_presets_fit_into_one_request() -> None:
    settings = parsed(list(PRESETS))

    assert len(settings.sizes) == len(PRESETS) <= MAX_SIZES


def test_the_other_settings_apply_to_each_size() -> None:
    settings = parsed(["40x30", "1:1"], mode="face", padding=5)

    assert settings.requests() == [
        parse_settings('{"mode":"face","padding":5,"width":40,"height":30}')[0].request(),
        parse_settings('{"mode":"face","padding":5,"width":1080,"height":1080}')[0].request(),
    ]


@pytest.mark.parametrize(
    ("sizes", "reason"),
    [
        ("1:1", 'sizes: expected a list of at most 32 sizes, received "1:1"'),
        ([1], "sizes.0: "),
        (["1:1", "square"], "sizes.1: expected WIDTHxHEIGHT such as 300x200, an object"),
        (["0x5"], "sizes.0: expected WIDTHxHEIGHT"),
        (["300 x 200"], "sizes.0: expected WIDTHxHEIGHT"),
        (["16384x5"], "sizes.0.width: expected a whole number from 1 to 16,383"),
        ([{"width": 5}], "sizes.0.height: expected a whole number from 1 to 16,383, received no"),
        ([{"width": 5, "height": 1.5}], "sizes.0.height: "),
        ([{"width": 5, "height": 5, "nam": "a"}], "sizes.0.nam: expected only the fields width, "),
        ([{"width": 5, "height": 5, "name": "a/b"}], "sizes.0.name: "),
        ([{"width": 5, "height": 5, "name": "a\n"}], "sizes.0.name: "),
        ([{"width": 5, "height": 5, "name": "é"}], "sizes.0.name: "),
        ([{"width": 5, "height": 5, "name": ""}], "sizes.0.name: "),
        ([{"width": 5, "height": 5, "name": "x" * 33}], "sizes.0.name: "),
        ([{"width": 5, "height": 5, "name": "SmartCrop"}], "sizes.0.name: expected a name other"),
        (["1:1", "1:1"], "sizes.1: expected a name that differs from that of sizes.0"),
        (["5x5", {"width": 5, "height": 5}], "sizes.1: expected a name that differs"),
        (
            ["1:1", {"width": 5, "height": 5, "name": "1-1"}],
            "sizes.1: expected a name that differs from that of sizes.0 in file names",
        ),
        (
            [f"5x{n}" for n in range(1, MAX_SIZES + 2)],
            "sizes: expected a list of at most 32 sizes, received a list of 33",
        ),
        (
            ["16383x16383", "1x1"],
            "sizes: expected at most 268,402,689 pixels in total, received 268,402,690",
        ),
    ],
)
def test_an_invalid_size_is_rejected(sizes: object, reason: str) -> None:
    assert rejection(sizes).startswith(reason)


def test_trim_rejects_sizes() -> None:
    assert rejection(["1:1"], mode="content").startswith(
        "sizes: expected an empty list in mode trim"
    )
    assert parsed([], mode="trim").sizes == []


def test_width_and_height_next_to_sizes_are_a_warning() -> None:
    _, warnings = parse_settings('{"sizes":["1:1"],"height":5}')

    assert warnings == ["width, height: ignored, because sizes is set"]


SIZE = st.sampled_from([*PRESETS]) | st.fixed_dictionaries(
    {"width": st.integers(1, 999), "height": st.integers(1, 999)},
    optional={"name": st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_:-]{0,8}", fullmatch=True)},
)


@given(sizes=st.lists(SIZE, max_size=4))
def test_the_canonical_form_means_the_same_and_is_stable(sizes: list[Any]) -> None:
    try:
        settings = parsed(sizes)
    except InvalidSettings:  # two sizes have the same name
        return
    again, _ = parse_settings(settings.canonical())

    assert [(each.label, each.width, each.height) for each in again.sizes] == [
        (each.label, each.width, each.height) for each in settings.sizes
    ]
    assert again.canonical() == settings.canonical()


def test_the_same_sizes_have_one_canonical_form() -> None:
    forms = ["16:9", {"name": "16:9", "height": 1080, "width": 1920.0}]
    assert len({parsed([form]).canonical() for form in forms}) == 1
    forms = ["30x20", {"height": 20, "width": 30}]
    assert {parsed([form]).canonical() for form in forms} == {'{"sizes":["30x20"]}'}
