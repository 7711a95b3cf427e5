"""The id that a client chooses for its job: which are accepted, and where they appear."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from starlette.testclient import TestClient

from handler.api import create_app
from handler.config import Config
from handler.storage import JobAlias, JobRecord, JobStore, connect
from tests.api.calls import CROP, small
from tests.progress.watching import ASYNC, JOBS, batch_of, named, states_in

BATCH = f"{CROP}/batch"
ERROR = (
    "Invalid clientJobId (expected 1-128 letters, digits, '_', '-' or '.', "
    "starting with a letter or digit, not all digits, no '..')"
)
REJECTED = [
    *("", "\0abc", "line\nbreak", "has space", "../etc/passwd", "çãú", "a" * 129, "12345"),
    *("client.job:7", "_run", "-run", ".run", "a..b", "abc\n", "1²"),
]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def client(store: Path) -> Iterator[TestClient]:
    with TestClient(create_app(Config(store=store.as_uri()))) as client:
        yield client


@pytest.mark.parametrize(
    "job_id",
    ["0f8fad5b-d9cb-469f-a165-70867728950e", "job_42", "client.job-7", "007a", "a" * 128, "x"],
)
def test_an_accepted_id_is_in_the_header(client: TestClient, job_id: str) -> None:
    response = client.post(CROP, **named(job_id))

    assert response.status_code == 200
    assert response.headers["x-job-id"] == job_id
    assert response.json()["jobId"] != job_id  # the folder of the results has another id
    assert response.json()["jobId"] in response.json()["downloadUrl"]


@pytest.mark.parametrize("job_id", REJECTED)
def test_other_ids_are_rejected_in_the_words_of_the_reference(
    client: TestClient, job_id: str
) -> None:
    single = client.post(CROP, **named(job_id))
    batch = client.post(BATCH, **batch_of(["a.jpg"], job_id))

    expected = {"error": ERROR, "code": "INVALID_CLIENT_JOB_ID"}
    for response in (single, batch):
        assert (response.status_code, response.json()) == (400, expected)


def test_without_an_id_the_header_has_that_of_the_job(client: TestClient) -> None:
    response = client.post(CROP, **small())

    assert response.headers["x-job-id"] == response.json()["jobId"]


def test_a_second_batch_with_an_id_is_a_conflict(client: TestClient) -> None:
    first = client.post(BATCH, **batch_of(["a.jpg"], "used-once"))
    second = client.post(BATCH, **batch_of(["a.jpg"], "used-once"))

    assert first.status_code == 200
    assert (second.status_code, second.json()) == (
        409,
        {"error": "Job ID already in use", "code": "CONFLICT"},
    )


def test_a_second_crop_with_an_id_replaces_the_first(client: TestClient) -> None:
    client.post(CROP, **named("again"))
    answer = client.post(CROP, **named("again")).json()

    (state,) = states_in(client.get(f"{JOBS}/again/progress").text)

    assert state["result"] == answer


def test_the_name_of_a_stored_zip_begins_with_the_id(client: TestClient) -> None:
    sent = batch_of(["a.jpg"], "Stored.zip-1")
    answer = client.post(BATCH, headers={"Accept": "application/json"}, **sent).json()

    assert answer["filename"] == "batch-smart-crop-Stored.z.zip"
    assert client.get(answer["downloadUrl"]).headers["content-type"] == "application/zip"


def test_an_id_of_a_client_never_replaces_the_record_of_a_job(
    client: TestClient, store: Path
) -> None:
    jobs = JobStore(connect(store.as_uri()))
    job_id = str(uuid4())
    jobs.save(JobRecord(job_id=job_id, state="queued", key="a.jpg"))

    client.post(CROP, **named(job_id))

    assert client.get(f"{JOBS}/{job_id}").json()["key"] == "a.jpg"


def test_a_job_that_was_lost_with_its_process_has_failed(client: TestClient, store: Path) -> None:
    jobs = JobStore(connect(store.as_uri()))
    began = datetime.now(UTC) - timedelta(hours=2)
    jobs.save_alias("lost", JobAlias(job_id=str(uuid4()), created_at=began))
    jobs.save_alias("lost-batch", JobAlias(job_id=str(uuid4()), total_files=3, created_at=began))

    job = client.get(f"{JOBS}/lost").json()
    (state,) = states_in(client.get(f"{JOBS}/lost-batch/progress").text)

    assert (job["state"], job["code"]) == ("failed", "STOPPED")
    assert (state["status"], state["totalFiles"]) == ("failed", 3)
    assert state["errors"][0]["filename"] == ""


def test_a_job_succeeds_if_its_id_cannot_be_recorded(tmp_path: Path) -> None:
    # A file in place of the folder of records.
    (tmp_path / "jobs").write_bytes(b"")
    with TestClient(create_app(Config(store=tmp_path.as_uri()))) as client:
        response = client.post(CROP, **named("unrecorded"))
        (state,) = states_in(client.get(f"{JOBS}/unrecorded/progress").text)

    assert response.status_code == 200
    assert state["phase"] == "complete"


def test_a_job_that_cannot_be_recorded_is_not_accepted(tmp_path: Path) -> None:
    (tmp_path / "jobs").write_bytes(b"")
    with TestClient(create_app(Config(store=tmp_path.as_uri()))) as client:
        response = client.post(CROP, headers=ASYNC, **named("unrecorded"))
        (state,) = states_in(client.get(f"{JOBS}/unrecorded/progress").text)

    assert (response.status_code, response.json()["code"]) == (503, "STORE_UNAVAILABLE")
    assert (state["phase"], state["code"]) == ("failed", "STORE_UNAVAILABLE")
