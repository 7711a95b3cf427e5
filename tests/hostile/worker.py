"""The worker process that opens hostile files: a job per line, an answer per line.

It represents a warm process on Lambda. It ends when a file crashes it, or uses more CPU time than a
job may; the test that sent the file then fails.
"""

import io
import json
import resource
import signal
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

from PIL import Image

from handler.config import Config
from handler.errors import SmartCropError
from handler.jobs.job import Job, run_job
from handler.settings import validate_settings

# Smaller than the default of 150 megapixels, because a whole picture below that limit may use much
# time and memory. Bombs in the corpus claim more pixels, or fewer than they have.
_CONFIG = Config(max_pixels=150_000_000)
_PROCESS = Path("/proc/self")
_CLEAR_PEAK = "5"


def main(cpu_seconds: float) -> None:
    """Process jobs until the input ends, or a job uses more CPU time than ``cpu_seconds``."""
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        data = sys.stdin.buffer.read(request["bytes"])
        before = _cpu_of_children()
        answer = _answer(data, request["settings"], cpu_seconds)
        if (spent := _cpu_of_children() - before) > cpu_seconds:
            sys.exit(f"the process that decoded used {spent} seconds of CPU")
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _cpu_of_children() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _answer(data: bytes, settings: dict[str, Any], cpu_seconds: float) -> dict[str, Any]:
    before = _start_measuring()
    with warnings.catch_warnings(record=True) as leaked:
        warnings.simplefilter("always")
        signal.setitimer(signal.ITIMER_PROF, cpu_seconds)
        try:
            answer = _run(data, settings)
        finally:
            signal.setitimer(signal.ITIMER_PROF, 0)
    resident, peak = _memory()
    return answer | {
        "leaked": [str(warning.message) for warning in leaked],
        "resident": resident,
        "peak": peak - before,
    }


def _run(data: bytes, settings: dict[str, Any]) -> dict[str, Any]:
    try:
        job = Job(data, "hostile.jpg", validate_settings(settings)[0])
        (crop,) = run_job(job, _CONFIG).results
    except SmartCropError as error:
        return {"status": error.status, "answer": error.answer()}
    except Exception:  # the API returns 500
        return {"status": 500, "answer": {"traceback": traceback.format_exc()}}
    with Image.open(io.BytesIO(crop.data)) as result:
        result.load()
        return {"status": 200, "size": result.size, "expected": [crop.size.width, crop.size.height]}


def _start_measuring() -> int:
    """Reset the peak, and return the resident KiB."""
    if _PROCESS.exists():
        (_PROCESS / "clear_refs").write_text(_CLEAR_PEAK)
    return _memory()[0]


def _memory() -> tuple[int, int]:
    """Return the resident KiB and the peak; zeros if the system does not provide them."""
    if not _PROCESS.exists():
        return 0, 0
    fields = dict(line.split(":", 1) for line in (_PROCESS / "status").read_text().splitlines())
    return int(fields["VmRSS"].split()[0]), int(fields["VmHWM"].split()[0])


if __name__ == "__main__":
    main(float(sys.argv[1]))
