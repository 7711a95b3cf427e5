"""The peer of the face benchmark: a process that runs mediapipe's two detectors; see `peers`.

It runs in a separate environment with mediapipe and Pillow, and imports no module of this project.
"""

import importlib
import json
import re
import sys
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

# Smallest confidence threshold of the reference, at sensitivity 0.9 and above.
_FLOOR = 0.1
# Confidence threshold of the reference at its default sensitivity. It turns the picture if no face
# reaches it.
_DEFAULT = 0.5
# Boxes of the two detectors with a larger intersection over union are one face.
_SAME_FACE = 0.4
_SHORT_RANGE, _FULL_RANGE = 0, 1
# How to turn the picture so that heads lean to the right by an angle in degrees.
_LEANS = {
    0: None,
    90: Image.Transpose.ROTATE_270,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_90,
}


@cache
def _detectors() -> list[Any]:
    solution = importlib.import_module("mediapipe.python.solutions.face_detection")
    return [
        solution.FaceDetection(model_selection=which, min_detection_confidence=_FLOOR)
        for which in (_SHORT_RANGE, _FULL_RANGE)
    ]


def detect(path: str, lean: int) -> dict[str, Any]:
    """Detect faces like `faces_ours.detect`; turn the picture until one is found."""
    image = _leaning(_opened(path), lean)
    detectors = _detectors()
    start = time.process_time()
    upright = turn, boxes = 0, _both(detectors, image, 0)
    while not any(box[4] >= _DEFAULT for box in boxes):
        turn += 90
        if turn == 360:
            turn, boxes = upright
            break
        boxes = _both(detectors, image, turn)
    milliseconds = (time.process_time() - start) * 1000
    return {"boxes": boxes, "lean": turn, "cpu": milliseconds}


def _opened(path: str) -> Image.Image:
    with Image.open(path) as file:
        return file.convert("RGB")


def _leaning(image: Image.Image, lean: int) -> Image.Image:
    method = _LEANS[lean]
    return image if method is None else image.transpose(method)


def _both(detectors: list[Any], image: Image.Image, turn: int) -> list[list[float]]:
    """Return the boxes of both detectors in the picture turned back by ``turn``."""
    turned = _leaning(image, -turn % 360)
    pixels = np.asarray(turned)
    found = [box for one in detectors for box in _read(one.process(pixels), turned.size)]
    return [_turned(box, turned.size, turn) for box in _suppressed(found)]


def _read(answer: Any, size: tuple[int, int]) -> list[list[float]]:
    width, height = size
    boxes = []
    for detection in answer.detections or ():
        box = detection.location_data.relative_bounding_box
        left, top = box.xmin * width, box.ymin * height
        right, bottom = left + box.width * width, top + box.height * height
        boxes.append([left, top, right, bottom, detection.score[0]])
    return boxes


def _suppressed(boxes: list[list[float]]) -> list[list[float]]:
    kept: list[list[float]] = []
    for box in sorted(boxes, key=lambda box: -box[4]):
        if all(_share(box, other) <= _SAME_FACE for other in kept):
            kept.append(box)
    return kept


def _share(box: list[float], other: list[float]) -> float:
    width = min(box[2], other[2]) - max(box[0], other[0])
    height = min(box[3], other[3]) - max(box[1], other[1])
    common = max(0.0, width) * max(0.0, height)
    both = sum((one[2] - one[0]) * (one[3] - one[1]) for one in (box, other))
    return common / (both - common) if both > common else 0.0


def _turned(box: list[float], size: tuple[int, int], lean: int) -> list[float]:
    """Return the box of an upright picture of ``size`` in the picture turned by ``lean``."""
    width, height = size
    left, top, right, bottom, score = box
    places = {
        0: [left, top, right, bottom],
        90: [height - bottom, left, height - top, right],
        180: [width - right, height - bottom, width - left, height - top],
        270: [top, width - right, bottom, width - left],
    }
    return [*places[lean], score]


def cold(path: str) -> dict[str, Any]:
    before, start = _memory(), time.process_time()
    _detectors()
    loaded = time.process_time()
    detect(path, 0)
    first = time.process_time()
    parts = {
        "import and open": (loaded - start) * 1000,
        "detect, first time": (first - loaded) * 1000,
    }
    again = detect(path, 0)["cpu"]
    return {
        "parts": parts,
        "whole": (first - start) * 1000,
        "again": again,
        "mebibytes": _memory() - before,
    }


def memory() -> dict[str, Any]:
    return {"mebibytes": _memory()}


def _memory() -> float:
    resident = re.search(r"VmRSS:\s+(\d+)", Path("/proc/self/status").read_text())
    return int(resident[1]) / 1024 if resident else 0.0


def main() -> None:
    commands: dict[str, Callable[..., dict[str, Any]]] = {
        "detect": detect,
        "cold": cold,
        "memory": memory,
    }
    for line in sys.stdin:
        request = json.loads(line)
        answer = commands[request.pop("do")](**request)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
