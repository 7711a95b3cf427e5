"""AWS's emulator of the Lambda runtime, and functions in it."""

import os
import platform
import signal
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fuzz import process
from tests.servers import Program, free_ports, listens, running

_EMULATOR = Path(__file__).parents[1] / ".tools" / "rie" / "aws-lambda-rie"


class Function:
    """A function in the emulator."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def invoke(self, event: object, timeout: float = 300) -> Any:
        """Send an event, and return the response; that of an error has ``errorMessage``."""
        url = f"{self.program.url}/2015-03-31/functions/function/invocations"
        return httpx.post(url, json=event, timeout=timeout).json()

    def kill(self) -> None:
        """Kill the process that runs the handler."""
        os.kill(self._runtime(), signal.SIGKILL)

    def cpu_seconds(self) -> float:
        """Return the CPU time of the process that runs the handler, since its start."""
        # The id of the CPU clock of a process on Linux (MAKE_PROCESS_CPUCLOCK).
        return time.clock_gettime((~self._runtime() << 3) | 2)

    def _runtime(self) -> int:
        (runtime,) = process.children(self.program.process.pid)
        return runtime


@contextmanager
def emulated(
    handler: str, environment: Mapping[str, str], log: Path, port: int | None = None
) -> Iterator[Function]:
    """Start a function, as the image does.

    Args:
        handler: its handler, ``module.name``.
        environment: environment of the deployment.
        log: file for its output.
        port: port of its address; None for any.
    """
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("needs Linux on x86-64, for which there is a Lambda emulator")
    if not _EMULATOR.exists():
        pytest.fail("the Lambda emulator is not here: make setup")
    free = free_ports(2)
    address, inner = (f"127.0.0.1:{each}" for each in (port or free[0], free[1]))
    emulator = [str(_EMULATOR), "--runtime-interface-emulator-address", address]
    emulator += ["--runtime-api-address", inner]
    lambda_environment = {
        "AWS_LAMBDA_FUNCTION_NAME": "smart-crop",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "300",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        # As on Lambda, the home directory is not writable.
        "HOME": "/dev/null",
        "XDG_CACHE_HOME": "/dev/null",
        **environment,
    }
    command = [*emulator, sys.executable, "-m", "awslambdaric", handler]
    with running(command, f"http://{address}", listens, log, lambda_environment) as program:
        yield Function(program)
