"""The setting ``enlarge``, and the warning about enlarged results."""

import io
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from handler.config import Config
from handler.core.geometry import Size
from handler.jobs.job import FinishedJob, Job, plan_job, run_job
from handler.jobs.responses import AnalyzeResult
from handler.settings import parse_settings
from tests.pictures import encoded, photo, scene

SCENE = encoded(scene(300, 200, (200, 60)), "PNG")
PORTRAIT = encoded(photo("astronaut.png", (400, 400)))


def job(data: bytes, **settings: object) -> Job:
    return Job(data, "a.png", *parse_settings(json.dumps(settings)))


def run(data: bytes = SCENE, **settings: object) -> FinishedJob:
    return run_job(job(data, **settings), Config())


def sizes(finished: FinishedJob) -> list[tuple[int, int]]:
    """Return the sizes of the results, which are those of their files."""
    found = []
    for result in finished.results:
        with Image.open(io.BytesIO(result.data)) as image:
            assert image.size == (result.size.width, result.size.height)
            found.append(image.size)
    return found


def enlarged(finished: FinishedJob) -> list[str]:
    return [line for line in finished.warnings if "enlarged" in line]


@pytest.mark.parametrize("mode", ["subject", "auto", "face"])
def test_a_smaller_window_is_cut_out_as_it_is(mode: str) -> None:
    small: dict[str, Any] = {"mode": mode, "width": 900, "height": 600, "format": "png"}

    # Set to true, it also keeps face mode from widening the window.
    larger, own = (run(PORTRAIT, **small, enlarge=enlarge) for enlarge in (True, False))

    assert sizes(larger) == [(900, 600)]
    crop = own.results[0].plan.crop
    assert crop == larger.results[0].plan.crop
    assert sizes(own) == [(crop.width, crop.height)]
    assert enlarged(own) == []
    with Image.open(io.BytesIO(PORTRAIT)) as source:
        expected = source.crop((crop.left, crop.top, crop.right, crop.bottom))
    with Image.open(io.BytesIO(own.results[0].data)) as image:
        differences = abs_differences(image.convert("RGB"), expected)
    # The decoders of the service and of Pillow upsample chroma in different ways.
    assert differences < 2


def abs_differences(one: Image.Image, other: Image.Image) -> float:
    """Return the mean difference of two pictures of the same size, per sample."""
    pairs = zip(one.tobytes(), other.tobytes(), strict=True)
    return sum(abs(a - b) for a, b in pairs) / len(one.tobytes())


@pytest.mark.parametrize("mode", ["subject", "auto"])
def test_a_larger_window_is_reduced_as_ever(mode: str) -> None:
    small: dict[str, Any] = {"mode": mode, "width": 90, "height": 60}
    assert run(**small, enlarge=False).results[0].data == run(**small).results[0].data


def test_padding_makes_the_window_and_the_result_smaller() -> None:
    (result,) = run(width=300, height=300, padding=50, enlarge=False).results
    assert result.size == Size(133, 133)


def test_each_size_has_its_own() -> None:
    listed: dict[str, Any] = {"sizes": ["400x400", "50x50", "600x200"], "enlarge": False}

    finished = run(**listed)

    assert sizes(finished) == [(200, 200), (50, 50), (300, 100)]
    planned = plan_job(job(SCENE, **listed), Config())
    answer = AnalyzeResult.of(planned.crops, [None] * 3, planned.warnings)
    assert answer.results is not None
    assert [(each.width, each.height) for each in answer.results] == sizes(finished)


def test_the_content_is_in_the_middle_of_its_square() -> None:
    picture = Image.new("RGB", (100, 80), "white")
    picture.paste("black", (30, 20, 70, 50))
    data = encoded(picture, "PNG")

    own = run(data, mode="trim", targetSize=60, padColor="red", enlarge=False)
    larger = run(data, mode="trim", targetSize=60, padColor="red")

    with Image.open(io.BytesIO(own.results[0].data)) as image:
        expected = Image.new("RGB", (60, 60), "red")
        expected.paste("black", (10, 15, 50, 45))
        assert image.convert("RGB").tobytes() == expected.tobytes()
    assert enlarged(own) == []
    assert enlarged(larger) == [
        "The result is enlarged by a factor of 1.5: the window has 40 × 30 pixels"
    ]


def test_face_mode_enlarges_a_window_by_a_factor_of_two_at_most() -> None:
    closeup: dict[str, Any] = {"mode": "face", "facePreset": "closeup", "width": 600, "height": 600}

    plain, tight = run(PORTRAIT, **closeup), run(PORTRAIT, **closeup, enlarge=True)

    window, preset = (each.results[0].plan.crop for each in (plain, tight))
    assert (window.width, window.height) == (300, 300)
    assert preset.height < 150
    assert window.left <= preset.left < preset.right <= window.right
    (line,) = (line for line in plain.warnings if line.startswith("facePreset: "))
    assert f"has {preset.width} × {preset.height} pixels; it was widened to 300 × 300." in line
    assert not [line for line in tight.warnings if line.startswith("facePreset")]
    assert "widened" in plain.results[0].plan.reason


def test_a_window_is_not_widened_beyond_the_picture() -> None:
    (result,) = run(PORTRAIT, mode="face", width=2000, height=1000).results

    assert (result.plan.crop.width, result.plan.crop.height) == (400, 200)


def test_an_enlarged_result_is_a_warning_with_its_factor() -> None:
    assert enlarged(run(width=480, height=480)) == [
        "The result is enlarged by a factor of 2.4: the window has 200 × 200 pixels"
    ]
    assert enlarged(run(width=200, height=200)) == enlarged(run(width=201, height=200)) == []
    assert enlarged(run(mode="trim")) == []


def test_enlarged_sizes_are_one_warning() -> None:
    finished = run(sizes=["400x400", "50x50", {"width": 3000, "height": 1000, "name": "hero"}])
    assert enlarged(finished) == [
        "Results are enlarged: 400x400 by a factor of 2, hero by a factor of 10"
    ]


@settings(max_examples=40, deadline=None)
@given(
    width=st.integers(1, 700),
    height=st.integers(1, 700),
    padding=st.integers(0, 50),
    strategy=st.sampled_from(["attention", "entropy", "saliency"]),
)
def test_no_side_is_longer_than_requested(
    width: int, height: int, padding: int, strategy: str
) -> None:
    (result,) = run(
        width=width, height=height, padding=padding, strategy=strategy, enlarge=False
    ).results

    assert result.size.width <= width
    assert result.size.height <= height
    assert result.plan.enlargement <= 1 + 1e-9
    is_whole = (result.size.width, result.size.height) == (width, height)
    crop = result.plan.crop
    assert is_whole or (result.size.width <= crop.width and result.size.height <= crop.height)
