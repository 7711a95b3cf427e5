"""Jobs without a record: recognised, and shown, by the metadata of their results."""

import json
from collections.abc import Callable
from typing import Any, Literal
from uuid import uuid4

import httpx
import pytest
from starlette.testclient import TestClient

from handler.api import create_app
from handler.config import Config
from handler.storage import (
    RECORD,
    JobRecord,
    JobStore,
    ResultMetadata,
    ResultStore,
    connect,
    identity_of,
)
from tests.events.conftest import PHOTO, Bucket, Handle
from tests.events.notifications import again, messages, s3_put
from tests.faulty_store import FaultyStore
from tests.pictures import decoded, encoded, gradient

SIZES = {"sizes": ["24x24", {"width": 32, "height": 16, "name": "wide"}]}


@pytest.fixture
def handle(make_handler: Callable[..., Handle], store: FaultyStore) -> Handle:
    """The handler of a deployment that records failed jobs only, as by default."""
    return make_handler(job_records="failed")


@pytest.fixture
def api(s3: str, bucket: Bucket) -> TestClient:
    return TestClient(create_app(Config.from_environment(bucket.environment)))


def writes(store: FaultyStore) -> list[str]:
    """Return the keys that were written, without bucket and prefix."""
    return [path.split("/", 3)[3] for method, path in store.asked if method in ("PUT", "POST")]


