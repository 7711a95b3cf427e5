"""`make bench-faces`: accuracy and time of face detection, compared with the reference's detector.

make bench-faces                  285 annotated photos, upright and turned; takes some minutes
make bench-faces ARGS=--quick     a tenth of them

Both detectors receive the same decoded photos in turns, with one thread each. The peer is mediapipe
0.10.21, with its short and full range detectors together, in a separate environment that is created
on first use.
"""

import argparse
import statistics
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from rich.console import Console

from tests.bench import faces_report
from tests.bench.faces_accuracy import Result, average_precision, recall, recall_of_largest
from tests.bench.faces_sets import annotated, nobody
from tests.bench.faces_sides import Side, mediapipe, ours
from tests.bench.peers import Peer, Unavailable
from tests.bench.pictures import Photo, make

LEANS = (0, 90, 180, 270)
_COLD_RUNS, _WARM_RUNS = 5, 9
_LARGE = Photo(4000, 3000, "jpeg")
Say = Callable[[str], None]


@dataclass(slots=True)
class Detections:
    """Detections of one side in the annotated photos at one lean."""

    results: list[Result] = field(default_factory=list)
    right_turns: list[bool] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="a tenth of the photos")
    step = 10 if parser.parse_args().quick else 1
    console = Console(width=None if Console().is_terminal else 140)
    sides = [ours()]
    try:
        sides.append(mediapipe())
    except Unavailable as reason:
        console.print(f"[bold]mediapipe[/] skipped: {reason}")
        console.print(faces_report.PEER_ELSEWHERE)
    with console.status("starting") as status, ExitStack() as stack:
        started = [(side, stack.enter_context(side.start())) for side in sides]
        try:
            detections = detect_people(started, step, status.update)
            console.print(faces_report.accuracy([score(*one) for one in detections]))
            console.print(faces_report.leaning([score_leaning(*one) for one in detections]))
        except Unavailable as reason:
            console.print(f"[bold]accuracy[/] skipped: {reason}")
        console.print(faces_report.nobody(detect_nobody(started, status.update)))
        status.update("first requests")
        path = str(make(_LARGE))
        console.print(faces_report.first_requests([measure_cold(side, path) for side in sides]))
        console.print(faces_report.request(_LARGE.megapixels, measure_warm(started[0][1], path)))


def detect_people(
    started: Sequence[tuple[Side, Peer]], step: int, say: Say
) -> list[tuple[Side, dict[int, Detections]]]:
    """Detect faces in every annotated photo, at every lean, by all sides in turns."""
    photos = annotated(step)
    detections = [(side, {lean: Detections() for lean in LEANS}) for side, _ in started]
    for index, photo in enumerate(photos):
        say(f"{index} of {len(photos)} photos")
        for lean in LEANS:
            truth = photo.leaning(lean)
            for (_, peer), (_, by_lean) in zip(started, detections, strict=True):
                answer = peer.ask("detect", path=photo.path, lean=lean)
                rows = np.array(answer["boxes"], np.float32).reshape(-1, 5)
                by_lean[lean].results.append(Result(rows[:, :4], rows[:, 4], truth))
                by_lean[lean].right_turns.append(answer["lean"] == lean)
                by_lean[lean].milliseconds.append(answer["cpu"])
    return detections


def score(side: Side, detections: dict[int, Detections]) -> dict[str, Any]:
    """Return the accuracy on upright photos."""
    results = detections[0].results
    return {
        "side": side.name,
        "photos": len(results),
        "average precision": average_precision(results),
        "largest": recall_of_largest(results, side.threshold),
        "all": recall(results, side.threshold),
        "ms": statistics.median(detections[0].milliseconds),
    }


def score_leaning(side: Side, detections: dict[int, Detections]) -> dict[str, Any]:
    """Return recall, the fraction of detected turns, and the time, by lean."""
    rows = {
        lean: {
            "largest": recall_of_largest(found.results, side.threshold),
            "right turns": statistics.fmean(found.right_turns),
            "ms": statistics.median(found.milliseconds),
        }
        for lean, found in detections.items()
    }
    return {"side": side.name, "leans": rows}


def detect_nobody(started: Sequence[tuple[Side, Peer]], say: Say) -> list[dict[str, Any]]:
    """Detect faces in photos without people, and count the false detections."""
    rows = []
    for source, paths in nobody().items():
        say(f"{len(paths)} photos without people")
        for side, peer in started:
            scores = [
                [box[4] for box in peer.ask("detect", path=path, lean=0)["boxes"]] for path in paths
            ]
            counted = [sum(score >= side.threshold for score in one) for one in scores]
            rows.append(
                {
                    "source": source,
                    "photos": len(paths),
                    "side": side.name,
                    "hits": sum(counted),
                    "with hits": sum(map(bool, counted)),
                    "most sensitive": sum(map(len, scores)),
                }
            )
    return rows


def measure_cold(side: Side, path: str) -> dict[str, Any]:
    """Return median costs of the first face request in new processes, by part."""
    runs = []
    for _ in range(_COLD_RUNS):
        with side.start() as peer:
            runs.append(peer.ask("cold", path=path))
    parts = {
        part: statistics.median(run["parts"][part] for run in runs) for part in runs[0]["parts"]
    }
    whole = {
        name: statistics.median(run[name] for run in runs)
        for name in ("whole", "again", "mebibytes")
    }
    return {"side": side.name, "parts": parts, **whole}


def measure_warm(peer: Peer, path: str) -> dict[str, float]:
    """Return median times in a warm process: of detection alone, and of the whole crop."""
    runs = [
        {do: float(peer.ask(do, path=path)["cpu"]) for do in ("find", "crop")}
        for _ in range(_WARM_RUNS)
    ]
    return {do: statistics.median(run[do] for run in runs) for do in runs[0]}


if __name__ == "__main__":
    main()
