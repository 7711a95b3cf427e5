"""Croppers compared by `make bench-crops`."""

import json
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from statistics import median
from typing import Any

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
from tests.bench.peers import HERE, Peer, crops
from tests.bench.pictures import Photo as Made
from tests.bench.pictures import make

# The windows of a photo for several targets, in pixels of the photo.
Choose = Callable[[Photo, Sequence[Size]], list[Region]]

OURS: dict[str, dict[str, Any]] = {
    "ours: saliency": {"mode": "subject", "strategy": "saliency"},
    "ours: auto": {"mode": "auto"},
}
# The peers' windows are measured once. npm deletes the file when it installs other versions.
_KNOWN = HERE / "node_modules" / ".crop-windows.json"
_LARGE, _TARGET = Made(4000, 3000, "jpeg"), Size(1080, 1080)
_WARM_UPS, _ROUNDS = 3, 15


@contextmanager
def sides() -> Iterator[dict[str, Choose]]:
    """Yield the croppers by name.

    Raises:
        Unavailable: the peers cannot be installed.
    """
    with crops() as peer:
        known = json.loads(_KNOWN.read_text()) if _KNOWN.exists() else {}
        yield {
            "centre": _centres,
            "sharp attention": _known(known, "attention", _sharp(peer, "attention")),
            "sharp entropy": _known(known, "entropy", _sharp(peer, "entropy")),
            "smartcrop.js": _known(known, "smartcrop", _smartcrop(peer)),
            "centred on faces": _on_faces,
            **{name: _ours(settings) for name, settings in OURS.items()},
        }
        _KNOWN.write_text(json.dumps(known))


def sides_without_peers() -> dict[str, Choose]:
    """Return the croppers by name that need no installation."""
    return {"centre": _centres, **{name: _ours(settings) for name, settings in OURS.items()}}


def _known(
    known: dict[str, list[float]], name: str, choose: Callable[[Photo, Size], Region]
) -> Choose:
    def choose_once(photo: Photo, targets: Sequence[Size]) -> list[Region]:
        windows = []
        for target in targets:
            key = f"{name} {photo.path.name} {target.width}x{target.height}"
            if key not in known:
                region = choose(photo, target)
                known[key] = [region.left, region.top, region.width, region.height]
            windows.append(Region(*known[key]))
        return windows

    return choose_once


def _centres(photo: Photo, targets: Sequence[Size]) -> list[Region]:
    return [_around(photo, target, None) for target in targets]


def _on_faces(photo: Photo, targets: Sequence[Size]) -> list[Region]:
    (plan,) = _plans(photo, {"mode": "auto"}, targets[:1])
    boxes = [face.box for face in plan.faces]
    hull = boxes[0].around(*boxes) if boxes else None
    return [_around(photo, target, hull) for target in targets]


def _around(photo: Photo, target: Size, box: Box | None) -> Region:
    """Return the largest window with its centre at that of a box, or of the photo."""
    width, height = map(float, largest_extent(photo.size, target))
    free = photo.size.width - width, photo.size.height - height
    if box is None:
        return Region(free[0] / 2, free[1] / 2, width, height)
    left, top = box.left + (box.width - width) / 2, box.top + (box.height - height) / 2
    return Region(min(max(0, left), free[0]), min(max(0, top), free[1]), width, height)


def _sharp(peer: Peer, strategy: str) -> Callable[[Photo, Size], Region]:
    def choose(photo: Photo, target: Size) -> Region:
        size = {"width": target.width, "height": target.height}
        found = peer.ask("sharp", path=str(photo.path), strategy=strategy, **size)
        window = Box(found["left"], found["top"], target.width, target.height)
        return Cover.of(photo.size, target).region_of(window)

    return choose


def _smartcrop(peer: Peer) -> Callable[[Photo, Size], Region]:
    def choose(photo: Photo, target: Size) -> Region:
        size = {"width": target.width, "height": target.height}
        return Region(**peer.ask("smartcrop", path=str(photo.path), **size))

    return choose


def _ours(settings: dict[str, Any]) -> Choose:
    def choose(photo: Photo, targets: Sequence[Size]) -> list[Region]:
        return [plan.crop.region() for plan in _plans(photo, settings, targets)]

    return choose


def _plans(photo: Photo, settings: dict[str, Any], targets: Sequence[Size]) -> list[Plan]:
    """Return our plans for all targets, which share the decoding and the networks."""
    sizes = [{"width": target.width, "height": target.height} for target in targets]
    requested, _ = validate_settings({**settings, "sizes": sizes})
    job = Job(photo.path.read_bytes(), None, requested)
    return [crop.plan for crop in plan_job(job, Config()).crops]


def measure_cost() -> dict[str, float]:
    """Return milliseconds of CPU for planning a 12 MP picture, without decoding and rendering."""
    data = make(_LARGE).read_bytes()
    shrink = Cover.of(Size(_LARGE.width, _LARGE.height), _TARGET).shrink
    return {name: _cost(data, settings, shrink) for name, settings in OURS.items()}


def _cost(data: bytes, settings: dict[str, Any], shrink: float) -> float:
    request = validate_settings(settings)[0].request()
    detector = EvidenceDetector(LazyDetector(None, 0.5), None)
    times = []
    for _ in range(_WARM_UPS + _ROUNDS):
        picture = open_picture(data, Limits(_LARGE.width * _LARGE.height))
        picture.pixels(shrink)
        start = time.process_time()
        make_plan(picture, request, detector)
        times.append((time.process_time() - start) * 1000)
    return median(times[_WARM_UPS:])
