"""Warnings about settings without effect that only the picture or the format decides."""

import json
from typing import Any

import pytest
from PIL import Image

from handler.codec import FORMATS, available_formats, encode
from handler.config import Config
from handler.jobs.job import Job, plan_job, run_job
from handler.jobs.job_warnings import USES_QUALITY
from handler.settings import parse_settings
from tests.further_files import svg
from tests.pictures import encoded, photo, scene

OPAQUE = scene(60, 40, (30, 20))
CLEAR = Image.new("RGBA", (60, 40), (255, 0, 0, 128))


def warnings_of(image: Image.Image, kind: str = "PNG", **settings: object) -> list[str]:
    """Return the warnings of a crop, which are those of its plan."""
    small = {} if settings.get("mode") == "trim" else {"width": 30, "height": 30}
    text = json.dumps({**small, **settings})
    job = Job(encoded(image, kind), "a", *parse_settings(text))
    warnings = run_job(job, Config()).warnings
    assert plan_job(job, Config()).warnings == warnings
    return warnings


@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "avif", "tiff", "gif"])
def test_quality_is_ignored_where_it_changes_nothing(name: str) -> None:
    low, high = (encode(photo(), FORMATS[name], each, (0, 0, 0, 255)) for each in (20, 90))
    warnings = warnings_of(OPAQUE, quality=20, format=name)

    assert (low != high) is (name in USES_QUALITY)
    assert warnings == (
        []
        if name in USES_QUALITY
        else [f"quality: ignored, because {FORMATS[name].label} has no quality setting"]
    )


def test_the_format_of_the_picture_decides_about_quality() -> None:
    assert warnings_of(OPAQUE, "JPEG", quality=20) == []
    assert warnings_of(OPAQUE, "PNG") == []
    (warning,) = warnings_of(OPAQUE, "PNG", quality=20)
    assert warning.startswith("quality: ignored")


@pytest.mark.parametrize(
    ("image", "settings", "expected"),
    [
        (OPAQUE, {}, "padColor: ignored, because nothing is padded"),
        (OPAQUE, {"mode": "trim"}, "padColor: ignored, because nothing is padded"),
        (OPAQUE, {"format": "jpeg"}, "padColor: ignored, because nothing is padded"),
        (OPAQUE, {"mode": "trim", "padToSquare": True}, None),
        # Transparent pixels get the colour where the format has no transparency.
        (CLEAR, {"format": "jpeg"}, None),
        (CLEAR, {"format": "png"}, "padColor: ignored, because nothing is padded"),
    ],
)
def test_the_colour_of_padding_is_ignored_without_padding(
    image: Image.Image, settings: dict[str, Any], expected: str | None
) -> None:
    expected_warnings = [] if expected is None else [expected]
    assert warnings_of(image, padColor="red", **settings) == expected_warnings


@pytest.mark.parametrize(("format_", "ignored"), [("png", False), ("jpeg", True)])
def test_the_alpha_of_padding_is_ignored_by_formats_without_alpha(
    format_: str, ignored: bool
) -> None:
    warnings = warnings_of(
        OPAQUE, mode="trim", padToSquare=True, padColor="transparent", format=format_
    )
    assert warnings == (["padColor: alpha ignored, because JPEG has none"] if ignored else [])


def test_the_alpha_of_a_background_is_ignored_in_opaque_pictures() -> None:
    expected = ["background: alpha ignored, because the picture is opaque"]
    assert warnings_of(OPAQUE, mode="trim", background="#0008") == expected
    assert warnings_of(OPAQUE, mode="trim", background="black") == []
    assert expected[0] not in warnings_of(CLEAR, mode="trim", background="#0008")


def test_a_focus_makes_the_strategy_superfluous() -> None:
    focus = {"x": 20, "y": 20}
    expected = ["strategy: ignored, because focus is set"]
    assert warnings_of(OPAQUE, strategy="entropy", focus=focus) == expected
    assert warnings_of(OPAQUE, strategy="saliency", focus=focus) == expected
    assert warnings_of(OPAQUE, focus=focus) == []
    assert warnings_of(OPAQUE, strategy="entropy", focus={"x": 61, "y": 20}) == [
        "focus: outside the picture, ignored"
    ]


def test_constraints_outside_the_picture_are_named_in_trim_too() -> None:
    box = {"left": 100, "top": 0, "width": 9, "height": 9}
    assert warnings_of(OPAQUE, mode="trim", keep=[box]) == [
        "keep and avoid: 1 box outside the picture, ignored"
    ]
    assert warnings_of(OPAQUE, mode="trim", focus={"x": 99, "y": 9}) == [
        "focus: ignored by trim, which keeps all content"
    ]


@pytest.mark.skipif("svg" not in available_formats(), reason="needs resvg")
def test_a_drawing_is_not_enlarged() -> None:
    drawing = svg('<circle cx="32" cy="32" r="30" fill="red"/>', 'width="64" height="64"')
    settings = parse_settings('{"width": 640, "height": 640}')
    assert run_job(Job(drawing, "a", *settings), Config()).warnings == []
    icon = encoded(photo(size=(64, 64)), "PNG")
    assert run_job(Job(icon, "a", *settings), Config()).warnings != []
