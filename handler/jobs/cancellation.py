"""The cancellation of a job that runs on a worker thread, which cannot be interrupted."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from msgspec import Struct

from handler.errors import Stopped


class Cancellation(Struct):
    """The cancellation of one job.

    Attributes:
        is_requested: True if the job is to stop. Any thread may set it.
    """

    is_requested: bool = False

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Let `stop_if_cancelled` check this cancellation in the context."""
        token = _current.set(self)
        try:
            yield
        finally:
            _current.reset(token)


_current: ContextVar[Cancellation | None] = ContextVar("cancellation", default=None)


def stop_if_cancelled() -> None:
    """Check whether the job of this context is cancelled; jobs call this before each step.

    Raises:
        Stopped: the job is cancelled.
    """
    cancellation = _current.get()
    if cancellation is not None and cancellation.is_requested:
        raise Stopped