def test_a_crop_is_one_write(
    handle: Handle, store: FaultyStore, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg")

    handle(s3_put(f"{folder}/a.jpg"))

    assert writes(store) == [f"{folder}/a_smartcrop.jpg"]
    assert [method for method, _ in store.asked] == ["GET", "GET", "GET", "HEAD", "PUT"]


def test_a_failure_is_one_write(
    handle: Handle, store: FaultyStore, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg", b"no picture")

    handle(s3_put(f"{folder}/a.jpg"))

    assert writes(store) == [f"jobs/{bucket.record()['jobId']}.json"]


def test_all_jobs_are_recorded_if_the_deployment_says_so(
    make_handler: Callable[..., Handle], store: FaultyStore, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg")

    make_handler(job_records="all")(s3_put(f"{folder}/a.jpg"))

    record = f"jobs/{bucket.record()['jobId']}.json"
    assert writes(store) == [f"{folder}/a_smartcrop.jpg", record]


@pytest.mark.parametrize("settings", [None, SIZES, {"width": 40, "height": 40, "format": "webp"}])
def test_an_event_that_is_delivered_twice_writes_nothing(
    handle: Handle, store: FaultyStore, bucket: Bucket, folder: str, settings: object
) -> None:
    bucket.put(f"{folder}/a.jpg", settings=settings)
    first = handle(s3_put(f"{folder}/a.jpg"))
    store.repair()

    assert handle(s3_put(f"{folder}/a.jpg")) == first

    assert writes(store) == []


def test_a_changed_object_and_other_settings_are_cropped_anew(
    make_handler: Callable[..., Handle], handle: Handle, bucket: Bucket, folder: str
) -> None:
    results = []
    for data in (PHOTO, encoded(gradient(96, 96)), PHOTO):
        bucket.put(f"{folder}/a.jpg", data)
        handle(s3_put(f"{folder}/a.jpg"))
        results.append(bucket.result(f"{folder}/a_smartcrop.jpg"))
    assert results[0] == results[2] != results[1]

    other = make_handler(job_records="failed", default_settings='{"width": 30, "height": 20}')
    other(s3_put(f"{folder}/a.jpg"))
    assert decoded(bucket.result(f"{folder}/a_smartcrop.jpg") or b"").size == (30, 20)


@pytest.mark.parametrize("name", ["24x24", "wide"])
def test_a_job_with_a_missing_or_foreign_result_is_repeated(
    handle: Handle, bucket: Bucket, folder: str, name: str
) -> None:
    bucket.put(f"{folder}/a.jpg", settings=SIZES)
    handle(s3_put(f"{folder}/a.jpg"))
    key = f"{folder}/a_smartcrop_{name}.jpg"
    made = bucket.result(key)

    bucket.delete_result(key)
    handle(s3_put(f"{folder}/a.jpg"))
    assert bucket.result(key) == made is not None
    bucket.put_result(key, b"of somebody else")
    handle(s3_put(f"{folder}/a.jpg"))
    assert bucket.result(key) == made


def test_the_record_of_an_earlier_failure_is_replaced(
    handle: Handle, make_handler: Callable[..., Handle], bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg", settings={"width": 24, "height": 24, "format": "png"})
    strict = make_handler(job_records="failed", max_pixels=100)
    strict(s3_put(f"{folder}/a.jpg"))
    assert bucket.record()["state"] == "failed"

    handle(s3_put(f"{folder}/a.jpg"))

    assert bucket.record()["state"] == "done"


def test_a_function_that_was_killed_before_the_record_of_the_end_writes_it_later(
    handle: Handle, store: FaultyStore, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg")
    event = messages([s3_put(f"{folder}/a.jpg")], attempt=5)
    # The last delivery leaves a record of a failure first.
    stopped = [False]

    def fault(method: str, path: str) -> Literal["refuse"] | None:
        stopped[0] |= method == "PUT" and path.endswith("_smartcrop.jpg")
        return "refuse" if stopped[0] and path.endswith(".json") else None

    store.fault = fault
    assert handle(event) == again(0)
    assert bucket.record()["state"] == "failed"
    made = bucket.result(f"{folder}/a_smartcrop.jpg")
    store.repair()

    assert handle(messages([s3_put(f"{folder}/a.jpg")])) == again()

    assert bucket.record()["state"] == "done"
    assert next(path for method, path in store.asked if method == "PUT").endswith(".json")
    assert bucket.result(f"{folder}/a_smartcrop.jpg") == made


def test_a_job_whose_record_was_written_is_recognised_by_it(
    make_handler: Callable[..., Handle],
    handle: Handle,
    store: FaultyStore,
    bucket: Bucket,
    folder: str,
) -> None:
    bucket.put(f"{folder}/a.jpg")
    make_handler(job_records="all")(s3_put(f"{folder}/a.jpg"))
    store.repair()

    handle(s3_put(f"{folder}/a.jpg"))

    assert writes(store) == []


def test_a_record_that_is_too_large_for_metadata_is_written(
    handle: Handle, store: FaultyStore, bucket: Bucket, folder: str
) -> None:
    names = [{"width": 20 + n, "height": 20, "name": uuid4().hex[:30]} for n in range(20)]
    folder_settings = json.dumps({"sizes": names}).encode()
    bucket.put(f"{folder}/.smart-crop.json", folder_settings)
    bucket.put(f"{folder}/a.jpg")

    handle(s3_put(f"{folder}/a.jpg"))

    assert bucket.record()["state"] == "done"
    store.repair()
    handle(s3_put(f"{folder}/a.jpg"))
    assert writes(store) == []


def planned(bucket: Bucket, job_id: str) -> None:
    """Record the job of an upload form, as POST /api/v1/uploads does."""
    jobs = JobStore(connect(bucket.environment["SMART_CROP_STORE"]))
    jobs.save(JobRecord(job_id=job_id, state="queued", key=f"uploads/{job_id}/me.jpg"))


@pytest.mark.parametrize("settings", [{"width": 30, "height": 20}, SIZES])
def test_the_state_of_an_upload_follows_from_its_results(
    handle: Handle,
    api: TestClient,
    store: FaultyStore,
    bucket: Bucket,
    settings: dict[str, Any],
) -> None:
    job_id = str(uuid4())
    planned(bucket, job_id)
    assert api.get(f"/api/v1/jobs/{job_id}").json()["state"] == "queued"
    bucket.put(f"uploads/{job_id}/me.jpg", settings=settings)
    store.repair()

    handle(s3_put(f"uploads/{job_id}/me.jpg"))

    assert all(key.startswith("uploads/") for key in writes(store))
    done = api.get(f"/api/v1/jobs/{job_id}").json()
    assert (done["state"], done["jobId"]) == ("done", job_id)
    assert done["key"] == f"uploads/{job_id}/me.jpg"
    assert done["plan"]["source"] == {"width": 96, "height": 96}
    for each in done.get("results") or [done]:
        picture = decoded(httpx.get(each["downloadUrl"]).content)
        assert picture.size == (each["width"], each["height"])
    progress = api.get(f"/api/v1/jobs/{job_id}/progress").text
    assert '"phase":"complete"' in progress


def test_the_state_of_a_failed_upload_is_that_of_its_record(
    handle: Handle, api: TestClient, bucket: Bucket
) -> None:
    job_id = str(uuid4())
    planned(bucket, job_id)
    bucket.put(f"uploads/{job_id}/me.jpg", b"no picture")

    handle(s3_put(f"uploads/{job_id}/me.jpg"))

    failed = api.get(f"/api/v1/jobs/{job_id}").json()
    assert (failed["state"], failed["code"]) == ("failed", "INVALID_IMAGE")


def test_an_upload_that_was_replaced_after_a_failure_is_done(
    handle: Handle, api: TestClient, bucket: Bucket
) -> None:
    job_id = str(uuid4())
    planned(bucket, job_id)
    for data in (b"no picture", PHOTO):
        bucket.put(f"uploads/{job_id}/me.jpg", data)
        handle(s3_put(f"uploads/{job_id}/me.jpg"))

    assert api.get(f"/api/v1/jobs/{job_id}").json()["state"] == "done"


def test_an_unknown_job_is_not_found(api: TestClient) -> None:
    assert api.get(f"/api/v1/jobs/{uuid4()}").status_code == 404


def test_an_attempt_after_a_failure_of_the_store_ends_the_job(
    handle: Handle, store: FaultyStore, bucket: Bucket, folder: str
) -> None:
    bucket.put(f"{folder}/a.jpg")
    event = messages([s3_put(f"{folder}/a.jpg")])
    store.fault = lambda method, path: "refuse" if method == "PUT" else None
    assert handle(event) == again(0)
    store.repair()

    assert handle(event) == again()

    assert bucket.result(f"{folder}/a_smartcrop.jpg")
    assert bucket.records() == []


def test_results_that_are_uploaded_in_parts_have_metadata_too(s3: str) -> None:
    results = ResultStore(connect(f"{s3}/{uuid4()}"), 60)
    record = JobRecord(job_id=str(uuid4()), state="done", key="a.jpg")
    made = ResultMetadata(identity_of(record), record)

    results.save("job", "large.png", bytes(12 << 20), "image/png", made.attributes())

    assert results.metadata("job", "large.png") == made
    assert results.metadata("job", "other.png") is None


def test_metadata_that_are_not_ours_are_ignored() -> None:
    record = JobRecord(job_id=str(uuid4()), state="done", key="a.jpg")
    attributes = ResultMetadata(identity_of(record), record).attributes()

    assert ResultMetadata.read(attributes) == ResultMetadata(identity_of(record), record)
    assert ResultMetadata.read({}) is None
    for text in ("", "x", "e30=", attributes[RECORD][:-40], "é"):
        found = ResultMetadata.read({**attributes, RECORD: text})
        assert found == ResultMetadata(identity_of(record))
