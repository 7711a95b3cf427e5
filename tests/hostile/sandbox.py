"""Talking to the process that hostile files are opened in."""

import json
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

_ROOT = Path(__file__).parents[2]
# What the issue promises: each bad file is answered within a second. It is CPU time, so that a
# busy machine fails no test; a hang is what this is for.
_CPU_SECONDS = 1.0
_WORKER = (sys.executable, "-X", "faulthandler", "-m", "tests.hostile.worker")


class WorkerDied(Exception):
    """A file ended the process: it crashed, or took more CPU time than a job may."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a file.

    Attributes:
        status: as HTTP has it.
        error: what the client is told; empty when the picture was cropped.
        size: of the result, as a decoder sees it; None when refused.
        wanted: the size that it should have.
        leaked: Python's warnings that reached the process.
        resident: KiB that the process holds afterwards.
        peak: KiB that it took at most, above what it held before.
    """

    status: int
    error: dict[str, str]
    size: tuple[int, int] | None
    wanted: tuple[int, int] | None
    leaked: tuple[str, ...]
    resident: int
    peak: int

    @classmethod
    def of(cls, line: dict[str, Any]) -> Self:
        """Read an answer."""
        size, wanted = line.get("size"), line.get("wanted")
        return cls(
            status=line["status"],
            error=line.get("answer", {}),
            size=tuple(size) if size else None,
            wanted=tuple(wanted) if wanted else None,
            leaked=tuple(line["leaked"]),
            resident=line["resident"],
            peak=line["peak"],
        )


class Sandbox:
    """A worker process; a new one is started after a file has killed the last."""

    def __init__(self, log: Path, cpu_seconds: float = _CPU_SECONDS) -> None:
        """Start nothing yet.

        Args:
            log: file that takes what the worker writes to its standard error.
            cpu_seconds: what a job may take before the worker is ended.
        """
        self.log = log
        self._cpu_seconds = cpu_seconds
        self._process: subprocess.Popen[bytes] | None = None

    def try_file(self, data: bytes, **settings: object) -> Answer:
        """Crop a file.

        Raises:
            WorkerDied: it killed the worker.
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
        """Nothing to do yet."""
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
