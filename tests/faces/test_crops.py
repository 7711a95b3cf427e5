"""The share of viewers' attention inside our windows, measured on the pictures of shared/."""

from statistics import fmean

import pytest

from handler.config import Config
from handler.core.plan import Plan
from handler.jobs.job import Job, plan_job
from handler.settings import validate_settings
from tests.bench.crops import GATES
from tests.bench.crops_sides import OURS
from tests.bench.crops_truth import MEASURES, Measure, Photo, read_photos
from tests.bench.framing import ASPECTS
from tests.bench.peers import Unavailable

SIZES = [{"width": each.width, "height": each.height} for each in ASPECTS.values()]


@pytest.fixture(scope="module")
def photos() -> list[Photo]:
    try:
        return read_photos("crops-dev")
    except Unavailable as reason:
        pytest.skip(str(reason))


@pytest.mark.shared
@pytest.mark.parametrize("side", OURS)
def test_windows_keep_more_attention_than_the_centre(
    side: str, photos: list[Photo], built: object
) -> None:
    requested, _ = validate_settings({**OURS[side], "sizes": SIZES})
    centre, _ = validate_settings({"focus": {"x": 0.5, "y": 0.5}, "sizes": SIZES})
    gained: dict[Measure, list[float]] = {kind: [] for kind in MEASURES}
    for photo in photos:
        data = photo.path.read_bytes()
        ours, plain = (
            [photo.kept(plan.crop.region()) for plan in planned(Job(data, None, settings))]
            for settings in (requested, centre)
        )
        for kind in photo.masses:
            gained[kind].append(fmean(o[kind] - c[kind] for o, c in zip(ours, plain, strict=True)))

    for kind, gate in zip(MEASURES, GATES[side], strict=True):
        assert not gained[kind] or 100 * fmean(gained[kind]) >= gate, kind


def planned(job: Job) -> list[Plan]:
    return [crop.plan for crop in plan_job(job, Config()).crops]
