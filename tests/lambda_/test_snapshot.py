"""Functions from a snapshot: credentials, connections and random numbers are fresh."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.api.calls import CROP, PORTRAIT
from tests.conftest import ACCESS_KEY, BUCKET, SECRET_KEY
from tests.lambda_.events import upload_event
from tests.lambda_.snapshot import Snapshotting, connections, started
from tests.needs import needs_linux
from tests.servers import Program

# Lambda's runtime client exists for Linux only.
pytestmark = needs_linux

CROPPED = upload_event(CROP, PORTRAIT, {"width": 48, "height": 32})


def credentials(access_key: str, secret_key: str, *, minutes: int) -> dict[str, str]:
    """Return credentials in the form of Lambda."""
    expiration = datetime.now(UTC) + timedelta(minutes=minutes)
    return {
        "AccessKeyId": access_key,
        "SecretAccessKey": secret_key,
        "Token": "",
        "Expiration": f"{expiration:%Y-%m-%dT%H:%M:%SZ}",
    }


@pytest.fixture
def snapshot(
    seaweedfs: Program, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Snapshotting, Program]]:
    """The function after its snapshot, with credentials that have expired since."""
    environment = {
        "AWS_ENDPOINT_URL": seaweedfs.url,
        "AWS_REGION": "us-east-1",
        "SMART_CROP_STORE": f"s3://{BUCKET}/snapshot",
    }
    log = tmp_path_factory.mktemp("snapshot") / "function.log"
    with started("handler.lambda_http.handler", environment, log) as (runtime, program):
        runtime.credentials = credentials(ACCESS_KEY, SECRET_KEY, minutes=60)
        yield runtime, program


def test_the_start_fetches_no_credentials_and_leaves_no_connection_open(
    snapshot: tuple[Snapshotting, Program],
) -> None:
    runtime, program = snapshot

    assert runtime.fetches == 0
    host, port = urlsplit(program.url).hostname, urlsplit(program.url).port
    assert connections(program) == {(host, port)}  # the request for the restore


def test_a_restored_function_signs_with_fresh_credentials(
    snapshot: tuple[Snapshotting, Program],
) -> None:
    runtime, _ = snapshot
    runtime.restore()

    answer = runtime.invoke(CROPPED)

    assert answer["statusCode"] == 200, answer
    assert runtime.fetches > 0
    link = json.loads(answer["body"])["downloadUrl"]
    (signer,) = parse_qs(urlsplit(link).query)["X-Amz-Credential"]
    assert signer.startswith(f"{ACCESS_KEY}/")
    assert httpx.get(link).status_code == 200


def test_expired_credentials_are_fetched_again(
    snapshot: tuple[Snapshotting, Program],
) -> None:
    runtime, _ = snapshot
    runtime.credentials = credentials(ACCESS_KEY, SECRET_KEY, minutes=0)
    runtime.restore()
    assert runtime.invoke(CROPPED)["statusCode"] == 200
    before = runtime.fetches

    assert runtime.invoke(CROPPED)["statusCode"] == 200

    assert runtime.fetches > before


def test_missing_credentials_are_a_temporary_error(
    snapshot: tuple[Snapshotting, Program],
) -> None:
    runtime, _ = snapshot
    runtime.credentials = {}
    runtime.restore()

    answer = runtime.invoke(CROPPED)

    assert answer["statusCode"] == 503
    assert json.loads(answer["body"])["code"] == "STORAGE_UNAVAILABLE"


_TWINS = """
import ctypes, json, os, sys
from types import SimpleNamespace
from handler.lambda_http import handler
event = json.load(sys.stdin)
libc = ctypes.CDLL(None)
for twin in range(2):
    # Python's own fork reseeds its random generators; a snapshot does not.
    child = libc.fork()
    if child == 0:
        context = SimpleNamespace(aws_request_id="r", get_remaining_time_in_millis=lambda: 30_000)
        answer = json.loads(handler(event, context)["body"])
        os.write(1, (answer["jobId"] + "\\n").encode())
        os._exit(0)
    os.waitpid(child, 0)
"""


def test_two_functions_from_one_snapshot_have_different_job_ids(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    store = tmp_path_factory.mktemp("results").as_uri()
    done = subprocess.run(
        [sys.executable, "-c", _TWINS],
        input=json.dumps(CROPPED),
        capture_output=True,
        check=True,
        text=True,
        timeout=300,
        env={"SMART_CROP_STORE": store, "PATH": ""},
    )
    jobs = done.stdout.split()
    assert len(jobs) == 2, done.stderr
    assert jobs[0] != jobs[1]
