"""The program of a process that runs jobs; requests and answers are lines of JSON."""

import gc
import json
import sys
from pathlib import Path
from typing import Any

from handler.codec import Limits, open_picture, output_format
from handler.config import Config
from handler.errors import SmartCropError
from handler.jobs.estimate import estimate_at
from handler.jobs.job import Job, run_job
from handler.malloc import keep_large_blocks
from handler.settings import parse_settings
from tests.bench.ours_worker import cpu_seconds
from tests.fuzz import process
from tests.hostile.specimens import specimen

_SMALL = {"width": 64, "height": 64}
_NO_LIMIT = 10**12


def main() -> None:
    """Serve requests until standard input ends."""
    keep_large_blocks()
    for name in ("png/rgb", "jpeg/baseline", "gif/still"):
        for mode in ("subject", "trim"):
            _run(specimen(name), {**_SMALL, "mode": mode}, {})
    for line in sys.stdin:
        request = json.loads(line)
        answer: dict[str, Any] = {}
        if request:
            data = Path(request["path"]).read_bytes()
            answer = _run(data, request["settings"], request["options"])
            del data
        gc.collect()
        process.memory_in_use()  # returns free memory
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


def _run(data: bytes, values: dict[str, Any], options: dict[str, Any]) -> dict[str, Any]:
    overlay = options.pop("overlay", False)
    settings, _ = parse_settings(json.dumps(values))
    config = Config(memory_mb=1 << 20, jobs=1, cpu_seconds=_NO_LIMIT, max_pixels=1 << 30)
    config = config.model_copy(update=options)
    picture = open_picture(data, Limits(config.max_pixels))
    format_ = output_format(picture.format, settings.format)
    cost = estimate_at(
        picture,
        picture.size,
        settings.requests(),
        format_,
        overlay=overlay,
        preview=True,
        thorough=settings.effort == "high",
    )
    del picture
    before, start = process.start_peak(), cpu_seconds()
    error = details = ""
    try:
        run_job(Job(data, "picture", settings, overlay=overlay, preview=True), config)
    except SmartCropError as raised:
        error, details = raised.code, raised.in_words
    return {
        "error": error,
        "details": details,
        "peak": process.memory()[1] - before + len(data) // 1024,
        "seconds": cpu_seconds() - start,
        "estimated_bytes": cost.bytes,
        "estimated_seconds": cost.seconds,
    }


if __name__ == "__main__":
    main()
