"""CPU time of a module's import by package.

``python -X importtime`` measures wall time, which varies on a busy machine.
"""

import ast
import subprocess
import sys
from collections.abc import Mapping
from statistics import median

_RUNS = 5
_SHOWN = 12

# Runs in a new process that has imported nothing else. The interpreter looks up _find_and_load by
# name for each module that is not loaded yet.
_PROBE = """
import _frozen_importlib, sys, time
times, inner, load = {}, [0.0], _frozen_importlib._find_and_load

def timed(name, import_):
    inner.append(0.0)
    start = time.process_time()
    try:
        return load(name, import_)
    finally:
        whole = time.process_time() - start
        package = name.partition(".")[0]
        times[package] = times.get(package, 0.0) + whole - inner.pop()
        inner[-1] += whole

_frozen_importlib._find_and_load = timed
__import__(sys.argv[1])
print("\\n" + repr(times))
"""


def import_times(module: str, environment: Mapping[str, str]) -> dict[str, float]:
    """Return milliseconds of CPU by top-level package, slowest first, without nested imports."""
    runs = [_import_once(module, environment) for _ in range(_RUNS)]
    packages = set().union(*runs)
    times = {name: median(run.get(name, 0.0) for run in runs) for name in packages}
    slowest = sorted(times.items(), key=lambda item: -item[1])
    others = sum(time for _, time in slowest[_SHOWN:])
    return {**dict(slowest[:_SHOWN]), "all others": others}


def _import_once(module: str, environment: Mapping[str, str]) -> dict[str, float]:
    command = [sys.executable, "-c", _PROBE, module]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    times: dict[str, float] = {}
    for package, seconds in ast.literal_eval(done.stdout.splitlines()[-1]).items():
        name = "standard library" if package in sys.stdlib_module_names else package
        times[name] = times.get(name, 0.0) + seconds * 1000
    return times
