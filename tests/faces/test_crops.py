"""The share of viewers' attention inside our windows, measured on the pictures of shared/."""

from statistics import fmean

import pytest

from handler.objects import is_installed
from tests.bench.crops_report import GATES
from tests.bench.crops_sides import AUTO, OURS, centred, plans
from tests.bench.crops_truth import MEASURES, Measure, Photo, read_photos
from tests.bench.framing import ASPECTS
from tests.bench.peers import Unavailable

TARGETS = tuple(ASPECTS.values())


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
    if side == AUTO and not is_installed():
        pytest.skip("there is no object detection bundle: `make setup` needs npm")
    gained: dict[Measure, list[float]] = {kind: [] for kind in MEASURES}
    for photo in photos:
        ours = [photo.kept(plan.crop.region()) for plan in plans(photo, OURS[side], TARGETS)]
        plain = [photo.kept(centred(photo, target)) for target in TARGETS]
        for kind in photo.masses:
            gained[kind].append(fmean(o[kind] - c[kind] for o, c in zip(ours, plain, strict=True)))

    for kind, gate in zip(MEASURES, GATES[side], strict=True):
        assert not gained[kind] or 100 * fmean(gained[kind]) >= gate, kind
