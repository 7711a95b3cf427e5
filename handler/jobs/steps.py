"""The steps of a job that runs on a worker thread, timed and reported to those who show them."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct, field

from handler.jobs.cancellation import stop_if_cancelled

_report: ContextVar[Callable[[str], None] | None] = ContextVar("report", default=None)


@contextmanager
def reported_to(report: Callable[[str], None]) -> Iterator[None]:
    """Let `report_step` call a function in the context, with the name of each step."""
    token = _report.set(report)
    try:
        yield
    finally:
        _report.reset(token)


def report_step(name: str) -> None:
    """Report that a step of the job of this context begins."""
    report = _report.get()
    if report is not None:
        report(name)


class Stopwatch(Struct):
    """Milliseconds of wall-clock time by step."""

    steps: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Add the time until the context is left to a step.

        Raises:
            Stopped: the job is cancelled.
        """
        stop_if_cancelled()
        report_step(name)
        start = time.perf_counter()
        try:
            yield
        finally:
            total = self.steps.get(name, 0) + (time.perf_counter() - start) * 1000
            self.steps[name] = round(total, 1)
