"""The image runs as Lambda runs it: nothing writable but /tmp, any user, no home."""

import json
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.image.sam import EVENTS, Build
from tests.servers import free_ports

EMULATOR = Path(".tools/rie/aws-lambda-rie").resolve()
PYTHON = "/opt/smart-crop/bin/python"
INVOKE = "2015-03-31/functions/function/invocations"
# What the sandbox is: a user that the image has never heard of, and no right to become another.
CONFINED = (
    *("--read-only", "--tmpfs", "/tmp:rw,nosuid,nodev,size=512m", "--user", "54321:54321"),  # noqa: S108 - in a container
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", "1769m"),
)

Send = Callable[[str], Any]


@pytest.fixture(scope="module")
def sandbox(full: Build, aws: Mapping[str, str]) -> Iterator[Send]:
    """Sends an event to the HTTP function and returns its answer."""
    engine, (port,) = full.sam.engine, free_ports(1)
    environment = [word for name in aws for word in ("--env", f"{name}={aws[name]}")]
    container = engine.docker(
        *("run", "--detach", *CONFINED, *environment, "--publish", f"127.0.0.1:{port}:8080"),
        *("--volume", f"{EMULATOR}:/emulator:ro", "--entrypoint", "/usr/bin/env", full.image),
        *("--unset=HOME", "/emulator", PYTHON, "-m", "awslambdaric", "handler.lambda_http.handler"),
    ).strip()

    def send(event: str) -> Any:
        body = (EVENTS / f"{event}.json").read_bytes()
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/{INVOKE}", body) as answer:
            return json.load(answer)

    try:
        _wait(lambda: send("http-health"))
        yield send
    finally:
        print(engine.docker("logs", container))
        engine.docker("rm", "--force", container)


def _wait(ask: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            ask()
        except OSError:  # Docker listens on the port before the emulator does
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


@pytest.mark.parametrize("mode", ["subject", "face"])
def test_crops_where_it_can_write_nowhere(sandbox: Send, mode: str) -> None:
    answer = sandbox(f"http-crop-{mode}")
    assert answer.get("statusCode") == 200, answer


def test_start_reads_no_module_that_has_to_be_compiled(full: Build) -> None:
    script = (
        "import sys, pathlib, handler.lambda_http;"
        "modules = [m.__spec__ for m in sys.modules.values() if getattr(m, '__spec__', None)];"
        "print(*(s.origin for s in modules"
        " if s.cached and s.has_location and not pathlib.Path(s.cached).exists()))"
    )
    lacking = full.sam.engine.docker(
        *("run", "--rm", *CONFINED, "--network", "none"),
        *("--env", "AWS_REGION=us-east-1", "--env", "SMART_CROP_STORE=s3://results"),
        *("--entrypoint", PYTHON, full.image, "-c", script),
    )
    assert not lacking.split()
