import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.conftest import BUCKET
from tests.emulator import Function, emulated
from tests.servers import Program

Invoke = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="session")
def function(seaweedfs: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The function in AWS's emulator of the Lambda runtime, with results on SeaweedFS."""
    environment = {**seaweedfs.environment, "SMART_CROP_STORE": f"s3://{BUCKET}/lambda"}
    log = tmp_path_factory.mktemp("lambda") / "function.log"
    with emulated("handler.lambda_http.handler", environment, log) as function:
        yield function.program


@pytest.fixture
def invoke(function: Program) -> Invoke:
    """Send an event, and return the response for API Gateway."""

    def send(event: dict[str, Any]) -> dict[str, Any]:
        answer = Function(function).invoke(event)
        assert "errorMessage" not in answer, answer
        return dict(answer)

    return send


def run(program: str, event: object = None, **environment: str) -> str:
    """Run a program with an event on its standard input, and return its standard output."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(event),
        capture_output=True,
        check=True,
        text=True,
        env=environment,
    )
    return done.stdout
