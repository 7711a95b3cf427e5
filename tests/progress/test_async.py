"""Jobs that go on after the answer, for clients that send Prefer: respond-async (RFC 7240)."""

import io
import time
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest

from handler.cli.connection import ConnectionLimits
from handler.config import Config
from handler.errors import Stopped
from handler.jobs import cancellation
from handler.jobs.job import Job
from handler.jobs.service import Service
from handler.storage import JobStore, connect
from tests.api.calls import CROP, small, upload
from tests.pictures import decoded
from tests.progress.watching import ASYNC, JOBS, all_states, batch_of, named
from tests.server.raw import until
from tests.serving import running_server


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store = tmp_path_factory.mktemp("store").as_uri()
    with running_server(Config(store=store)) as (url, _):
        yield url


def test_the_answer_has_the_job_and_its_addresses(url: str) -> None:
    response = httpx.post(url + CROP, headers=ASYNC, **small())

    answer = response.json()
    job_id = answer["jobId"]
    assert response.status_code == 202
    assert answer == {
        "jobId": job_id,
        "async": True,
        "statusUrl": f"{JOBS}/{job_id}",
        "progressUrl": f"{JOBS}/{job_id}/progress",
    }
    assert response.headers["preference-applied"] == "respond-async"
    assert response.headers["location"] == f"{JOBS}/{job_id}"
    assert response.headers["x-job-id"] == job_id


def test_the_job_is_done_as_a_synchronous_one(url: str) -> None:
    accepted = httpx.post(url + CROP, headers=ASYNC, **small()).json()
    last = all_states(url, accepted["jobId"])[-1]

    job = httpx.get(url + accepted["statusUrl"]).json()
    crop = httpx.post(url + CROP, **small()).json()

    ours = ("jobId", "downloadUrl")
    assert last["phase"] == "complete"
    assert job.items() >= {**last["result"], "state": "done", "key": None}.items()
    assert {key: job[key] for key in crop if key not in ours} == {
        key: crop[key] for key in crop if key not in ours
    }
    assert decoded(httpx.get(url + job["downloadUrl"]).content).size == (48, 32)


def test_an_id_of_the_client_names_the_progress(url: str) -> None:
    answer = httpx.post(url + CROP, headers=ASYNC, **named("chosen")).json()
    last = all_states(url, "chosen")[-1]

    assert (answer["jobId"], answer["progressJobId"]) == ("chosen", "chosen")
    assert answer["artifactJobId"] == last["result"]["jobId"]
    assert answer["statusUrl"] == f"{JOBS}/{answer['artifactJobId']}"
    assert answer["progressUrl"] == f"{JOBS}/chosen/progress"
    by_client_id = httpx.get(f"{url}{JOBS}/chosen").json()
    assert by_client_id == httpx.get(url + answer["statusUrl"]).json()


def test_the_overlay_has_a_link_in_the_state(url: str) -> None:
    sent = small(sizes=["50x40", "30x20"])
    accepted = httpx.post(f"{url}{CROP}?overlay=true", headers=ASYNC, **sent).json()
    all_states(url, accepted["jobId"])

    job = httpx.get(url + accepted["statusUrl"]).json()

    links = [job["overlayUrl"], *(each["overlayUrl"] for each in job["results"])]
    assert len(set(links)) == 2
    assert {httpx.get(url + link).status_code for link in links} == {200}


def test_a_batch_is_stored(url: str) -> None:
    sent = batch_of(["a.jpg", "b.txt", "c.jpg"], "many-pictures")
    response = httpx.post(f"{url}{CROP}/batch", headers=ASYNC, **sent)
    last = all_states(url, "many-pictures")[-1]

    job = httpx.get(url + response.json()["statusUrl"]).json()

    assert response.status_code == 202
    assert (last["status"], job["state"]) == ("completed", "done")
    assert last["result"]["downloadUrl"] == job["downloadUrl"]
    assert job["filename"] == "batch-smart-crop-many-pic.zip"
    assert [len(file["results"]) for file in job["files"]] == [1, 0, 1]
    with ZipFile(io.BytesIO(httpx.get(url + job["downloadUrl"]).content)) as archive:
        assert archive.namelist() == ["a_smartcrop.jpg", "c_smartcrop.jpg"]


def test_failures_are_in_the_state(url: str) -> None:
    single = httpx.post(url + CROP, headers=ASYNC, **upload(data=b"text")).json()
    batch = httpx.post(f"{url}{CROP}/batch", headers=ASYNC, **batch_of(["b.txt"])).json()
    all_states(url, single["jobId"])
    all_states(url, batch["jobId"])

    failed = httpx.get(url + single["statusUrl"]).json()
    failed_batch = httpx.get(url + batch["statusUrl"]).json()

    assert (failed["state"], failed["code"]) == ("failed", "INVALID_IMAGE")
    assert (failed_batch["state"], failed_batch["code"]) == ("failed", "ALL_FAILED")
    assert failed_batch["errors"][0]["filename"] == "b.txt"


def test_a_request_that_is_not_accepted_is_answered_at_once(url: str) -> None:
    response = httpx.post(url + CROP, headers=ASYNC, **small(width=0))

    assert (response.status_code, response.json()["code"]) == (400, "INVALID_SETTINGS")
    assert "preference-applied" not in response.headers


@pytest.mark.parametrize(
    ("preference", "status"),
    [
        ("respond-async", 202),
        ("Respond-Async, wait=10", 202),
        ("handling=lenient, respond-async", 202),
        ('respond-async; foo="some value"', 202),
        ("return=minimal", 200),
        ("respond-asynchronously", 200),
        ("", 200),
    ],
)
def test_only_this_preference_is_applied(url: str, preference: str, status: int) -> None:
    response = httpx.post(url + CROP, headers={"Prefer": preference}, **small())

    assert response.status_code == status


def test_the_job_goes_on_when_the_client_leaves(url: str) -> None:
    with httpx.Client() as client:
        job_id = client.post(url + CROP, headers=ASYNC, **small()).json()["jobId"]

    assert all_states(url, job_id)[-1]["phase"] == "complete"


def test_a_stopped_server_leaves_a_record_of_its_jobs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[Job] = []

    def crop(_: Service, job: Job) -> object:
        begun.append(job)
        while True:
            cancellation.stop_if_cancelled()
            time.sleep(0.01)

    monkeypatch.setattr(Service, "crop", crop)
    config = Config(store=tmp_path.as_uri(), jobs=1)
    limits = ConnectionLimits(stop_seconds=1, answer_seconds=60)
    with running_server(config, limits=limits) as (url, _):
        ids = [httpx.post(url + CROP, headers=ASYNC, **small()).json()["jobId"] for _ in "ab"]
        until(lambda: len(begun) == 1)

    jobs = JobStore(connect(config.store))
    for job_id in ids:  # one that ran, and one that waited
        record = jobs.load(job_id)
        assert record is not None
        assert (record.state, (record.error or {})["code"]) == ("failed", Stopped.code)
