"""`make bench-faces`: how well and how fast faces are found, beside what the reference uses.

make bench-faces                  285 annotated photos, upright and turned; takes some minutes
make bench-faces ARGS=--quick     a tenth of them

Both sides look at the same decoded photos in turns, one thread each. The peer is mediapipe 0.10.21,
its short and full range detectors together, in an environment of its own that is made on first use.
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
class Looks:
    """What one side saw in the annotated photos at one lean."""

    results: list[Result] = field(default_factory=list)
    told: list[bool] = field(default_factory=list)
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
            looks = look_at_people(started, step, status.update)
            console.print(faces_report.accuracy([judge(*one) for one in looks]))
            console.print(faces_report.leaning([judge_leaning(*one) for one in looks]))
        except Unavailable as reason:
            console.print(f"[bold]accuracy[/] skipped: {reason}")
        console.print(faces_report.nobody(look_at_nobody(started, status.update)))
        status.update("first requests")
        path = str(make(_LARGE))
        console.print(faces_report.first_requests([measure_cold(side, path) for side in sides]))
        console.print(faces_report.request(_LARGE.megapixels, measure_warm(started[0][1], path)))


def look_at_people(
    started: Sequence[tuple[Side, Peer]], step: int, say: Say
) -> list[tuple[Side, dict[int, Looks]]]:
    """Show every annotated photo, at every lean, to all sides in turns."""
    photos = annotated(step)
    looks = [(side, {lean: Looks() for lean in LEANS}) for side, _ in started]
    for index, photo in enumerate(photos):
        say(f"{index} of {len(photos)} photos")
        for lean in LEANS:
            truth = photo.leaning(lean)
            for (_, peer), (_, by_lean) in zip(started, looks, strict=True):
                answer = peer.ask("detect", path=photo.path, lean=lean)
                rows = np.array(answer["boxes"], np.float32).reshape(-1, 5)
                by_lean[lean].results.append(Result(rows[:, :4], rows[:, 4], truth))
                by_lean[lean].told.append(answer["lean"] == lean)
                by_lean[lean].milliseconds.append(answer["cpu"])
    return looks


def judge(side: Side, looks: dict[int, Looks]) -> dict[str, Any]:
    """Accuracy on upright photos."""
    results = looks[0].results
    return {
        "side": side.name,
        "photos": len(results),
        "average precision": average_precision(results),
        "largest": recall_of_largest(results, side.threshold),
        "all": recall(results, side.threshold),
        "ms": statistics.median(looks[0].milliseconds),
    }


def judge_leaning(side: Side, looks: dict[int, Looks]) -> dict[str, Any]:
    """Recall, the lean told, and the time, by lean."""
    rows = {
        lean: {
            "largest": recall_of_largest(look.results, side.threshold),
            "told": statistics.fmean(look.told),
            "ms": statistics.median(look.milliseconds),
        }
        for lean, look in looks.items()
    }
    return {"side": side.name, "leans": rows}


def look_at_nobody(started: Sequence[tuple[Side, Peer]], say: Say) -> list[dict[str, Any]]:
    """Show photos without people, and count what is found all the same."""
    rows = []
    for source, paths in nobody().items():
        say(f"{len(paths)} photos of nobody")
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
    """Medians over fresh processes of what the first face request costs, by parts."""
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
    """Medians in a warm process of finding faces alone, and of the whole crop, in turns."""
    runs = [
        {do: float(peer.ask(do, path=path)["cpu"]) for do in ("find", "crop")}
        for _ in range(_WARM_RUNS)
    ]
    return {do: statistics.median(run[do] for run in runs) for do in runs[0]}


if __name__ == "__main__":
    main()
