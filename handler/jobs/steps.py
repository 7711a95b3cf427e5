"""The steps of a job that runs on a worker thread, reported to those who show its progress."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

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
