"""Memory, open files and child processes, as Linux reports them."""

import ctypes
import os
import resource
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_CLEAR_PEAK = "5"
# proc_pid_stat(5): zombies and dead processes.
_ENDED = "ZXx"
# Some kernels are built without CONFIG_PROC_CHILDREN: they do not list the children of a thread.
_LISTS_CHILDREN = Path(f"/proc/self/task/{os.getpid()}/children").exists()


def start_peak() -> int:
    """Reset the peak of this process, and return its resident KiB.

    Free memory is returned to the system before. An input that reused it would not raise the peak.
    """
    resident = memory_in_use()
    (_PROC / "self" / "clear_refs").write_text(_CLEAR_PEAK)
    return resident


def memory(pid: int | None = None) -> tuple[int, int]:
    """Return the resident KiB of a process, and their peak."""
    text = (_PROC / (str(pid) if pid else "self") / "status").read_text()
    fields = dict(line.split(":", 1) for line in text.splitlines())
    return int(fields["VmRSS"].split()[0]), int(fields["VmHWM"].split()[0])


def memory_in_use() -> int:
    """Return the resident KiB of this process without free memory that the allocator keeps.

    The service lets malloc keep up to 256 MiB (`handler.malloc`), so one large picture raises the
    resident memory of the process for good. This is not growth.
    """
    with suppress(AttributeError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)
    return memory()[0]


def open_files() -> int:
    """Return the number of this process's file descriptors."""
    return len(os.listdir("/proc/self/fd"))


def files_of(pid: int) -> dict[str, str]:
    """Return the files that a process has open, by descriptor; none if it has ended.

    A descriptor that is closed between its listing and its reading is left out.
    """
    folder, found = _PROC / str(pid) / "fd", {}
    with suppress(OSError):  # it has ended
        for descriptor in os.listdir(folder):
            with suppress(OSError):
                found[descriptor] = os.readlink(folder / descriptor)
    return found


def peak_of_children() -> int:
    """Return the largest KiB of any child that has ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss


def has_children() -> bool:
    """Return whether this process has children, ended ones that were not waited for too."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def parents() -> dict[int, int]:
    """Return the parent of each process of the machine, by process id."""
    found = {}
    for entry in os.listdir(_PROC):
        if entry.isdigit():
            try:
                stat = (_PROC / entry / "stat").read_text()
            except OSError:  # it has ended
                continue
            # The name, in brackets, may contain anything.
            found[int(entry)] = int(stat.rpartition(")")[2].split()[1])
    return found


def descendants(pid: int, among: Mapping[int, int] | None = None) -> list[int]:
    """Return the ids of a process's children, their children and so on; parents come first.

    Args:
        pid: id of the process.
        among: what `parents` returned; None to look now.
    """
    children_of: Callable[[int], list[int]]
    if among is None and _LISTS_CHILDREN:
        children_of = children
    else:
        by_parent = defaultdict(list)
        for child, parent in (parents() if among is None else among).items():
            by_parent[parent].append(child)
        children_of = by_parent.__getitem__
    found, position = list(children_of(pid)), 0
    while position < len(found):
        found.extend(children_of(found[position]))
        position += 1
    return found


def children(pid: int) -> list[int]:
    """Return the ids of a process's children, in a hundredth of the time that `parents` needs."""
    found: list[int] = []
    with suppress(OSError):  # a process or thread has ended
        for thread in os.listdir(_PROC / str(pid) / "task"):
            with suppress(OSError):
                text = (_PROC / str(pid) / "task" / thread / "children").read_text()
                found.extend(map(int, text.split()))
    return found


def has_ended(pid: int) -> bool:
    """Return whether a process has ended; its parent may not have waited for it."""
    try:
        stat = (_PROC / str(pid) / "stat").read_text()
    except OSError:
        return True
    return stat.rpartition(")")[2].split()[0] in _ENDED


def command_of(pid: int) -> str:
    """Return the command line of a process, or nothing if it has ended or is starting."""
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
    except OSError:
        return ""


def environment_of(pid: int) -> bytes:
    """Return the environment that a process was started with, or nothing if it cannot be read."""
    try:
        return (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return b""
