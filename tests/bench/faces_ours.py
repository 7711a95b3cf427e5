"""Our side of the face benchmark: a process that executes commands; see `peers`."""

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from pkgutil import resolve_name
from typing import Any
from unittest.mock import patch

from PIL import Image

from handler.codec import Limits, open_picture
from handler.config import Config
from handler.core.geometry import Orientation, Region, Size
from handler.core.image.alpha import DecodedImage
from handler.core.image.frame import Pixels
from handler.faces import detector
from handler.faces.centerface import FLOOR
from handler.faces.pyramid import UPRIGHT_AFTER, fine_view
from handler.jobs.job import Job, run_job
from handler.settings import validate_settings

_LIMITS = Limits(max_pixels=150_000_000)
# Function of each part of loading.
_PARTS = {
    "import the runtime": "handler.faces.bundle._import_runtime",
    "read and hash the model": "handler.faces.bundle.read_model",
    "open the session": "handler.faces.bundle._open_session",
}
_LEANS = {
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


class Decoded:
    """A frame that is decoded before the measurement, as for the peer."""

    def __init__(self, image: Image.Image) -> None:
        self.size = Size(*image.size)
        self._pixels = Pixels(DecodedImage(image), Orientation.UPRIGHT)

    def pixels(self, shrink: float) -> Pixels:
        return self._pixels

    def forget_pixels(self) -> None:
        """Keep the pixels, because every round needs them."""


def detect(path: str, lean: int) -> dict[str, Any]:
    """Detect faces after turning the picture so that heads lean to the right by ``lean`` degrees.

    The boxes are those of the network: [left, top, right, bottom, score] in pixels of the turned
    picture.
    """
    with Image.open(path) as file:
        image = file.convert("RGB")
    frame = Decoded(image.transpose(_LEANS[lean]) if lean else image)
    finder = detector()
    start = time.process_time()
    picture = fine_view(frame)
    found, turn = finder.detect(picture, FLOOR)
    milliseconds = (time.process_time() - start) * 1000
    upright, seen = UPRIGHT_AFTER[turn], Size(*picture.size)
    boxes = []
    for (left, top, right, bottom), score in zip(
        found.boxes.tolist(), found.scores.tolist(), strict=True
    ):
        box = Region(left, top, right - left, bottom - top)
        box = upright.stored_region(box, upright.size(seen)).rescaled(seen, frame.size)
        boxes.append([box.left, box.top, box.right, box.bottom, score])
    return {"boxes": boxes, "lean": turn, "cpu": milliseconds}


def find(path: str) -> dict[str, Any]:
    """Decode a file and detect its faces, as a request does; return milliseconds of CPU."""
    data = Path(path).read_bytes()
    start = time.process_time()
    faces = detector().find(open_picture(data, _LIMITS), 0.5)
    return {"cpu": (time.process_time() - start) * 1000, "faces": len(faces)}


def crop(path: str) -> dict[str, Any]:
    """Crop a file in face mode, from bytes to bytes; return milliseconds of CPU."""
    settings, _ = validate_settings({"mode": "face"})
    job = Job(Path(path).read_bytes(), None, settings)
    start = time.process_time()
    (done,) = run_job(job, Config()).results
    return {"cpu": (time.process_time() - start) * 1000, "faces": len(done.plan.faces)}


def cold(path: str) -> dict[str, Any]:
    """Measure the parts of the first face request of a process that has cropped before."""
    before = _memory()
    with _timed_parts() as parts:
        first = find(path)["cpu"]
    loaded = sum(parts.values())
    again = find(path)["cpu"]
    parts["decode and detect, first time"] = first - loaded
    return {"parts": parts, "whole": first, "again": again, "mebibytes": _memory() - before}


@contextmanager
def _timed_parts() -> Iterator[dict[str, float]]:
    times: dict[str, float] = {}

    def timed(part: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            start = time.process_time()
            try:
                return original(*arguments)
            finally:
                times[part] = (time.process_time() - start) * 1000

        return call

    patches = [patch(name, timed(part, resolve_name(name))) for part, name in _PARTS.items()]
    for one in patches:
        one.start()
    try:
        yield times
    finally:
        for one in patches:
            one.stop()


def memory() -> dict[str, Any]:
    return {"mebibytes": _memory()}


def _memory() -> float:
    resident = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(resident[1]) / 1024 if resident else 0.0


def main() -> None:
    commands: dict[str, Callable[..., dict[str, Any]]] = {
        "detect": detect,
        "find": find,
        "crop": crop,
        "cold": cold,
        "memory": memory,
    }
    for line in sys.stdin:
        request = json.loads(line)
        answer = commands[request.pop("do")](**request)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
