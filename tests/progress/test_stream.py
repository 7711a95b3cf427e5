"""The progress of jobs as server-sent events, in the format of the reference."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from handler.api import progress_routes
from handler.cli.serve import Server
from handler.config import Config
from handler.jobs.job import Job
from handler.jobs.service import Service
from tests.api.calls import CROP, small, upload
from tests.progress.watching import ASYNC, JOBS, all_states, batch_of, named, watched
from tests.server.raw import until
from tests.serving import running_server

Serving = tuple[str, Server]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("store")


@pytest.fixture(scope="module")
def url(store: Path) -> Iterator[str]:
    with running_server(Config(store=store.as_uri())) as (url, _):
        yield url


@pytest.fixture(scope="module")
def other_url(store: Path) -> Iterator[str]:
    """URL of another process with the same store."""
    with running_server(Config(store=store.as_uri())) as (url, _):
        yield url


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """Keep all jobs from beginning until the event is set."""
    release = threading.Event()
    for name in ("crop", "run"):
        real: Callable[..., object] = getattr(Service, name)

        def wait(service: Service, job: Job, real: Callable[..., object] = real) -> object:
            assert release.wait(120)
            return real(service, job)

        monkeypatch.setattr(Service, name, wait)
    yield release
    release.set()


HEARTBEAT = {"type": "heartbeat"}


@contextmanager
def watched_early(
    url: str, job_id: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Iterator[dict[str, Any]]]:
    """Connect to the progress of a job that does not exist yet, and yield its states.

    The stream looks into the store when it begins, and would find the end of a fast job there.
    """
    monkeypatch.setattr(progress_routes, "_HEARTBEAT_SECONDS", 0.0)
    monkeypatch.setattr(progress_routes, "_FIRST_POLL_SECONDS", 600.0)
    with watched(url, job_id) as states:
        assert next(states) == HEARTBEAT
        yield (each for each in states if each != HEARTBEAT)


def test_a_client_that_connects_before_its_request_sees_every_step(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    job_id = f"job-{uuid4()}"
    with watched_early(url, job_id, monkeypatch) as states:
        answer = httpx.post(url + CROP, **named(job_id)).json()
        seen = list(states)

    assert [each["percent"] for each in seen] == [0, 5, 15, 55, 75, 95, 100]
    assert {each["jobId"] for each in seen} == {job_id}
    assert {each["type"] for each in seen} == {"single"}
    assert seen[0] == {"jobId": job_id, "type": "single", "phase": "processing", "percent": 0}
    assert [each.get("stage") for each in seen[1:3]] == ["Validating...", "Preparing..."]
    assert seen[-1] == {
        "jobId": job_id,
        "type": "single",
        "phase": "complete",
        "percent": 100,
        "result": answer,
    }
    assert {"jobId", "downloadUrl", "originalSize", "processedSize"} <= set(answer)


def test_progress_never_goes_back_with_several_sizes(url: str) -> None:
    job_id = f"job-{uuid4()}"
    with watched(url, job_id) as states:
        httpx.post(url + CROP, **named(job_id, sizes=["50x40", "30x20"]))
        percents = [each["percent"] for each in states]

    assert percents == sorted(percents)
    assert percents[-1] == 100


def test_the_end_of_a_job_is_replayed_under_both_ids(url: str) -> None:
    job_id = f"job-{uuid4()}"
    answer = httpx.post(url + CROP, **named(job_id)).json()

    (by_client_id,) = all_states(url, job_id)
    (by_job_id,) = all_states(url, answer["jobId"])

    assert by_client_id["result"] == by_job_id["result"] == answer
    assert (by_client_id["jobId"], by_job_id["jobId"]) == (job_id, answer["jobId"])


def test_the_end_of_a_job_without_an_id_of_the_client_is_replayed(url: str) -> None:
    answer = httpx.post(url + CROP, **small()).json()

    (state,) = all_states(url, answer["jobId"])

    assert (state["phase"], state["result"]) == ("complete", answer)


def test_a_failed_job_has_the_error(url: str) -> None:
    job_id = f"job-{uuid4()}"
    sent = upload(data=b"text")
    refused = httpx.post(url + CROP, **{**sent, "data": {"clientJobId": job_id}}).json()

    (state,) = all_states(url, job_id)

    assert state == {
        "jobId": job_id,
        "type": "single",
        "phase": "failed",
        "percent": 0,
        "error": refused["error"],
        "code": "INVALID_IMAGE",
    }


def test_a_batch_counts_its_files(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    job_id = f"batch-{uuid4()}"
    with watched_early(url, job_id, monkeypatch) as states:
        response = httpx.post(f"{url}{CROP}/batch", **batch_of(["a.jpg", "b.txt", "c.jpg"], job_id))
        seen = list(states)

    assert response.headers["x-job-id"] == job_id
    names = response.headers["content-disposition"]
    assert names == f'attachment; filename="batch-smart-crop-{job_id[:8]}.zip"'
    assert {(each["jobId"], each["type"], each["totalFiles"]) for each in seen} == {
        (job_id, "batch", 3)
    }
    assert [each.get("currentFile") for each in seen] == [None, "a.jpg", "b.txt", "c.jpg", None]
    counts = [(each["completedFiles"], each["failedFiles"]) for each in seen]
    assert counts == [(0, 0), (0, 0), (1, 0), (2, 1), (3, 1)]
    last = seen[-1]
    assert last["status"] == "completed"
    (error,) = last["errors"]
    assert error["filename"] == "b.txt"
    assert error["error"].startswith("Invalid image: ")
    assert (
        last["result"].items()
        >= {
            "zipFilename": f"batch-smart-crop-{job_id[:8]}.zip",
            "processedSize": len(response.content),
            "fileResults": {"0": "a_smartcrop.jpg", "2": "c_smartcrop.jpg"},
        }.items()
    )
    assert "downloadUrl" not in last["result"]  # the ZIP was the response


def test_a_batch_of_no_pictures_fails(url: str) -> None:
    job_id = f"batch-{uuid4()}"
    refused = httpx.post(f"{url}{CROP}/batch", **batch_of(["a.txt", "b.txt"], job_id))

    (state,) = all_states(url, job_id)

    assert refused.status_code == 422
    assert (state["status"], state["failedFiles"], state["completedFiles"]) == ("failed", 2, 2)
    assert [each["filename"] for each in state["errors"]] == ["a.txt", "b.txt"]


def test_another_process_replays_the_end_from_the_store(url: str, other_url: str) -> None:
    single, batch = f"job-{uuid4()}", f"batch-{uuid4()}"
    answer = httpx.post(url + CROP, **named(single)).json()
    httpx.post(f"{url}{CROP}/batch", **batch_of(["a.jpg", "b.txt"], batch))
    failing = f"batch-{uuid4()}"
    httpx.post(f"{url}{CROP}/batch", **batch_of(["b.txt"], failing))

    (state,) = all_states(other_url, single)
    (of_batch,) = all_states(other_url, batch)
    (of_failing,) = all_states(other_url, failing)

    assert state["result"] == answer
    assert (of_batch["status"], of_batch["failedFiles"]) == ("completed", 1)
    assert of_batch["result"]["fileResults"] == {"0": "a_smartcrop.jpg"}
    assert (of_failing["status"], of_failing["totalFiles"]) == ("failed", 1)


def test_another_process_shows_a_job_that_runs(
    url: str, other_url: str, held: threading.Event
) -> None:
    job_id = f"job-{uuid4()}"
    httpx.post(url + CROP, headers=ASYNC, **named(job_id))
    with watched(other_url, job_id) as states:
        first = next(states)
        held.set()
        *_, last = states

    assert (first["phase"], first["percent"]) == ("processing", 0)
    assert (last["phase"], last["jobId"]) == ("complete", job_id)


def test_an_unknown_job_has_heartbeats(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress_routes, "_HEARTBEAT_SECONDS", 0.0)
    monkeypatch.setattr(progress_routes, "_MAX_SECONDS_UNKNOWN", 2.5)

    states = all_states(url, str(uuid4()))

    assert 1 <= len(states) <= 3
    assert {str(each) for each in states} == {"{'type': 'heartbeat'}"}


@pytest.mark.parametrize("job_id", ["a%20b", "-a", "a" * 129, "%C3%A9", "a%0Ab"])
def test_an_id_that_no_job_can_have_is_not_found(url: str, job_id: str) -> None:
    response = httpx.get(f"{url}{JOBS}/{job_id}/progress")

    assert (response.status_code, response.json()["code"]) == (404, "NOT_FOUND")


def test_head_has_the_headers_alone(url: str) -> None:
    response = httpx.head(f"{url}{JOBS}/{uuid4()}/progress", timeout=60)

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["content-type"].startswith("text/event-stream")


def test_more_streams_than_the_limit_are_rejected(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress_routes, "_MAX_STREAMS", 1)
    monkeypatch.setattr(progress_routes, "_HEARTBEAT_SECONDS", 0.0)
    with watched(url, str(uuid4())) as states:
        assert next(states) == HEARTBEAT
        response = httpx.get(f"{url}{JOBS}/{uuid4()}/progress")

    assert (response.status_code, response.json()["code"]) == (503, "SERVER_BUSY")
    assert response.headers["retry-after"]


def test_a_stopping_server_ends_the_streams_of_unknown_jobs(tmp_path: Path) -> None:
    ended: list[dict[str, Any]] = []
    with running_server(Config(store=tmp_path.as_uri())) as (url, server):
        with watched(url, str(uuid4())) as states:
            server.should_exit = True
            ended.extend(states)
        until(lambda: not server.server_state.connections)
    assert ended == []
