"""What a module's import is made of, package by package."""

import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from statistics import median

_LINE = re.compile(r"import time:\s+(\d+) \|\s+\d+ \|\s+([\w.]+)")
_RUNS = 5
_SHOWN = 12


def import_times(module: str, environment: Mapping[str, str]) -> dict[str, float]:
    """Milliseconds by top-level package, dearest first, each without what it imports.

    From ``python -X importtime``, whose own bookkeeping makes the sum larger than it is without.
    """
    runs = [_import_once(module, environment) for _ in range(_RUNS)]
    packages = set().union(*runs)
    times = {name: median(run.get(name, 0.0) for run in runs) for name in packages}
    dearest = sorted(times.items(), key=lambda item: -item[1])
    others = sum(time for _, time in dearest[_SHOWN:])
    return {**dict(dearest[:_SHOWN]), "all others": others}


def _import_once(module: str, environment: Mapping[str, str]) -> dict[str, float]:
    command = [sys.executable, "-X", "importtime", "-c", f"import {module}"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    times: dict[str, float] = defaultdict(float)
    for spent, name in _LINE.findall(done.stderr):
        package = name.partition(".")[0]
        known = package in sys.stdlib_module_names
        times["standard library" if known else package] += int(spent) / 1000
    return times
