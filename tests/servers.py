"""Programs that the tests talk to over real sockets."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

# Far above what any of them takes, on a machine that is busy with something else.
_START_SECONDS = 60


def free_ports(count: int) -> list[int]:
    """Ports that nobody listened on a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    try:
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


@dataclass
class Program:
    """A program that is up; what it writes is shown with any test of it that fails."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def written(self) -> str:
        """All that it has written so far, to both of its streams."""
        return self.log.read_text(errors="replace")


@contextmanager
def running(
    command: Sequence[str],
    url: str,
    ready: Callable[["Program"], bool],
    log: Path,
    environment: Mapping[str, str],
) -> Iterator[Program]:
    """Start a program, wait until it answers, and end it and its children afterwards.

    Args:
        command: the program and its arguments.
        url: where it will listen.
        ready: asked again and again until it says yes.
        log: file that takes its output.
        environment: added to this process's; kept with the program for the tests to use.
    """
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            start_new_session=True,  # a group of its own, which ends as one
        )
    program = Program(url, process, log, environment)
    try:
        _wait(program, ready)
        yield program
    finally:
        # Nothing in it is worth an orderly end, which takes SeaweedFS three seconds.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _wait(program: Program, ready: Callable[[Program], bool]) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not ready(program):
        if program.process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"{program.process.args!r} is not up:\n{program.written()[-4000:]}")
        time.sleep(0.05)


def listens(program: Program) -> bool:
    """Whether it accepts connections."""
    host, _, port = program.url.removeprefix("http://").partition(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
    except OSError:
        return False
    return True


@contextmanager
def interruptible() -> Iterator[None]:
    """Start programs here that Ctrl-C stops, whatever this process does on Ctrl-C.

    A child inherits that a signal is ignored, as in a shell's background job or under nohup, but
    not that it is handled.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def beside_python(name: str) -> str:
    """Path of a program that a package of the environment brought."""
    return str(Path(sys.executable).with_name(name))
