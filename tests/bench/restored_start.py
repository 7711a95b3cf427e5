"""Start from a snapshot: from the restore of the function to the response of the first crop."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.lambda_.snapshot import started


def crop_after_restore(
    entry: str, event: Mapping[str, Any], environment: Mapping[str, str], folder: Path
) -> dict[str, float]:
    """Start a function, take its snapshot and restore it; return CPU and wall milliseconds.

    The process goes on after the snapshot. On Lambda, the pages of its memory are loaded again when
    they are first used, which is not measured.
    """
    with started(entry, environment, folder / "restored.log") as (runtime, program):
        expiration = datetime.now(UTC) + timedelta(hours=1)
        runtime.credentials = {
            "AccessKeyId": environment["AWS_ACCESS_KEY_ID"],
            "SecretAccessKey": environment["AWS_SECRET_ACCESS_KEY"],
            "Token": "",
            "Expiration": f"{expiration:%Y-%m-%dT%H:%M:%SZ}",
        }
        before, begun = cpu_clock(program.process.pid), time.monotonic()
        runtime.restore()
        answer = runtime.invoke(event)
        wall = time.monotonic() - begun
        if answer.get("statusCode") != 200:
            raise RuntimeError(f"{entry} answered {answer}: {program.written()[-2000:]}")
        return {"cpu": cpu_clock(program.process.pid) - before, "wall": wall * 1000}


def cpu_clock(process: int) -> float:
    """Return the milliseconds of CPU that a process has used since its start."""
    # The id of its CPU clock on Linux (MAKE_PROCESS_CPUCLOCK), which is finer than ticks in stat.
    return time.clock_gettime((~process << 3) | 2) * 1000
