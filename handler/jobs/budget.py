"""The memory and CPU time that one job may use, and the check of an estimate against it."""

import os
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

from msgspec import Struct

from handler.config import Config
from handler.core.geometry import Size
from handler.errors import OutOfTime, OverBudget
from handler.jobs.estimate import Estimate

_MEGABYTE = 1_000_000
# A limit of a container or a function is given in these.
_MEBIBYTE = 1 << 20
# The idle service with all its libraries, the fork server, and memory kept for the next job.
_IDLE_BYTES = 256 * _MEBIBYTE
# A picture of one megapixel is served with any amount of memory.
_LEAST_BYTES = 64 * _MEBIBYTE
_CGROUPS, _OWN_GROUPS = Path("/sys/fs/cgroup"), Path("/proc/self/cgroup")
FUNCTION_MEMORIES = ("HttpMemory", "EventsMemory")
"""Parameters of the template that set the memory of a function."""

# https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
_MOST_FUNCTION_MEMORY = 10_240
# Most photographs are cropped in less, and their estimates are above what they take.
_ALWAYS_TRIED_SECONDS = 2.0
# Steps of the search for a size that fits; each halves the uncertainty.
_STEPS = 12


class Budget(Struct, frozen=True):
    """The largest cost of one job.

    Attributes:
        bytes: memory beyond that of the idle process.
        seconds: CPU time.
        jobs: number of jobs that share the memory.
        memory_name: name of the setting of the memory.
    """

    bytes: int
    seconds: float
    jobs: int = 1
    memory_name: str = "SMART_CROP_MEMORY_MB"

    @classmethod
    def of(cls, config: Config) -> "Budget":
        """Return the budget of a job: an equal share of the memory for each that runs at once."""
        jobs = config.jobs or os.cpu_count() or 1
        share = (memory_of(config) - _IDLE_BYTES) // jobs
        return cls(max(_LEAST_BYTES, share), config.cpu_seconds, jobs, config.memory_name)

    def allows(self, cost: Estimate) -> bool:
        """Return whether a job may cost as much."""
        return cost.bytes <= self.bytes and cost.seconds <= self.seconds

    def memory_for(self, cost: Estimate) -> str:
        """Return the memory that a job of a cost needs, as advice for the operator."""
        needed = -(-(cost.bytes * self.jobs + _IDLE_BYTES) // _MEBIBYTE)
        advice = f"{self.memory_name} would have to be {needed:,} MB"
        is_of_function = self.memory_name in FUNCTION_MEMORIES
        if is_of_function and needed > _MOST_FUNCTION_MEMORY:
            return f"{advice}, and {_MOST_FUNCTION_MEMORY:,} MB is the most"
        return advice


def check_time(cost: Estimate, deadline: float | None) -> None:
    """Reject a job that might not end in the time that is left. Short jobs are always tried.

    A file that is decoded in the service cannot be interrupted, and AWS Lambda would end the whole
    function, with all other files of its batch.

    Args:
        cost: of the job.
        deadline: time of `time.monotonic` at which the job must have ended; None for no limit.

    Raises:
        OutOfTime: the time may not suffice.
    """
    if deadline is None or cost.seconds <= _ALWAYS_TRIED_SECONDS:
        return
    left = deadline - time.monotonic()
    if cost.seconds > left:
        raise OutOfTime(
            f"The image needs up to {cost.seconds:.1f} s of CPU time, and {max(0.0, left):.1f} s "
            "are left"
        )


def check(budget: Budget, cost: Estimate, size: Size, cost_at: Callable[[Size], Estimate]) -> None:
    """Reject a job that would exceed the budget.

    Args:
        budget: of the job.
        cost: of the job.
        size: of the picture.
        cost_at: returns the cost of the same job with a picture of another size.

    Raises:
        OverBudget: the job would need more memory or CPU time; the details have the estimate, the
            budget, a size that fits, and the memory that the deployment would need.
    """
    if budget.allows(cost):
        return
    problems = []
    if cost.bytes > budget.bytes:
        problems.append(
            f"memory: expected at most {budget.bytes // _MEGABYTE:,} MB, "
            f"received a job that needs up to {-(-cost.bytes // _MEGABYTE):,} MB"
        )
    if cost.seconds > budget.seconds:
        problems.append(
            f"time: expected at most {budget.seconds:g} s of CPU time, "
            f"received a job that needs up to {cost.seconds:.1f} s"
        )
    advice = [_advice(budget, size, cost_at)]
    if cost.bytes > budget.bytes:
        advice.append(budget.memory_for(cost))
    raise OverBudget("; ".join((*problems, *advice)))


def _advice(budget: Budget, size: Size, cost_at: Callable[[Size], Estimate]) -> str:
    """Return the largest picture that fits, or the advice to reduce the results."""

    def scaled(share: float) -> Size:
        return Size(max(1, int(size.width * share)), max(1, int(size.height * share)))

    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if budget.allows(cost_at(scaled(middle))) else (low, middle)
    fitting = scaled(low)
    if not low or not budget.allows(cost_at(fitting)):
        return "smaller or fewer results fit"
    return f"an image of {fitting.width:,} × {fitting.height:,} pixels fits"


def memory_of(config: Config) -> int:
    """Return the bytes that a deployment may use."""
    return available_memory() if config.memory_mb is None else config.memory_mb * _MEBIBYTE


@cache
def available_memory() -> int:
    """Return the bytes that this process may use: the container's limit, or all of the machine."""
    machine = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return min([machine, *_container_limits()])


def _container_limits() -> Iterator[int]:
    """Yield the memory limits of the process's control groups, of version 2 and of version 1."""
    groups = ["/"]
    with suppress(OSError):
        for line in _OWN_GROUPS.read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            if controllers in ("", "memory"):
                groups.append(path)
    for group in groups:
        inside = group.strip("/")
        for file in (
            _CGROUPS / inside / "memory.max",
            _CGROUPS / "memory" / inside / "memory.limit_in_bytes",
        ):
            with suppress(OSError, ValueError):  # "max" stands for no limit
                yield int(file.read_text())
