"""Several sizes are one job, with one decoding, one scoring and one face detection."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from handler.codec import Limits, open_picture
from handler.codec.decoders import kornia_rs, libjpeg_turbo, libwebp
from handler.config import Config
from handler.core.geometry import Size
from handler.core.subject import attention
from handler.faces import FaceDetector
from handler.jobs.job import FinishedJob, Job, Result, run_job
from handler.settings import parse_settings
from tests.pictures import decoded, encoded, gradient, photo, scene

SIZES = ["300x300", "240x300", "320x180", "64x64", "400x80"]
LANDSCAPE = encoded(scene(2400, 1600, (1700, 500)), quality=90)
PORTRAIT = encoded(photo("astronaut.png", (1500, 1500)), quality=90)
# Kind of work -> the objects and the names of the functions that do it.
_WORK: dict[str, list[tuple[object, str]]] = {
    "decode": [(module, "decode") for module in (kornia_rs, libjpeg_turbo, libwebp)],
    "score": [(attention, "shrink_to_square")],
    "detect": [(FaceDetector, "find"), (FaceDetector, "inspect")],
}


def run(data: bytes, **settings: object) -> FinishedJob:
    job = Job(data, "a.jpg", parse_settings(json.dumps(settings))[0])
    return run_job(job, Config())


def only(finished: FinishedJob) -> Result:
    (result,) = finished.results
    return result


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """Count how often each kind of work is done."""
    times: Counter[str] = Counter()

    def counted(kind: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def count(*arguments: Any, **named: Any) -> Any:
            times[kind] += 1
            return original(*arguments, **named)

        return count

    for kind, functions in _WORK.items():
        for place, name in functions:
            monkeypatch.setattr(place, name, counted(kind, getattr(place, name)))
    return times


def test_each_size_has_a_result_in_the_requested_order() -> None:
    crop = run(LANDSCAPE, sizes=SIZES)

    assert [f"{each.size.width}x{each.size.height}" for each in crop.results] == SIZES
    for each in crop.results:
        assert decoded(each.data).size == (each.size.width, each.size.height)
        assert each.plan.output == each.size
    assert [each.filename for each in crop.results] == [f"a_smartcrop_{n}.jpg" for n in SIZES]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_decoded_and_scored_once(form: str, done: Counter[str]) -> None:
    data = LANDSCAPE if form == "JPEG" else encoded(scene(1200, 800, (850, 250)), form)

    run(data, sizes=SIZES)

    assert done == {"decode": 1, "score": 1}


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("strategy", ["attention", "entropy"])
@pytest.mark.parametrize("side", [300, 1400])
@pytest.mark.parametrize("enlarge", [True, False])
def test_one_size_is_decoded_once(
    form: str, strategy: str, side: int, enlarge: bool, done: Counter[str]
) -> None:
    data = encoded(scene(1200, 1000, (850, 250)), form)

    run(data, width=side, height=side, strategy=strategy, enlarge=enlarge)

    assert done["decode"] == 1


def test_entropy_decodes_once(done: Counter[str]) -> None:
    run(LANDSCAPE, sizes=SIZES, strategy="entropy")

    assert done == {"decode": 1}


@pytest.mark.parametrize("form", ["JPEG", "WEBP"])
def test_faces_are_detected_once_in_the_pixels_of_the_results(
    form: str, done: Counter[str]
) -> None:
    data = encoded(photo("astronaut.png", (1500, 1500)), form, quality=90)

    crop = run(data, sizes=["300x300", "900x700", "120x200"], mode="face")

    assert done == {"detect": 1, "decode": 1}
    assert [each.plan.mode for each in crop.results] == ["face"] * 3
    assert len({each.plan.faces for each in crop.results}) == 1


@pytest.mark.parametrize(
    ("settings", "detections"), [({"mode": "auto"}, 1), ({"strategy": "saliency"}, 0)]
)
@pytest.mark.parametrize("padding", [0, 17])
def test_interest_is_computed_once(
    done: Counter[str], settings: dict[str, str], detections: int, padding: int
) -> None:
    crop = run(PORTRAIT, sizes=["300x300", "900x700", "31x200"], padding=padding, **settings)

    assert (done["decode"], done["detect"], done["score"]) == (1, detections, 0)
    assert len({each.plan.faces for each in crop.results}) == 1
    assert len({each.plan.crop for each in crop.results}) == 3


def test_keep_is_honoured_in_every_size() -> None:
    kept = {"left": 0, "top": 0, "width": 200, "height": 200}

    crop = run(LANDSCAPE, sizes=SIZES, keep=[kept])

    alone = [
        only(run(LANDSCAPE, width=each.size.width, height=each.size.height, keep=[kept]))
        for each in crop.results
    ]
    assert [each.plan.crop.left for each in crop.results] == [
        pytest.approx(each.plan.crop.left, abs=2) for each in alone
    ]


def test_a_small_face_needs_a_second_decoding(done: Counter[str]) -> None:
    canvas = gradient(3200, 3200)
    canvas.paste(photo("astronaut.png", (600, 600)), (1300, 1300))

    crop = only(run(encoded(canvas, quality=90), width=400, height=400, mode="face"))

    assert crop.plan.mode == "face"
    assert done == {"detect": 1, "decode": 2}


def test_without_a_face_the_window_and_the_result_are_those_of_subject_mode() -> None:
    faceless = encoded(gradient(1200, 900))

    fallback = only(run(faceless, width=200, height=300, mode="face"))

    assert fallback.plan.fallback == "no-faces"
    assert fallback.data == only(run(faceless, width=200, height=300)).data


def test_a_picture_without_a_face_is_scored_once(done: Counter[str]) -> None:
    crop = run(encoded(gradient(1200, 900)), sizes=SIZES, mode="face")

    assert done["detect"] == 1
    assert done["decode"] <= 2
    assert done["score"] == 1
    assert {each.plan.fallback for each in crop.results} == {"no-faces"}


def test_all_overlays_share_one_decoding(done: Counter[str]) -> None:
    settings, _ = parse_settings(json.dumps({"sizes": SIZES}))

    crop = run_job(Job(LANDSCAPE, "a.jpg", settings, overlay=True), Config())

    assert done["decode"] == 2  # overlays are larger than these results
    assert len({each.overlay for each in crop.results}) == len(SIZES)


@pytest.mark.parametrize("strategy", ["attention", "entropy"])
def test_each_window_is_close_to_that_of_a_single_size_request(strategy: str) -> None:
    crop = run(LANDSCAPE, sizes=SIZES, strategy=strategy)

    for each in crop.results:
        size = {"width": each.size.width, "height": each.size.height}
        alone = only(run(LANDSCAPE, strategy=strategy, **size))
        box, other = each.plan.crop, alone.plan.crop
        # The attention map has 32 cells along each side.
        assert abs(box.left - other.left) <= 2400 / 32
        assert abs(box.top - other.top) <= 1600 / 32
        assert (box.width, box.height) == pytest.approx((other.width, other.height), abs=2)


def test_the_finest_size_equals_that_of_a_single_size_request() -> None:
    several = run(LANDSCAPE, sizes=["64x64", "300x300", "320x180"])

    alone = only(run(LANDSCAPE, width=300, height=300))

    assert several.results[1].data == alone.data
    assert several.results[1].plan == alone.plan


def test_results_look_like_those_of_single_size_requests() -> None:
    several = run(PORTRAIT, sizes=SIZES, mode="face", format="png")

    for each in several.results:
        size = each.size
        same = {"width": size.width, "height": size.height, "mode": "face", "format": "png"}
        alone = only(run(PORTRAIT, **same))
        assert each.plan.crop == alone.plan.crop
        ours, theirs = (np.asarray(decoded(data), np.float64) for data in (each.data, alone.data))
        # Decoding at another scale blurs differently.
        assert np.abs(ours - theirs).mean() < 4


def test_one_size_equals_width_and_height() -> None:
    one = only(run(LANDSCAPE, sizes=["90x60"]))
    alone = only(run(LANDSCAPE, width=90, height=60))

    assert (one.data, one.plan) == (alone.data, alone.plan)
    assert (one.filename, alone.filename) == ("a_smartcrop_90x60.jpg", "a_smartcrop.jpg")


def test_a_picture_with_exif_orientation_is_cut_upright() -> None:
    data = encoded(gradient(600, 400), orientation=6)
    assert open_picture(data, Limits(10**6)).size == Size(400, 600)

    crop = run(data, sizes=["100x150", "60x60"])

    top, bottom = (decoded(crop.results[0].data).getpixel((50, y)) for y in (5, 145))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] + 100 < bottom[0]  # in the stored picture red increases to the right
