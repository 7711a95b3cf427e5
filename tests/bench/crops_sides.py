"""Croppers compared by `make bench-crops`."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

from handler.codec import Limits, open_picture
from handler.config import Config
from handler.core.geometry import Box, Region, Size
from handler.core.image.fit import Cover
from handler.core.placement import largest_extent
from handler.core.planner import make_plan
from handler.faces import LazyDetector
from handler.jobs.job import Job, plan_job
from handler.settings import validate_settings
from tests.bench.crops_truth import Photo
from tests.bench.peers import Peer, crops
from tests.bench.pictures import Photo as Made
from tests.bench.pictures import make

Choose = Callable[[Photo, Size], Region]

OURS: dict[str, dict[str, Any]] = {
    "ours: saliency": {"mode": "subject", "strategy": "saliency"},
    "ours: auto": {"mode": "auto"},
}
_LARGE, _TARGET = Made(4000, 3000, "jpeg"), Size(1080, 1080)
_WARM_UPS, _ROUNDS = 3, 15


@contextmanager
def sides() -> Iterator[dict[str, Choose]]:
    """Yield the croppers by name; a window is in pixels of the picture.

    Raises:
        Unavailable: the peers cannot be installed.
    """
    with crops() as peer:
        yield {
            "centre": _centre,
            "sharp attention": _sharp(peer, "attention"),
            "sharp entropy": _sharp(peer, "entropy"),
            "smartcrop.js": _smartcrop(peer),
            **{name: _ours(settings) for name, settings in OURS.items()},
        }


def _centre(photo: Photo, target: Size) -> Region:
    width, height = map(float, largest_extent(photo.size, target))
    return Region((photo.size.width - width) / 2, (photo.size.height - height) / 2, width, height)


def _sharp(peer: Peer, strategy: str) -> Choose:
    def choose(photo: Photo, target: Size) -> Region:
        size = {"width": target.width, "height": target.height}
        found = peer.ask("sharp", path=str(photo.path), strategy=strategy, **size)
        window = Box(found["left"], found["top"], target.width, target.height)
        return Cover.of(photo.size, target).region_of(window)

    return choose


def _smartcrop(peer: Peer) -> Choose:
    def choose(photo: Photo, target: Size) -> Region:
        size = {"width": target.width, "height": target.height}
        return Region(**peer.ask("smartcrop", path=str(photo.path), **size))

    return choose


def _ours(settings: dict[str, Any]) -> Choose:
    def choose(photo: Photo, target: Size) -> Region:
        size = {"width": target.width, "height": target.height}
        job = Job(photo.path.read_bytes(), None, validate_settings({**settings, **size})[0])
        return plan_job(job, Config()).crops[0].plan.crop.region()

    return choose


def measure_cost() -> dict[str, float]:
    """Return milliseconds of CPU for planning a 12 MP picture, without decoding and rendering."""
    data = make(_LARGE).read_bytes()
    shrink = Cover.of(Size(_LARGE.width, _LARGE.height), _TARGET).shrink
    return {name: _cost(data, settings, shrink) for name, settings in OURS.items()}


def _cost(data: bytes, settings: dict[str, Any], shrink: float) -> float:
    request = validate_settings(settings)[0].request()
    detector = LazyDetector(None, 0.5)
    times = []
    for _ in range(_WARM_UPS + _ROUNDS):
        picture = open_picture(data, Limits(_LARGE.width * _LARGE.height))
        picture.pixels(shrink)
        start = time.process_time()
        make_plan(picture, request, detector)
        times.append((time.process_time() - start) * 1000)
    return median(times[_WARM_UPS:])
