"""The memory and the CPU time of a job, measured in a process of its own.

The process and the worker processes of its fork server are observed from outside, because their
largest sum is not the sum of their peaks.
"""

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from tests.fuzz import process

_ROOT = Path(__file__).parents[2]
_EVERY_SECONDS = 0.002
# The highest priority of a thread, which only root can set.
_FIRST = -20


@dataclass(frozen=True, slots=True)
class Measured:
    """The costs of a job.

    Attributes:
        error: code of the error that it ended with; empty for a success.
        details: of the error.
        bytes: largest memory of all processes, without what they use when idle.
        seconds: CPU time of all processes.
        estimated_bytes: estimate of the memory.
        estimated_seconds: estimate of the CPU time.
    """

    error: str
    details: str
    bytes: int
    seconds: float
    estimated_bytes: int
    estimated_seconds: float


class JobProcess:
    """A process that runs jobs, one after the other."""

    def __init__(self) -> None:
        """Start it, and let it use its libraries once."""
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.budget.job_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=_ROOT,
            text=True,
        )
        self._ask({})

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._process:
            self._process.kill()

    def run(self, path: Path, settings: dict[str, Any], **options: Any) -> Measured:
        """Run a job, and measure it.

        Args:
            path: the file.
            settings: settings of the crop.
            options: fields of the configuration; ``overlay`` for the overlay.
        """
        idle = self._sample()
        peak, ended = 0, threading.Event()

        def observe() -> None:
            nonlocal peak
            # On a busy machine, only a thread that runs before others sees a short peak.
            with suppress(PermissionError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _FIRST)
            while not ended.is_set():
                peak = max(peak, self._sample() - idle)
                time.sleep(_EVERY_SECONDS)

        observer = threading.Thread(target=observe)
        observer.start()
        try:
            answer = self._ask({"path": str(path), "settings": settings, "options": options})
        finally:
            ended.set()
            observer.join()
        return Measured(
            answer["error"],
            answer["details"],
            max(peak, 1024 * answer["peak"]),
            answer["seconds"],
            answer["estimated_bytes"],
            answer["estimated_seconds"],
        )

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the process that runs jobs has ended")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _sample(self) -> int:
        """Return the bytes of the process, its fork server and worker processes.

        Memory that the processes share counts once. What a worker process inherits from the fork
        server does not count.
        """
        own, shared = _resident(self._process.pid)
        total = own
        servers = process.children(self._process.pid)
        for server in servers:
            inherited, _ = _resident(server)
            total += inherited
            for worker in process.children(server):
                private, mapped = _resident(worker)
                total += max(0, private - inherited)
                shared = max(shared, mapped)
        return total + shared


def _resident(pid: int) -> tuple[int, int]:
    """Return the bytes of a process: private ones, and those of shared memory."""
    with suppress(OSError, KeyError):  # it has ended
        text = Path(f"/proc/{pid}/status").read_text()
        fields = dict(line.split(":", 1) for line in text.splitlines())
        private, shared = (int(fields[name].split()[0]) for name in ("RssAnon", "RssShmem"))
        return 1024 * private, 1024 * shared
    return 0, 0
