"""The image runs as on Lambda: only /tmp is writable, with any user and no home."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.calls import CROP
from tests.events.notifications import s3_put
from tests.image.conftest import PHOTO
from tests.image.sam import EVENTS, Build
from tests.lambda_.events import upload_event
from tests.pictures import decoded, encoded, scene
from tests.servers import free_ports

EMULATOR = Path(".tools/rie/aws-lambda-rie").resolve()
PYTHON = "/opt/smart-crop/bin/python"
# A user that does not exist in the image, without capabilities.
CONFINED = (
    *("--read-only", "--mount", "type=tmpfs,destination=/tmp,tmpfs-mode=1777"),
    # Lambda has no shared memory, which Python's multiprocessing needs.
    *("--mount", "type=tmpfs,destination=/dev/shm,readonly"),
    *("--user", "54321:54321"),
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--memory", "1769m"),
)

SMALL = {"width": 60, "height": 40}

Send = Callable[[object], Any]


@contextmanager
def confined(build: Build, handler: str, aws: Mapping[str, str]) -> Iterator[Send]:
    """Run a function in a container; yield a function that sends it an event."""
    engine, (port,) = build.sam.engine, free_ports(1)
    environment = [word for name in aws for word in ("--env", f"{name}={aws[name]}")]
    container = engine.docker(
        *("run", "--detach", *CONFINED, *environment, "--publish", f"127.0.0.1:{port}:8080"),
        *("--volume", f"{EMULATOR}:/emulator:ro", "--entrypoint", "/usr/bin/env", build.image),
        *("--unset=HOME", "/emulator", PYTHON, "-m", "awslambdaric", handler),
    ).strip()
    url = f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"

    def send(event: object) -> Any:
        return httpx.post(url, json=event, timeout=300).json()

    try:
        _wait(lambda: send(load("s3-test" if "events" in handler else "http-health")))
        yield send
    finally:
        print(engine.docker("logs", container))
        engine.docker("rm", "--force", container)


def _wait(ask: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 300
    while True:
        try:
            ask()
        except httpx.TransportError:  # Docker listens on the port before the emulator does
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return


def load(name: str) -> Any:
    """Return an event from a file."""
    return json.loads((EVENTS / f"{name}.json").read_text())


@pytest.fixture(scope="module")
def http(full: Build, aws: Mapping[str, str]) -> Iterator[Send]:
    """The HTTP function."""
    with confined(full, "handler.lambda_http.handler", aws) as send:
        yield send


@pytest.fixture(scope="module")
def events(full: Build, aws: Mapping[str, str]) -> Iterator[Send]:
    """The events function."""
    with confined(full, "handler.lambda_events.handler", aws) as send:
        yield send


@pytest.mark.parametrize("mode", ["subject", "face"])
def test_crops_on_a_read_only_file_system(http: Send, mode: str) -> None:
    answer = http(load(f"http-crop-{mode}"))
    assert answer.get("statusCode") == 200, answer


@pytest.mark.parametrize("name", ["BMP", "GIF", "JPEG2000", "PNG", "TIFF", "WEBP"])
def test_accepts_other_formats_on_a_read_only_file_system(http: Send, name: str) -> None:
    answer = http(upload_event(CROP, encoded(scene(320, 240, (100, 100)), name), SMALL))
    assert answer.get("statusCode") == 200, answer


def test_writes_and_reads_avif_on_a_read_only_file_system(http: Send) -> None:
    settings = {**SMALL, "format": "avif"}
    answer = http(upload_event(CROP, PHOTO, settings))
    assert answer.get("statusCode") == 200, answer
    avif = httpx.get(json.loads(answer["body"])["downloadUrl"]).content
    assert http(upload_event(CROP, avif, SMALL)).get("statusCode") == 200


def test_upload_form_is_posted_cropped_by_its_event_and_its_job_is_done(
    http: Send, events: Send
) -> None:
    answer = http(load("http-uploads"))
    assert answer.get("statusCode") == 201, answer
    form = json.loads(answer["body"])
    posted = httpx.post(form["url"], data=form["fields"], files={"file": PHOTO})
    assert posted.is_success, posted.text

    events(s3_put(form["key"]))

    asked = load("http-health")
    asked["rawPath"] = asked["requestContext"]["http"]["path"] = form["jobUrl"]
    job = json.loads(http(asked)["body"])
    assert job["state"] == "done", job
    assert decoded(httpx.get(job["downloadUrl"]).content).size == (120, 150)


@pytest.mark.parametrize("entry", ["lambda_http", "lambda_events"])
def test_start_compiles_no_module(full: Build, entry: str) -> None:
    script = (
        f"import sys, pathlib, handler.{entry};"
        "modules = [m.__spec__ for m in sys.modules.values() if getattr(m, '__spec__', None)];"
        "print(*(s.origin for s in modules"
        " if s.cached and s.has_location and not pathlib.Path(s.cached).exists()))"
    )
    settings = {"SMART_CROP_STORE": "s3://results", "SMART_CROP_UPLOADS": "s3://uploads"}
    environment = [f"--env={name}={value}" for name, value in settings.items()]
    uncompiled = full.sam.engine.docker(
        *("run", "--rm", *CONFINED, "--network", "none", "--env=AWS_REGION=us-east-1"),
        *(*environment, "--entrypoint", PYTHON, full.image, "-c", script),
    )
    assert not uncompiled.split()
