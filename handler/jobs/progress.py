"""The progress of the jobs of this process, which clients watch."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from handler.jobs.progress_responses import Progress

# As long as the reference replays the end of a job.
_SECONDS_AFTER_END = 600.0
_MAX_JOBS = 1_000

Watcher = Callable[[Progress | None], None]
"""A function that receives each state of a job, on any thread; None when the process stops."""


class ProgressBoard:
    """The last state of each job of this process. All methods may be called on any thread.

    The end of a job is kept for ten minutes, for clients that connect after it.

    Attributes:
        is_closed: True if the process stops.
    """

    def __init__(self) -> None:
        """Create an empty board."""
        self.is_closed = False
        self._lock = threading.Lock()
        # In the order of their last change.
        self._states: dict[str, tuple[Progress, float]] = {}
        self._watchers: dict[str, list[Watcher]] = {}

    @property
    def watchers(self) -> int:
        """The number of watchers of all jobs."""
        with self._lock:
            return sum(map(len, self._watchers.values()))

    def publish(self, state: Progress) -> None:
        """Keep a state of a job, and send it to those who watch the job."""
        with self._lock:
            self._states.pop(state.job_id, None)
            self._states[state.job_id] = state, time.monotonic()
            self._forget()
            watchers = list(self._watchers.get(state.job_id, ()))
        for watcher in watchers:
            watcher(state)

    def state(self, job_id: str) -> Progress | None:
        """Return the last state of a job, or None for a job that this process does not know."""
        with self._lock:
            known = self._states.get(job_id)
        return known and known[0]

    @contextmanager
    def watched(self, job_id: str, watcher: Watcher) -> Iterator[Progress | None]:
        """Send the states of a job to a watcher in the context, and yield its last state."""
        with self._lock:
            self._watchers.setdefault(job_id, []).append(watcher)
            known = self._states.get(job_id)
        try:
            yield known and known[0]
        finally:
            with self._lock:
                remaining = self._watchers[job_id]
                remaining.remove(watcher)
                if not remaining:
                    del self._watchers[job_id]

    def close(self) -> None:
        """Send None to all watchers, because the process stops."""
        self.is_closed = True
        with self._lock:
            watchers = [each for listed in self._watchers.values() for each in listed]
        for watcher in watchers:
            watcher(None)

    def _forget(self) -> None:
        """Drop jobs that ended long ago, and those that ended first if there are too many."""
        oldest = time.monotonic() - _SECONDS_AFTER_END
        for job_id, (state, changed) in list(self._states.items()):
            if changed > oldest and len(self._states) <= _MAX_JOBS:
                return
            if state.is_final:
                del self._states[job_id]
