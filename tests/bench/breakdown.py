"""CPU time of Smart Crop by stage."""

from statistics import median
from typing import Any

from tests.bench import peers
from tests.bench.pictures import make
from tests.bench.speed import Say, cases

_WARM_UPS = 2


def measure_stages(quick: bool, say: Say) -> list[dict[str, Any]]:
    """Return median milliseconds of CPU for each case and stage."""
    rows = []
    with peers.ours() as ours:
        for case in cases(quick):
            say(f"profile: {case.name}")
            ours.ask("load", path=str(make(case.photo)))
            runs = [
                ours.ask("stages", **case.settings) for _ in range(_WARM_UPS + (5 if quick else 11))
            ]
            stages = {stage: median(run[stage] for run in runs[_WARM_UPS:]) for stage in runs[0]}
            rows.append({"case": case.name, **stages})
    return rows
