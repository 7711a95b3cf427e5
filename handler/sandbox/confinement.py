"""A worker process gives up its rights before it reads a byte of a hostile file.

Each part stands for itself: where the platform lacks one, the others hold.
"""

import ctypes
import os
import platform
import resource
import sys
from collections.abc import Callable

from msgspec import Struct

from handler.sandbox import landlock, system_calls

# linux/prctl.h
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_SIGKILL = 9
# Of the fork server: a socket for each job, and a few more.
MAX_DESCRIPTORS = 1024


class Allowance(Struct, frozen=True):
    """The resources of one worker process.

    Attributes:
        memory: bytes of address space, including what the fork server has mapped already.
        cpu_seconds: seconds of CPU time.
    """

    memory: int
    cpu_seconds: int


def forbid_inspection() -> None:
    """Forbid other processes of this user to read this one's memory and environment.

    The environment of the service can hold credentials. Core dumps are switched off by the same
    flag.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def die_with_parent(parent: int) -> None:
    """End this process when its parent ends, or at once if it has ended already.

    Args:
        parent: process number of the parent.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def confine(allowance: Allowance) -> list[str]:
    """Give up all rights that decoding does not need.

    Returns:
        Names of the parts that this platform lacks, of `PARTS`.
    """
    return [name for name, apply in PARTS.items() if not apply(allowance)]


def _limit_memory(allowance: Allowance) -> bool:
    return _limit(resource.RLIMIT_AS, allowance.memory) and sys.platform == "linux"


def _limit_cpu_time(allowance: Allowance) -> bool:
    return _limit(resource.RLIMIT_CPU, allowance.cpu_seconds)


def _limit_files(_: Allowance) -> bool:
    # No new descriptors, no bytes written to files, no core dump.
    limits = (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_CORE)
    applied = [_limit(limit, 0) for limit in limits]
    return all(applied)


def _limit(limit: int, value: int) -> bool:
    try:
        resource.setrlimit(limit, (value, value))
    except (ValueError, OSError):  # macOS has no limit on memory
        return False
    return True


def _forbid_new_privileges(_: Allowance) -> bool:
    if sys.platform != "linux":
        return False
    forbid_inspection()
    return bool(ctypes.CDLL(None).prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0)


def _restrict_by_landlock(_: Allowance) -> bool:
    return sys.platform == "linux" and landlock.restrict()


def _filter_system_calls(_: Allowance) -> bool:
    if sys.platform != "linux":
        return False
    program = system_calls.filter_program(platform.machine())
    return program is not None and system_calls.install(program)


# Name -> function that applies the part, and returns whether the platform has it. The order counts:
# Landlock needs a descriptor, both it and the filter need `no_new_privs`, and the filter forbids
# all that the others do.
PARTS: dict[str, Callable[[Allowance], bool]] = {
    "no_new_privs": _forbid_new_privileges,
    "landlock": _restrict_by_landlock,
    "memory_limit": _limit_memory,
    "cpu_limit": _limit_cpu_time,
    "file_limits": _limit_files,
    "seccomp": _filter_system_calls,
}


def close_all_but(first: int, second: int) -> None:
    """Close all descriptors but two, which become 0 and 1.

    Args:
        first: a descriptor above 1.
        second: another.
    """
    os.dup2(first, 0)
    os.dup2(second, 1)
    os.closerange(2, MAX_DESCRIPTORS)
