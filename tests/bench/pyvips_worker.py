"""The side of pyvips, and SSIMULACRA 2: a process that executes commands; see `peers`.

It runs in an environment of its own, and imports no module of this project.
"""

import json
import resource
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import Any


def main() -> None:
    vips: Any = import_module("pyvips")
    vips.cache_set_max(0)
    data = b""
    for line in sys.stdin:
        request = json.loads(line)
        match request.pop("do"):
            case "load":
                data = Path(request["path"]).read_bytes()
                answer: dict[str, Any] = {"bytes": len(data)}
            case "versions":
                answer = {"libvips": ".".join(str(vips.version(part)) for part in range(3))}
            case "score":
                score = import_module("ssimulacra2").compute_ssimulacra2
                answer = {"score": float(score(request["original"], request["lossy"]))}
            case _:
                answer = _crop(vips, data, **request)
        print(json.dumps(answer), flush=True)


def _crop(vips: Any, data: bytes, width: int, height: int, **settings: Any) -> dict[str, Any]:
    """Crop, and return milliseconds of CPU of all threads and of wall time."""
    before, start = _cpu_seconds(), time.perf_counter()
    crop = vips.Image.thumbnail_buffer(data, width, height=height, crop=settings["strategy"])
    written = crop.write_to_buffer("." + settings["format"], Q=settings["quality"])
    cpu, wall = _cpu_seconds() - before, time.perf_counter() - start
    return {"cpu": cpu * 1000, "wall": wall * 1000, "bytes": len(written)}


def _cpu_seconds() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()
