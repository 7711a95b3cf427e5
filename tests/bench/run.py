"""`make bench`: parity, speed, memory, animations, camera raw and cold start.

make bench                            all sections except the profile
make bench ARGS="speed rss --quick"   two sections, with fewer pictures and rounds
make bench ARGS=--profile             only our time by stage
"""

import argparse
import dataclasses
import json
import platform
import time
from collections.abc import Callable
from typing import Any

from rich.console import Console, RenderableType

from tests.bench import report
from tests.bench.breakdown import measure_stages
from tests.bench.camera_files import camera_raw, measure_camera_raw
from tests.bench.cold import measure_cold_starts
from tests.bench.moving import animations, measure_animations
from tests.bench.parity import compare_windows
from tests.bench.peers import Unavailable
from tests.bench.pictures import CACHE
from tests.bench.speed import Say, measure_memory, measure_speed

Measure = Callable[[bool, Say], Any]
Show = Callable[[Any], list[RenderableType]]

SECTIONS: dict[str, tuple[Measure, Show]] = {
    "parity": (lambda _quick, _say: compare_windows(), report.parity),
    "speed": (measure_speed, report.speed),
    "rss": (measure_memory, report.memory),
    "animations": (measure_animations, animations),
    "raw": (measure_camera_raw, camera_raw),
    "cold": (measure_cold_starts, report.cold_starts),
    "profile": (measure_stages, report.stages),
}


def main() -> None:
    arguments = _parser().parse_args()
    console = Console(width=None if Console().is_terminal else 160)
    default = [name for name in SECTIONS if name != "profile"]
    chosen = arguments.sections or ([] if arguments.profile else default)
    if arguments.profile:
        chosen = [*chosen, "profile"]
    results: dict[str, Any] = {"quick": arguments.quick, "python": platform.python_version()}
    for name in dict.fromkeys(chosen):
        measure, show = SECTIONS[name]
        start = time.monotonic()
        try:
            with console.status(name) as status:
                results[name] = measure(arguments.quick, status.update)
        except Unavailable as reason:
            results[name] = {"skipped": str(reason)}
            console.print(f"[bold]{name}[/] skipped: {reason}")
            continue
        for part in show(results[name]):
            console.print(part)
        console.print(f"[dim]{name} took {time.monotonic() - start:.0f} s[/]\n")
    _keep(results)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("sections", nargs="*", choices=[[], *SECTIONS], metavar="section")
    parser.add_argument("--quick", action="store_true", help="fewer pictures, fewer rounds")
    parser.add_argument("--profile", action="store_true", help="our time by stage")
    return parser


def _keep(results: dict[str, Any]) -> None:
    CACHE.mkdir(exist_ok=True)
    text = json.dumps(results, indent=1, default=dataclasses.asdict)
    (CACHE / "latest.json").write_text(text)


if __name__ == "__main__":
    main()
