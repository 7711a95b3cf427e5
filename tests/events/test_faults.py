"""Failures of the store and the function: the job is retried, or recorded as failed."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from handler.events import attempt
from handler.storage import object_store
from tests.emulator import Function, emulated
from tests.events.conftest import Bucket, FakeContext, Handle
from tests.events.notifications import again, batch_task, messages, s3_put
from tests.faulty_store import FaultyStore
from tests.server.raw import until
from tests.servers import Program

REQUESTS = {
    "source": ("GET", ".jpg"),
    "settings of the folder": ("GET", ".smart-crop.json"),
    "record": ("GET", ".json"),
    "result": ("PUT", "_smartcrop.jpg"),
    "record of the end": ("PUT", ".json"),
}


@pytest.mark.parametrize("what", REQUESTS)
def test_requests_to_a_failing_store_are_retried_and_the_message_is_redelivered(
    make_handler: Callable[..., Handle], store: FaultyStore, bucket: Bucket, folder: str, what: str
) -> None:
    method, end = REQUESTS[what]
    handle = make_handler()
    bucket.put(f"{folder}/a.jpg")
    event = messages([s3_put(f"{folder}/a.jpg")])
    store.fault = lambda asked, path: "refuse" if asked == method and path.endswith(end) else None

    assert handle(event) == again(0)

    asked = [path for asked, path in store.asked if asked == method and path.endswith(end)]
    assert 1 <= len(asked) <= 4
    assert bucket.records() == []
    store.repair()
    assert handle(event) == again()
    assert bucket.record()["state"] == "done"
    assert bucket.result(f"{folder}/a_smartcrop.jpg")


def test_a_stalled_store_times_out(
    make_handler: Callable[..., Handle],
    store: FaultyStore,
    bucket: Bucket,
    folder: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(object_store, "_REQUEST_TIMEOUT", timedelta(milliseconds=200))
    handle = make_handler()
    bucket.put(f"{folder}/a.jpg")
    store.fault = lambda method, path: "stall"

    assert handle(messages([s3_put(f"{folder}/a.jpg")])) == again(0)
    assert store.stalled.is_set()
    assert handle(batch_task(f"{folder}/a.jpg"))["results"][0]["resultCode"] == "TemporaryFailure"
    with pytest.raises(Exception, match="could not be read"):
        handle(s3_put(f"{folder}/a.jpg"))
    assert bucket.results() == {}


def test_the_last_delivery_records_the_error(
    make_handler: Callable[..., Handle], store: FaultyStore, bucket: Bucket, folder: str
) -> None:
    handle = make_handler(max_attempts=2)
    bucket.put(f"{folder}/a.jpg")
    store.fault = lambda method, path: (
        "refuse" if method == "PUT" and not path.endswith(".json") else None
    )

    assert handle(messages([s3_put(f"{folder}/a.jpg")], attempt=1)) == again(0)
    assert bucket.records() == []
    assert handle(messages([s3_put(f"{folder}/a.jpg")], attempt=2)) == again(0)
    record = bucket.record()
    assert (record["state"], record["error"]["code"]) == ("failed", "STORE_UNAVAILABLE")

    # A message that is sent back from the dead-letter queue is processed.
    store.repair()
    assert handle(messages([s3_put(f"{folder}/a.jpg")], attempt=1)) == again()
    assert bucket.record()["state"] == "done"


def test_the_last_delivery_leaves_a_record_if_it_is_cut_off(
    make_handler: Callable[..., Handle], store: FaultyStore, bucket: Bucket, folder: str
) -> None:
    handle = make_handler(max_attempts=2)
    bucket.put(f"{folder}/a.jpg")
    store.fault = lambda method, path: "stall" if path.endswith("_smartcrop.jpg") else None
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(handle, messages([s3_put(f"{folder}/a.jpg")], attempt=2))
        assert store.stalled.wait(120)
        record = bucket.record()
        store.resume.set()
        assert answer.result() == again()

    assert (record["state"], record["error"]["code"]) == ("failed", "CUT_OFF")
    assert bucket.record()["state"] == "done"


def test_a_job_that_runs_out_of_time_is_recorded(
    make_handler: Callable[..., Handle],
    store: FaultyStore,
    bucket: Bucket,
    folder: str,
    logged: Callable[[], str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    bucket.put(f"{folder}/a.jpg")
    store.fault = lambda method, path: "stall" if path.endswith("_smartcrop.jpg") else None
    # The record is written when the job waits for the store, long before the end.
    monkeypatch.setattr(attempt, "_SECONDS_TO_RECORD", 297)
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(make_handler(), s3_put(f"{folder}/a.jpg"), FakeContext(seconds=300))
        assert store.stalled.wait(120)
        until(lambda: bool(bucket.records()))
        records = bucket.records()
        store.resume.set()
        answer.result()

    assert [(each["state"], each["error"]["code"]) for each in records] == [("queued", "CUT_OFF")]
    assert logged().count("function is about to time out") == 1
    assert bucket.record()["state"] == "done"  # it was not cut off


def test_a_redelivery_only_reads(
    make_handler: Callable[..., Handle], store: FaultyStore, bucket: Bucket, folder: str
) -> None:
    handle = make_handler()
    bucket.put(f"{folder}/a.jpg")
    handle(s3_put(f"{folder}/a.jpg"))
    store.repair()

    handle(s3_put(f"{folder}/a.jpg"))

    assert [method for method, _ in store.asked] == ["GET", "GET", "GET", "HEAD"]


def test_the_settings_of_a_folder_are_read_once_per_batch(
    make_handler: Callable[..., Handle], store: FaultyStore, bucket: Bucket, folder: str
) -> None:
    for name in "abc":
        bucket.put(f"{folder}/{name}.jpg")

    make_handler()(messages([s3_put(f"{folder}/{name}.jpg") for name in "abc"]))

    assert len([path for _, path in store.asked if path.endswith(".smart-crop.json")]) == 1


@pytest.fixture
def function(
    seaweedfs: Program, bucket: Bucket, store: FaultyStore, tmp_path: Path
) -> Iterator[Function]:
    environment = {
        **seaweedfs.environment,
        **bucket.environment,
        "AWS_ENDPOINT_URL": store.url,
    }
    log = tmp_path / "function.log"
    with emulated("handler.lambda_events.handler", environment, log) as function:
        yield function


def test_a_function_that_is_killed_in_a_record_leaves_no_part_of_it(
    function: Function, store: FaultyStore, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg")
    event = messages([s3_put(f"{folder}/a.jpg")])
    store.fault = lambda asked, path: "half" if (asked, path[-5:]) == ("PUT", ".json") else None
    with ThreadPoolExecutor() as threads:
        answer = threads.submit(function.invoke, event)
        assert store.stalled.wait(120)
        function.kill()
        assert store.left.wait(120)
        assert "errorType" in answer.result()

    # The record is written after the result.
    assert set(bucket.results()) == {f"{folder}/a_smartcrop.jpg"}

    store.repair()
    assert function.invoke(event) == again()
    assert bucket.record()["state"] == "done"
    assert bucket.result(f"{folder}/a_smartcrop.jpg")
