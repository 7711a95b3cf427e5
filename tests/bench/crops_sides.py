"""Croppers compared by `make bench-crops`: ours, and those that need no other program."""

import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from multiprocessing import get_context
from statistics import median
from typing import Any, NamedTuple

from handler.codec import Limits, open_picture
from handler.config import Config
from handler.core.geometry import Box, Region, Size
from handler.core.image.fit import Cover
from handler.core.placement import largest_extent
from handler.core.plan import Plan
from handler.core.planner import make_plan
from handler.faces import LazyDetector
from handler.jobs.job import Job, plan_job
from handler.objects import EvidenceDetector
from handler.settings import validate_settings
from tests.bench.crops_truth import Photo
from tests.bench.peers import HERE
from tests.bench.pictures import Photo as Made
from tests.bench.pictures import make

AUTO = "ours: auto"
_FACES_ONLY = "ours: auto, faces only"


class Side(NamedTuple):
    """One of our croppers: its settings, and whether it detects objects."""

    settings: dict[str, Any]
    objects: bool = True

    def config(self) -> Config:
        """Return the configuration, which names a folder without a bundle to detect no objects."""
        return Config() if self.objects else Config(object_bundle=HERE)


OURS: dict[str, Side] = {
    "ours: saliency": Side({"mode": "subject", "strategy": "saliency"}),
    _FACES_ONLY: Side({"mode": "auto"}, objects=False),
    AUTO: Side({"mode": "auto"}),
}
CENTRE, ON_FACES = "centre", "centred on faces"
_LARGE, _TARGET = Made(4000, 3000, "jpeg"), Size(1080, 1080)
_WARM_UPS, _ROUNDS = 3, 9
_WORKERS = 2


@dataclass(frozen=True, slots=True)
class Found:
    """The windows of a cropper in one photo, one for each target.

    Attributes:
        windows: the windows, in pixels of the photo.
        gains: our expected gains over the centre; empty for other croppers.
    """

    windows: Sequence[Region]
    gains: Sequence[float] = ()


def find_windows(photos: Sequence[Photo], targets: Sequence[Size]) -> list[dict[str, Found]]:
    """Return the windows of all croppers for each photo, found by worker processes."""
    context = get_context("spawn")
    with ProcessPoolExecutor(_WORKERS, mp_context=context) as pool:
        return list(pool.map(partial(_find, targets=targets), photos, chunksize=8))


def plans(photo: Photo, side: Side, targets: Sequence[Size]) -> list[Plan]:
    """Return our plans for all targets, which share the decoding and the networks."""
    sizes = [{"width": target.width, "height": target.height} for target in targets]
    requested, _ = validate_settings({**side.settings, "sizes": sizes})
    job = Job(photo.path.read_bytes(), None, requested)
    return [crop.plan for crop in plan_job(job, side.config()).crops]


def centred(photo: Photo, target: Size, box: Box | None = None) -> Region:
    """Return the largest window with its centre at that of a box, or of the photo."""
    width, height = map(float, largest_extent(photo.size, target))
    free = photo.size.width - width, photo.size.height - height
    if box is None:
        return Region(free[0] / 2, free[1] / 2, width, height)
    left, top = box.left + (box.width - width) / 2, box.top + (box.height - height) / 2
    return Region(min(max(0, left), free[0]), min(max(0, top), free[1]), width, height)


def _find(photo: Photo, targets: Sequence[Size]) -> dict[str, Found]:
    found = {CENTRE: Found([centred(photo, target) for target in targets])}
    for name, side in OURS.items():
        own = plans(photo, side, targets)
        gains = [plan.gain_over_centre or 0.0 for plan in own]
        found[name] = Found([plan.crop.region() for plan in own], gains)
        if name == AUTO:
            boxes = [face.box for face in own[0].faces]
            hull = boxes[0].around(*boxes) if boxes else None
            found[ON_FACES] = Found([centred(photo, target, hull) for target in targets])
    return found


def measure_cost() -> dict[str, float]:
    """Return milliseconds of CPU for planning a 12 MP picture, without decoding and rendering."""
    data = make(_LARGE).read_bytes()
    shrink = Cover.of(Size(_LARGE.width, _LARGE.height), _TARGET).shrink
    return {name: _cost(data, side, shrink) for name, side in OURS.items()}


def _cost(data: bytes, side: Side, shrink: float) -> float:
    request = validate_settings(side.settings)[0].request()
    detector = EvidenceDetector(LazyDetector(None, 0.5), None if side.objects else HERE)
    times = []
    for _ in range(_WARM_UPS + _ROUNDS):
        picture = open_picture(data, Limits(_LARGE.width * _LARGE.height))
        picture.pixels(shrink)
        start = time.process_time()
        make_plan(picture, request, detector)
        times.append((time.process_time() - start) * 1000)
    return median(times[_WARM_UPS:])
