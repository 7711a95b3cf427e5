"""The inspection for auto mode: faces and novelty in one run of the network."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handler.config import Config
from handler.core.geometry import Size
from handler.core.plan import Plan
from handler.faces import FaceDetector
from handler.faces.novelty import novelty
from handler.jobs.job import Job, plan_job
from handler.jobs.steps import Stopwatch
from handler.settings import validate_settings
from tests.core.test_selection import contains
from tests.faces.test_detector import ASTRONAUT, overlap
from tests.pictures import encoded, photo


def planned(image: Image.Image, bundle: Path, **settings: object) -> tuple[Plan, dict[str, float]]:
    requested, _ = validate_settings({"mode": "auto", **settings})
    watch, config = Stopwatch(), Config(face_bundle=bundle, object_bundle=bundle / "none")
    job = Job(encoded(image, "PNG"), None, requested)
    return plan_job(job, config, watch).crops[0].plan, watch.steps


def test_an_inspection_returns_the_face_and_its_map(detector: FaceDetector) -> None:
    image = photo("astronaut.png")
    source = Size(*image.size)

    inspection = detector.inspect(image.resize((320, 320)), source, 0.5)

    (face,) = inspection.faces
    assert overlap(face.box, ASTRONAUT) > 0.5
    maps = [values for name, values in inspection.maps if name == "faces"]
    row, column = divmod(int(maps[0].argmax()), maps[0].shape[1])
    assert ASTRONAUT.left < column * 512 / 80 < ASTRONAUT.right
    assert ASTRONAUT.top < row * 512 / 80 < ASTRONAUT.bottom
    assert [name for name, _ in inspection.maps] == ["faces", "novelty", "novelty"]
    assert all(np.isfinite(values).all() and (values >= 0).all() for _, values in inspection.maps)


def test_novelty_is_highest_for_an_unusual_area(detector: FaceDetector) -> None:
    bricks = photo("brick.png").convert("RGB").resize((320, 240))
    bricks.paste(photo("coffee.png").resize((60, 45)), (200, 80))

    levels = [values for name, values in detector.inspect(bricks, _size(bricks), 0.5).maps][1:]

    for values in levels:
        cells = np.asarray(Image.fromarray(values.astype(np.float32)).resize((32, 24)))
        row, column = divmod(int(cells.argmax()), 32)
        assert 19 <= column <= 27
        assert 7 <= row <= 13


def _size(image: Image.Image) -> Size:
    return Size(*image.size)


@pytest.mark.parametrize("shape", [(32, 1, 1), (96, 1, 20), (32, 3, 2), (8, 40, 30)])
def test_novelty_is_finite_for_any_shape(shape: tuple[int, int, int]) -> None:
    level = np.random.default_rng(0).random(shape).astype(np.float32)

    for values in (novelty(level), novelty(np.zeros_like(level))):
        assert values.shape == shape[1:]
        assert np.isfinite(values).all()
        assert (values >= 0).all()


def test_auto_contains_a_face_that_a_centred_window_would_cut(built: Path) -> None:
    image = Image.new("RGB", (1200, 512), "dimgrey")
    image.paste(photo("coffee.png").resize((500, 500)), (400, 6))
    image.paste(photo("astronaut.png"), (0, 0))
    tall = {"width": 360, "height": 640}

    auto, steps = planned(image, built, **tall)

    assert (auto.mode, auto.fallback, auto.faces_cut) == ("auto", None, 0)
    assert contains(auto.crop, auto.faces[0].box)
    assert auto.weights is not None
    assert set(auto.weights) == {"centre", "corners", "enclosure", "faces", "novelty"}
    assert "faces" in steps


def test_auto_finds_more_faces_at_a_higher_sensitivity(built: Path) -> None:
    wide = Image.new("RGB", (640, 480), "tan")
    wide.paste(photo("astronaut.png").resize((80, 80)), (400, 200))

    counts = [len(planned(wide, built, sensitivity=each)[0].faces) for each in (0, 1)]

    assert counts[0] < counts[1]


def test_several_sizes_share_one_inspection(built: Path) -> None:
    requested, _ = validate_settings({"mode": "auto", "sizes": ["1:1", "9:16", "16:9"]})
    job = Job(encoded(photo("astronaut.png"), "PNG"), None, requested)

    plans = [
        crop.plan
        for crop in plan_job(job, Config(face_bundle=built, object_bundle=built / "none")).crops
    ]

    assert all(plan.heat is plans[0].heat for plan in plans)
    assert all(contains(plan.crop, plan.faces[0].box) for plan in plans)


def test_the_manifest_describes_the_change_to_the_model(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text())

    assert "two inner levels" in manifest["model"]["change"]
