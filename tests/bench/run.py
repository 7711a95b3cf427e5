"""`make bench`: windows, time, memory, quality, throughput and cold start.

make bench                            all sections except the profile
make bench ARGS="speed rss --quick"   two sections, with fewer pictures and rounds
make bench ARGS=--profile             only our time by stage
make bench ARGS=--page                only the page, from what was measured before

Each section writes its results to .cache/results, and the page tests/bench/README.md is written
from them. Sections that were not measured here keep their part of the page, and so do all with
--quick.
"""

import argparse
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console, RenderableType

from tests.bench import measurements, page, report
from tests.bench.breakdown import measure_stages
from tests.bench.camera_files import camera_raw, measure_camera_raw
from tests.bench.cold import measure_cold_starts
from tests.bench.equal_bytes import measure_quality
from tests.bench.moving import animations, measure_animations
from tests.bench.parity import compare_windows
from tests.bench.peers import Unavailable
from tests.bench.photo_batch import measure_batch
from tests.bench.pyvips_side import measure_pyvips
from tests.bench.size_curve import measure_curve
from tests.bench.speed import Say, measure_memory, measure_speed
from tests.bench.throughput import measure_throughput

Measure = Callable[[bool, Say], Any]
Show = Callable[[Any], list[RenderableType]]

SECTIONS: dict[str, tuple[Measure, Show]] = {
    "parity": (lambda _quick, _say: compare_windows(), report.parity),
    "speed": (measure_speed, report.speed),
    "rss": (measure_memory, report.memory),
    "pyvips": (measure_pyvips, page.shown("pyvips")),
    "quality": (measure_quality, page.shown("quality")),
    "curve": (measure_curve, page.shown("curve")),
    "batch": (measure_batch, page.shown("batch")),
    "throughput": (measure_throughput, page.shown("throughput")),
    "animations": (measure_animations, animations),
    "raw": (measure_camera_raw, camera_raw),
    "cold": (measure_cold_starts, report.cold_starts),
    "profile": (measure_stages, report.stages),
}


def main() -> None:
    arguments = _parser().parse_args()
    console = Console(width=None if Console().is_terminal else 160)
    default = [name for name in SECTIONS if name != "profile"]
    chosen = arguments.sections or ([] if arguments.profile or arguments.page else default)
    if arguments.profile:
        chosen = [*chosen, "profile"]
    for name in dict.fromkeys(chosen):
        measure, show = SECTIONS[name]
        start = time.monotonic()
        try:
            with console.status(name) as status:
                results = measure(arguments.quick, status.update)
        except Unavailable as reason:
            console.print(f"[bold]{name}[/] skipped: {reason}")
            continue
        for part in show(results):
            console.print(part)
        if not arguments.quick:
            measurements.keep(name, results)
        console.print(f"[dim]{name} took {time.monotonic() - start:.0f} s[/]\n")
    if not arguments.quick:
        page.write()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], metavar="section")
    parser.add_argument("--quick", action="store_true", help="fewer pictures, fewer rounds")
    parser.add_argument("--profile", action="store_true", help="our time by stage")
    parser.add_argument("--page", action="store_true", help="only write the page")
    return parser


if __name__ == "__main__":
    main()
