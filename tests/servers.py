"""Programs that the tests connect to over sockets."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

# Far more than any of them needs, also on a busy machine.
_START_SECONDS = 300
# Systems give no such ports to clients and to servers that ask for any: Linux gives those from
# 32768, others those from 49152.
_FIRST_PORT, _LAST_PORT = 20_000, 32_767
_random = random.SystemRandom()


def free_ports(count: int) -> list[int]:
    """Return ports that are free, and that the system gives to no other program meanwhile."""
    with ExitStack() as stack:
        ports: list[int] = []
        while len(ports) < count:
            port = _random.randint(_FIRST_PORT, _LAST_PORT)
            with suppress(OSError):
                stack.enter_context(socket.create_server(("127.0.0.1", port)))
                ports.append(port)
        return ports


@dataclass
class Program:
    """A running program. Its output is shown with a test that fails."""

    url: str
    process: subprocess.Popen[bytes]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    def written(self) -> str:
        """Return its output so far, from both streams."""
        return self.log.read_text(errors="replace")


@contextmanager
def running(
    command: Sequence[str],
    url: str,
    ready: Callable[["Program"], bool],
    log: Path,
    environment: Mapping[str, str],
) -> Iterator[Program]:
    """Start a program, wait until it is ready, and end it and its children afterwards.

    Args:
        command: the program and its arguments.
        url: URL on which it will listen.
        ready: polled until it returns True.
        log: file for its output.
        environment: added to the environment of this process, and kept with the program.
    """
    with log.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            start_new_session=True,  # a new process group, which is killed as a whole
        )
    program = Program(url, process, log, environment)
    try:
        _wait(program, ready)
        yield program
    finally:
        # An orderly end is not needed, and takes three seconds with SeaweedFS.
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
    """Return whether a program accepts connections."""
    host, _, port = program.url.removeprefix("http://").partition(":")
    try:
        socket.create_connection((host, int(port)), 1).close()
    except OSError:
        return False
    return True


@contextmanager
def interruptible() -> Iterator[None]:
    """Let programs that start in this context handle Ctrl-C, even if this process ignores it.

    A child inherits an ignored signal, as in a background job of a shell or under nohup, but not a
    handler.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def beside_python(name: str) -> str:
    """Return the path of a program that is installed with a package of the environment."""
    return str(Path(sys.executable).with_name(name))
