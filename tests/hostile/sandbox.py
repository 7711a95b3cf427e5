"""Client of the worker process that opens hostile files."""

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

_ROOT = Path(__file__).parents[2]
# Requirement: each bad file is answered within one second. It is measured as CPU time, so that a
# busy machine fails no test. The limit finds hangs.
_CPU_SECONDS = 1.0
_WORKER = (sys.executable, "-X", "faulthandler", "-m", "tests.hostile.worker")


class WorkerDied(Exception):
    """Raised if a file crashed the process, or used more CPU time than a job may."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The outcome of a file.

    Attributes:
        status: HTTP status.
        error: the error for the client; empty if the picture was cropped.
        size: size of the decoded result; None if the file was rejected.
        expected: the requested size.
        leaked: Python's warnings that reached the process.
        resident: KiB in memory afterwards.
        peak: largest KiB in memory, above those before.
    """

    status: int
    error: dict[str, str]
    size: tuple[int, int] | None
    expected: tuple[int, int] | None
    leaked: tuple[str, ...]
    resident: int
    peak: int

    @classmethod
    def of(cls, line: dict[str, Any]) -> Self:
        """Read an answer of the worker."""
        size, expected = line.get("size"), line.get("expected")
        return cls(
            status=line["status"],
            error=line.get("answer", {}),
            size=tuple(size) if size else None,
            expected=tuple(expected) if expected else None,
            leaked=tuple(line["leaked"]),
            resident=line["resident"],
            peak=line["peak"],
        )


class Sandbox:
    """A worker process, which is started again after a file ended it."""

    def __init__(self, log: Path, cpu_seconds: float = _CPU_SECONDS) -> None:
        """Store the arguments; the first file starts the worker.

        Args:
            log: file for the standard error of the worker.
            cpu_seconds: CPU time of a job after which the worker is ended.
        """
        self.log = log
        self._cpu_seconds = cpu_seconds
        self._process: subprocess.Popen[bytes] | None = None

    def try_file(self, data: bytes, **settings: object) -> Answer:
        """Crop a file.

        Raises:
            WorkerDied: the file ended the worker.
        """
        process = self._process = self._process or self._start()
        if process.stdin is None or process.stdout is None:
            raise ValueError("the worker has no pipes")
        request = json.dumps({"bytes": len(data), "settings": settings})
        try:
            process.stdin.write(request.encode() + b"\n" + data)
            process.stdin.flush()
            line = process.stdout.readline()
        except BrokenPipeError:
            line = b""
        if not line:
            self._close()
            raise WorkerDied(f"exit status {process.wait()}: {self.log.read_text()[-2000:]}")
        return Answer.of(json.loads(line))

    def __enter__(self) -> Self:
        """Return the sandbox itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the worker."""
        self._close()

    def _close(self) -> None:
        if self._process is not None:
            with suppress(BrokenPipeError):
                self._process.communicate()
            self._process = None

    def _start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return subprocess.Popen(
                [*_WORKER, str(self._cpu_seconds)],
                cwd=_ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
