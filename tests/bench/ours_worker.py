"""Our side of the comparison: a process that crops on command.

One JSON object a line on standard input, one answer a line on standard output; see `peers`.
"""

import json
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from handler.config import Config
from handler.jobs.job import Job, Result, run_job
from handler.malloc import keep_large_blocks
from handler.settings import validate_settings
from tests.bench.stages import timed_stages

_CONFIG = Config(max_pixels=150_000_000)


class Worker:
    """Holds the file in memory, as both peers do."""

    def __init__(self) -> None:
        self._data = b""

    def load(self, path: str) -> dict[str, Any]:
        self._data = Path(path).read_bytes()
        return {"bytes": len(self._data)}

    def crop(self, **settings: Any) -> dict[str, Any]:
        """Crop, and tell what it cost: milliseconds of CPU (user and system) and of the clock."""
        job = Job(self._data, None, validate_settings(settings)[0])
        cpu, wall = cpu_seconds(), time.perf_counter()
        (crop,) = run_job(job, _CONFIG).results
        cpu, wall = cpu_seconds() - cpu, time.perf_counter() - wall
        return {"cpu": cpu * 1000, "wall": wall * 1000, "bytes": len(crop.data)} | _window(crop)

    def stages(self, **settings: Any) -> dict[str, Any]:
        """Crop, and tell the milliseconds of CPU that each stage took."""
        with timed_stages() as taken:
            whole = self.crop(**settings)["cpu"]
        return {**taken, "rest": whole - sum(taken.values())}

    def peak(self) -> dict[str, Any]:
        # Not ru_maxrss: it counts the parent's pages until the program is executed.
        peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
        return {"kib": int(peak[1]) if peak else 0}


def cpu_seconds() -> float:
    """CPU time of this process, its threads, and those that decode apart."""
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _window(crop: Result) -> dict[str, Any]:
    region, source = crop.plan.cut.region, crop.plan.source
    box = (region.left, region.top, region.width, region.height)
    return {"source": [source.width, source.height], "window": box}


def main() -> None:
    keep_large_blocks()  # as every entry does
    worker = Worker()
    commands: dict[str, Callable[..., dict[str, Any]]] = {
        "load": worker.load,
        "crop": worker.crop,
        "stages": worker.stages,
        "peak": worker.peak,
    }
    for line in sys.stdin:
        request = json.loads(line)
        answer = commands[request.pop("do")](**request)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
