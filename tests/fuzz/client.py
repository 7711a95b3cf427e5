"""The client of one worker process, which is started again after an input ended it."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from tests.fuzz import process
from tests.fuzz.corpus import ROOT
from tests.fuzz.inputs import Input
from tests.fuzz.oracle import Find, Limits

# Credentials that sign upload forms; no store checks them.
_ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    "AWS_REGION": "us-east-1",
    "PYTHONHASHSEED": "0",
}
# Time without a line after which a process is ended. It is longer than the limit of an input, so
# that a slow one is reported by the process itself, and than the start with all decoders.
_PATIENCE_SECONDS = 80


class WorkerEnded(Exception):
    """Raised if an input ended the process, or did not end.

    Attributes:
        find: the broken rule.
    """

    def __init__(self, find: Find) -> None:
        super().__init__(find.key)
        self.find = find


class Client:
    """A worker process."""

    def __init__(
        self,
        log: Path,
        limits: Limits,
        module: str = "tests.fuzz.worker",
        patience: float = _PATIENCE_SECONDS,
    ) -> None:
        """Store the arguments; the first request starts the process.

        Args:
            log: file for its standard error.
            limits: of an input.
            module: the program, which tests replace.
            patience: seconds without a line after which the process is ended.
        """
        self._log = log
        self._limits = limits
        self._module = module
        self._patience = patience
        self._process: subprocess.Popen[bytes] | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._killed = False

    def run(
        self, seed: int, first: int, stop: int, targets: Sequence[str]
    ) -> Iterator[dict[str, Any]]:
        """Run inputs of a range of numbers, and yield the line of each, and one at the end.

        Raises:
            WorkerEnded: an input ended the process.
        """
        self._send({"seed": seed, "first": first, "stop": stop, "targets": list(targets)})
        line: dict[str, Any] = {}
        while not line.get("end"):
            line = self._receive()
            yield line

    def try_input(self, input_: Input) -> dict[str, Any]:
        """Run an input, and return its line.

        Raises:
            WorkerEnded: the input ended the process.
        """
        content = input_.to_file()
        self._send({"bytes": len(content)}, content)
        return self._receive()

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            with suppress(BrokenPipeError):
                self._process.communicate(timeout=None)
            self._process = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def __enter__(self) -> Self:
        """Return the client itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        """End the process; after an error at once."""
        if error is not None:
            self._kill()
        self.close()

    def _start(self) -> subprocess.Popen[bytes]:
        self._folder = tempfile.TemporaryDirectory(prefix="smart-crop-fuzz-")
        limits = (str(self._limits.seconds), str(self._limits.mebibytes))
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self._module, self._folder.name, *limits],
                cwd=ROOT,
                env={**os.environ, **_ENVIRONMENT},
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
            )
        self._killed = False
        if not self._receive().get("ready"):
            raise RuntimeError(f"The worker process does not start: {self._written()}")
        return self._process

    def _send(self, request: dict[str, Any], content: bytes = b"") -> None:
        running = self._process or self._start()
        if running.stdin is None:
            raise RuntimeError("the worker has no pipe")
        with suppress(BrokenPipeError):
            running.stdin.write(json.dumps(request).encode() + b"\n" + content)
            running.stdin.flush()

    def _receive(self) -> dict[str, Any]:
        running = self._process
        if running is None or running.stdout is None:
            raise RuntimeError("the worker has no pipe")
        with self._watched():
            line = running.stdout.readline()
        if line:
            values: dict[str, Any] = json.loads(line)
            return values
        status = running.wait()
        killed, written = self._killed, self._written()
        for pipe in (running.stdin, running.stdout):
            with suppress(BrokenPipeError):
                if pipe is not None:
                    pipe.close()
        self._process = None
        self.close()
        if killed:
            raise WorkerEnded(Find("hang", "does not end", written))
        raise WorkerEnded(Find("crash", f"exit status {status}", written))

    @contextmanager
    def _watched(self) -> Iterator[None]:
        watchdog = threading.Timer(self._patience, self._kill)
        watchdog.daemon = True
        watchdog.start()
        try:
            yield
        finally:
            watchdog.cancel()

    def _kill(self) -> None:
        self._killed = True
        if self._process is not None:
            for pid in (self._process.pid, *process.descendants(self._process.pid)):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    def _written(self) -> str:
        return self._log.read_text(errors="replace")[-3000:]
