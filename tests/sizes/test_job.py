"""Several sizes are one job: one decoding, one look at the whole, one search for faces."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from handler.codec import Limits, open_picture, picture
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
# Kind of work -> where the functions are that do it, and their names.
_WORK: dict[str, list[tuple[object, str]]] = {
    "decode": [(picture, "Pixels")],  # which wraps what a decoder has just made
    "look": [(attention, "shrink_to_square")],
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
    """How often each kind of work was done."""
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


def test_there_is_a_result_for_each_size_in_their_order() -> None:
    crop = run(LANDSCAPE, sizes=SIZES)

    assert [f"{each.size.width}x{each.size.height}" for each in crop.results] == SIZES
    for each in crop.results:
        assert decoded(each.data).size == (each.size.width, each.size.height)
        assert each.plan.output == each.size
    assert [each.filename for each in crop.results] == [f"a_smartcrop_{n}.jpg" for n in SIZES]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_picture_is_decoded_and_looked_at_once(form: str, done: Counter[str]) -> None:
    data = LANDSCAPE if form == "JPEG" else encoded(scene(1200, 800, (850, 250)), form)

    run(data, sizes=SIZES)

    assert done == {"decode": 1, "look": 1}


def test_entropy_decodes_once(done: Counter[str]) -> None:
    run(LANDSCAPE, sizes=SIZES, strategy="entropy")

    assert done == {"decode": 1}


def test_faces_are_looked_for_once(done: Counter[str]) -> None:
    """Once coarsely for the detector, and once as finely as the largest window needs it."""
    crop = run(PORTRAIT, sizes=["300x300", "900x700", "120x200"], mode="face")

    assert done["detect"] == 1
    assert done["decode"] <= 2
    assert [each.plan.mode for each in crop.results] == ["face"] * 3
    assert len({each.plan.faces for each in crop.results}) == 1


@pytest.mark.parametrize(
    ("settings", "detections"), [({"mode": "auto"}, 1), ({"strategy": "saliency"}, 0)]
)
@pytest.mark.parametrize("padding", [0, 17])
def test_interest_is_weighed_once(
    done: Counter[str], settings: dict[str, str], detections: int, padding: int
) -> None:
    crop = run(PORTRAIT, sizes=["300x300", "900x700", "31x200"], padding=padding, **settings)

    assert (done["decode"], done["detect"], done["look"]) == (1, detections, 0)
    assert len({each.plan.faces for each in crop.results}) == 1
    assert len({each.plan.crop for each in crop.results}) == 3


def test_what_is_to_be_kept_is_kept_in_every_size() -> None:
    kept = {"left": 0, "top": 0, "width": 200, "height": 200}

    crop = run(LANDSCAPE, sizes=SIZES, keep=[kept])

    alone = [
        only(run(LANDSCAPE, width=each.size.width, height=each.size.height, keep=[kept]))
        for each in crop.results
    ]
    assert [each.plan.crop.left for each in crop.results] == [
        pytest.approx(each.plan.crop.left, abs=2) for each in alone
    ]


def test_a_picture_without_a_face_is_looked_at_once_all_the_same(done: Counter[str]) -> None:
    crop = run(encoded(gradient(1200, 900)), sizes=SIZES, mode="face")

    assert done["detect"] == 1
    assert done["decode"] <= 2
    assert done["look"] == 1
    assert {each.plan.fallback for each in crop.results} == {"no-faces"}


def test_drawings_of_all_plans_are_of_one_decoding(done: Counter[str]) -> None:
    settings, _ = parse_settings(json.dumps({"sizes": SIZES}))

    crop = run_job(Job(LANDSCAPE, "a.jpg", settings, overlay=True), Config())

    assert done["decode"] == 2  # drawings are larger than these results
    assert len({each.overlay for each in crop.results}) == len(SIZES)


@pytest.mark.parametrize("strategy", ["attention", "entropy"])
def test_a_window_is_that_of_a_request_for_its_size_alone(strategy: str) -> None:
    crop = run(LANDSCAPE, sizes=SIZES, strategy=strategy)

    for each in crop.results:
        size = {"width": each.size.width, "height": each.size.height}
        alone = only(run(LANDSCAPE, strategy=strategy, **size))
        box, other = each.plan.crop, alone.plan.crop
        # A thirty-second of the picture is as fine as attention looks.
        assert abs(box.left - other.left) <= 2400 / 32
        assert abs(box.top - other.top) <= 1600 / 32
        assert (box.width, box.height) == pytest.approx((other.width, other.height), abs=2)


def test_the_finest_size_is_to_the_pixel_what_it_is_alone() -> None:
    several = run(LANDSCAPE, sizes=["64x64", "300x300", "320x180"])

    alone = only(run(LANDSCAPE, width=300, height=300))

    assert several.results[1].data == alone.data
    assert several.results[1].plan == alone.plan


def test_results_look_as_they_do_alone() -> None:
    several = run(PORTRAIT, sizes=SIZES, mode="face", format="png")

    for each in several.results:
        size = each.size
        same = {"width": size.width, "height": size.height, "mode": "face", "format": "png"}
        alone = only(run(PORTRAIT, **same))
        assert each.plan.crop == alone.plan.crop
        ours, theirs = (np.asarray(decoded(data), np.float64) for data in (each.data, alone.data))
        # Other scales of decoding blur differently.
        assert np.abs(ours - theirs).mean() < 4


def test_one_size_is_what_width_and_height_are() -> None:
    one = only(run(LANDSCAPE, sizes=["90x60"]))
    alone = only(run(LANDSCAPE, width=90, height=60))

    assert (one.data, one.plan) == (alone.data, alone.plan)
    assert (one.filename, alone.filename) == ("a_smartcrop_90x60.jpg", "a_smartcrop.jpg")


def test_a_turned_picture_is_cut_upright() -> None:
    data = encoded(gradient(600, 400), orientation=6)
    assert open_picture(data, Limits(10**6)).size == Size(400, 600)

    crop = run(data, sizes=["100x150", "60x60"])

    top, bottom = (decoded(crop.results[0].data).getpixel((50, y)) for y in (5, 145))
    assert isinstance(top, tuple)
    assert isinstance(bottom, tuple)
    assert top[0] + 100 < bottom[0]  # red grew to the right before the turn
