"""Our side of the comparison: a process that executes commands.

It reads one JSON object per line and writes one answer per line; see `peers`.
"""

import base64
import json
import os
import re
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from handler.codec.decoders.isolated import fork_server
from handler.config import Config
from handler.jobs.job import Job, Result, run_job
from handler.malloc import keep_large_blocks
from handler.settings import validate_settings

_CONFIG = Config(max_pixels=150_000_000)


class Worker:
    """A worker that keeps the file in memory, as the peer does."""

    def __init__(self) -> None:
        self._data = b""

    def load(self, path: str) -> dict[str, Any]:
        self._data = Path(path).read_bytes()
        return {"bytes": len(self._data)}

    def crop(self, **settings: Any) -> dict[str, Any]:
        """Crop, and return milliseconds of CPU (user and system) and of wall time."""
        job = Job(self._data, None, validate_settings(settings)[0])
        cpu, wall = cpu_seconds(), time.perf_counter()
        (crop,) = run_job(job, _CONFIG).results
        cpu, wall = cpu_seconds() - cpu, time.perf_counter() - wall
        return {"cpu": cpu * 1000, "wall": wall * 1000, "bytes": len(crop.data)} | _window(crop)

    def result(self, **settings: Any) -> dict[str, Any]:
        """Crop, and return the file in base64."""
        job = Job(self._data, None, validate_settings(settings)[0])
        (crop,) = run_job(job, _CONFIG).results
        return {"data": base64.b64encode(crop.data).decode()}

    def stages(self, **settings: Any) -> dict[str, Any]:
        """Crop, and return the milliseconds of CPU of each stage."""
        # Here, because unittest.mock imports asyncio, whose memory no crop needs.
        from tests.bench.stages import timed_stages

        with timed_stages() as times:
            whole = self.crop(**settings)["cpu"]
        return {**times, "rest": whole - sum(times.values())}

    def peak(self) -> dict[str, Any]:
        # Not ru_maxrss, which includes the parent's pages before the program is executed.
        peak = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())
        return {"kib": int(peak[1]) if peak else 0}


def cpu_seconds() -> float:
    """Return the CPU time of this process, the fork server and its worker processes."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime + _fork_server_seconds()


def _fork_server_seconds() -> float:
    """Return the CPU time of the fork server and its ended worker processes, to 10 ms."""
    number = fork_server().process_id
    if number is None:
        return 0
    # utime, stime, cutime and cstime of proc_pid_stat(5); the command before them may have spaces.
    fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")


def _window(crop: Result) -> dict[str, Any]:
    region, source = crop.plan.cut.region, crop.plan.source
    box = (region.left, region.top, region.width, region.height)
    return {"source": [source.width, source.height], "window": box}


def main() -> None:
    keep_large_blocks()  # as every entry point does
    worker = Worker()
    commands: dict[str, Callable[..., dict[str, Any]]] = {
        "load": worker.load,
        "crop": worker.crop,
        "result": worker.result,
        "stages": worker.stages,
        "peak": worker.peak,
    }
    for line in sys.stdin:
        request = json.loads(line)
        answer = commands[request.pop("do")](**request)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
