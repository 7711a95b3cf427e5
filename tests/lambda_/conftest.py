import json
import platform
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import BUCKET
from tests.servers import Program, free_ports, listens, running

_EMULATOR = Path(__file__).parents[2] / ".tools" / "rie" / "aws-lambda-rie"

Invoke = Callable[[dict[str, Any]], dict[str, Any]]


@pytest.fixture(scope="session")
def function(seaweedfs: Program, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """The function in AWS's emulator of the Lambda runtime, with results on SeaweedFS."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip("the Lambda runtime interface emulator is there for Linux on x86-64 only")
    if not _EMULATOR.exists():
        pytest.fail("the Lambda emulator is not here: make setup")
    address, inner = (f"127.0.0.1:{port}" for port in free_ports(2))
    emulator = [str(_EMULATOR), "--runtime-interface-emulator-address", address]
    emulator += ["--runtime-api-address", inner]
    environment = {
        **seaweedfs.environment,
        "AWS_LAMBDA_FUNCTION_NAME": "smart-crop",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "30",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "1769",
        "SMART_CROP_STORE": f"s3://{BUCKET}/lambda",
        # As in the sandbox, nothing can be written to the home directory.
        "HOME": "/dev/null",
        "XDG_CACHE_HOME": "/dev/null",
    }
    command = [*emulator, sys.executable, "-m", "awslambdaric", "handler.lambda_http.handler"]
    log = tmp_path_factory.mktemp("lambda") / "function.log"
    with running(command, f"http://{address}", listens, log, environment) as program:
        yield program


@pytest.fixture
def invoke(function: Program) -> Invoke:
    """Send an event, get the answer that API Gateway would get."""

    def send(event: dict[str, Any]) -> dict[str, Any]:
        url = f"{function.url}/2015-03-31/functions/function/invocations"
        answer = httpx.post(url, content=json.dumps(event), timeout=60).json()
        assert "errorMessage" not in answer, answer
        return dict(answer)

    return send
