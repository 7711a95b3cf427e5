"""Code that a hostile file could run in a worker process, and the way to run it there."""

import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

ROOT = Path(__file__).parents[2]
# Exit statuses: the code came to its end, or an error stopped it.
SUCCEEDED, REFUSED = 0, 3
# The modules that the code needs are imported before, as nothing can be imported in the sandbox.
_PROGRAM = """
import ctypes, mmap, os, signal, socket, sys, threading
sys.path.insert(0, {root!r})
from handler.sandbox import confinement
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *arguments):
    result = libc.syscall(ctypes.c_long(number), *map(ctypes.c_long, arguments))
    if result < 0:
        raise OSError(ctypes.get_errno(), "refused")
    return result
argument = {argument!r}
for part in list(confinement.PARTS):
    if part not in {parts!r}:
        del confinement.PARTS[part]
confinement.confine(confinement.Allowance(1 << 32, 1))
try:
{code}
except BaseException:
    os._exit({refused})
os._exit({succeeded})
"""


def run(code: str, parts: Collection[str], argument: object = None) -> int:
    """Run code under some parts of the confinement, and return the exit status.

    Args:
        code: lines of Python, which may use ``argument`` and ``call``, a system call by its number.
        parts: names of the parts that hold, of `handler.sandbox.confinement.PARTS`.
        argument: a value for the code.
    """
    program = _PROGRAM.format(
        root=str(ROOT),
        argument=argument,
        parts=set(parts),
        code="\n".join(f"    {line}" for line in code.strip().splitlines()),
        refused=REFUSED,
        succeeded=SUCCEEDED,
    )
    return subprocess.run([sys.executable, "-c", program], check=False).returncode


def survivors(calls: Collection[int]) -> list[int]:
    """Return the system calls, by number, that do not end a process in the sandbox."""
    program = f"""
import ctypes, os, signal, sys
sys.path.insert(0, {str(ROOT)!r})
from handler.sandbox import confinement
libc = ctypes.CDLL(None)
for number in {list(calls)}:
    worker = os.fork()
    if worker == 0:
        confinement.confine(confinement.Allowance(1 << 32, 5))
        libc.syscall(ctypes.c_long(number), *[ctypes.c_long(0)] * 6)
        os._exit(0)
    if os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) != -signal.SIGSYS:
        print(number)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return [int(number) for number in done.stdout.split()]
