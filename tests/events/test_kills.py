"""The function is killed at five points: the next delivery completes the job, once."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.emulator import Function, emulated
from tests.events.conftest import SMALL, Bucket
from tests.events.notifications import again, messages, s3_put
from tests.faulty_store import Fault, FaultyStore, in_front_of
from tests.pictures import decoded
from tests.servers import Program

# The request at which the function waits when it is killed, and how far the request has come.
POINTS: dict[str, tuple[str, str, Fault]] = {
    "before the picture": ("GET", "a.jpg", "stall"),
    "before the settings": ("GET", ".smart-crop.json", "stall"),
    "before an earlier result": ("HEAD", "_smartcrop.jpg", "stall"),
    "before the result": ("PUT", "_smartcrop.jpg", "stall"),
    "in the result": ("PUT", "_smartcrop.jpg", "half"),
}


@pytest.fixture
def store(seaweedfs: Program) -> Iterator[FaultyStore]:
    with in_front_of(seaweedfs.url) as store:
        yield store


@pytest.fixture
def function(
    seaweedfs: Program, bucket: Bucket, store: FaultyStore, tmp_path: Path
) -> Iterator[Function]:
    environment = {
        **seaweedfs.environment,
        **bucket.environment,
        "AWS_ENDPOINT_URL": store.url,
        "SMART_CROP_JOB_RECORDS": "failed",
    }
    log = tmp_path / "function.log"
    with emulated("handler.lambda_events.handler", environment, log) as function:
        yield function


def test_each_kill_is_followed_by_one_result(
    function: Function, store: FaultyStore, bucket: Bucket, folder: str
) -> None:
    for number, (point, (method, end, fault)) in enumerate(POINTS.items()):
        key = f"{folder}/{number}/a.jpg"
        bucket.put(key)
        _kill_at(function, store, key, (method, end, fault))

        assert [name for name in bucket.results() if f"/{number}/" in name] == [], point
        store.repair()
        assert function.invoke(messages([s3_put(key)], attempt=2)) == again(), point
        result = bucket.result(f"{folder}/{number}/a_smartcrop.jpg")
        assert result is not None, point
        assert decoded(result).size == (SMALL["width"], SMALL["height"])
    assert bucket.records() == []


def test_a_kill_after_the_result_does_not_crop_again(
    function: Function, store: FaultyStore, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg")
    event = messages([s3_put(f"{folder}/a.jpg")])
    assert function.invoke(event) == again()
    function.kill()  # before SQS deletes the message
    assert "errorType" in function.invoke(event)  # the emulator reports it here
    written = bucket.results()
    store.repair()

    assert function.invoke(messages([s3_put(f"{folder}/a.jpg")], attempt=2)) == again()
    assert bucket.results() == written
    assert [path for method, path in store.asked if method == "PUT"] == []
    lines = function.program.written().splitlines()
    jobs = [
        line for line in lines if line.startswith("{") and json.loads(line).get("message") == "job"
    ]
    assert len(jobs) == 1


def _kill_at(
    function: Function, store: FaultyStore, key: str, point: tuple[str, str, Fault]
) -> None:
    method, end, fault = point
    store.stalled.clear()
    store.left.clear()
    store.fault = lambda asked, path: fault if asked == method and path.endswith(end) else None
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(function.invoke, messages([s3_put(key)]))
        assert store.stalled.wait(120)
        function.kill()
        assert store.left.wait(120)
        assert "errorType" in answer.result()
