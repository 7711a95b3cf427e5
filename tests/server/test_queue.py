"""Requests that wait, clients that leave, and a server that stops."""

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from handler.api import create_app
from handler.cli.connection import ConnectionLimits
from handler.config import Config
from handler.errors import Stopped
from handler.jobs import job as jobs
from handler.jobs.cancellation import Cancellation, stop_if_cancelled
from handler.jobs.deployment import Deployment
from handler.jobs.job import Job, run_job
from handler.jobs.service import Service
from handler.settings import validate_settings
from tests.api.calls import CROP, MULTIPART, PORTRAIT, file_part, form, small
from tests.server.raw import RawClient, connected, until
from tests.serving import running_server

BATCH = f"{CROP}/batch"
HOUR = 3600


@dataclass
class Work:
    """The jobs of a server with one core, which run until they are released or cancelled.

    Attributes:
        begun: names of the files whose jobs have begun.
        stopped: names of those that were cancelled.
        release: lets all jobs go on.
    """

    begun: list[str | None] = field(default_factory=list)
    stopped: list[str | None] = field(default_factory=list)
    release: threading.Event = field(default_factory=threading.Event)

    def wait(self, job: Job) -> None:
        self.begun.append(job.filename)
        while not self.release.wait(0.01):
            try:
                stop_if_cancelled()
            except Stopped:
                self.stopped.append(job.filename)
                raise


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Iterator[Work]:
    work = Work()
    monkeypatch.setattr("handler.api.job_queue.os.cpu_count", lambda: 1)
    for name in ("crop", "run"):
        real: Callable[..., object] = getattr(Service, name)

        def slow(service: Service, job: Job, real: Callable[..., object] = real) -> object:
            work.wait(job)
            return real(service, job)

        monkeypatch.setattr(Service, name, slow)
    yield work
    work.release.set()


def begin(client: RawClient, length: str, path: str = CROP) -> None:
    """Send the headers of a form, with the one that states its length."""
    client.send(
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {MULTIPART}\r\n"
        f"Connection: close\r\n{length}\r\n\r\n"
    )


@contextmanager
def posted(url: str, name: str, path: str = CROP, names: str = "") -> Iterator[RawClient]:
    """Send a request with files of these names, without reading the answer."""
    body = form(*(file_part(each) for each in (name, *names)))
    with connected(url) as client:
        begin(client, f"Content-Length: {len(body)}", path)
        client.send(body)
        yield client


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(store=(tmp_path / "store").as_uri(), queue=1)


def test_a_full_queue_rejects_requests_until_it_has_a_place(work: Work, config: Config) -> None:
    with running_server(config) as (url, _), posted(url, "a") as first:
        until(lambda: work.begun == ["a"])
        with posted(url, "b") as second:
            answers = rejected(url)
            assert httpx.get(f"{url}/api/v1/health").status_code == 200
            work.release.set()
            assert (first.last_answer().status, second.last_answer().status) == (200, 200)
        assert httpx.post(url + CROP, **small()).status_code == 200
    for answer in answers:
        assert (answer.status_code, answer.json()["code"]) == (503, "SERVER_BUSY")
        assert answer.json()["details"] == (
            "queue: expected at most 1 waiting requests, received more"
        )
        assert 1 <= int(answer.headers["retry-after"]) <= 60


def rejected(url: str) -> list[httpx.Response]:
    """Return the answers of all routes with jobs, as soon as the queue is full."""
    paths = (CROP, f"{CROP}/analyze", BATCH)
    until(lambda: httpx.post(url + CROP, data={}).status_code == 503)
    return [httpx.post(url + path, **small()) for path in paths]


def test_the_body_of_a_rejected_request_is_not_read(work: Work, config: Config) -> None:
    without = config.model_copy(update={"queue": 0})
    with running_server(without) as (url, _), posted(url, "a"), connected(url) as late:
        until(lambda: work.begun == ["a"])
        begin(late, "Content-Length: 50000000")
        assert late.last_answer().status == 503
        work.release.set()


def test_a_body_of_unknown_length_counts_as_the_largest_one(work: Work, config: Config) -> None:
    little = config.model_copy(update={"memory_mb": 4, "max_body_bytes": 1_040_000})
    with running_server(little) as (url, _), posted(url, "a"), connected(url) as late:
        until(lambda: work.begun == ["a"])
        begin(late, "Transfer-Encoding: chunked")
        assert late.last_answer().status == 503
        work.release.set()


@pytest.mark.parametrize(("padding", "status"), [(1_000_000, 503), (500_000, 200)])
def test_the_bodies_of_all_requests_may_take_a_quarter_of_the_memory(
    work: Work, config: Config, padding: int, status: int
) -> None:
    little = config.model_copy(update={"memory_mb": 4})
    body = form(file_part("b", PORTRAIT + bytes(padding)))
    with running_server(little) as (url, _), posted(url, "a"), connected(url) as late:
        until(lambda: work.begun == ["a"])
        begin(late, f"Content-Length: {len(body)}")
        if status == 200:
            late.send(body)
            work.release.set()
        answer = late.last_answer()
        work.release.set()
    assert answer.status == status
    if status == 503:
        assert answer.json()["details"] == (
            "queue: expected at most 1 MB of images at a time, received more"
        )


def test_a_client_that_leaves_frees_its_place(work: Work, config: Config) -> None:
    with running_server(config) as (url, _), posted(url, "a") as first:
        until(lambda: work.begun == ["a"])
        with posted(url, "b"):
            rejected(url)
        until(lambda: httpx.post(url + CROP, data={}).status_code != 503)
        with posted(url, "c") as third:
            rejected(url)
            work.release.set()
            assert (first.last_answer().status, third.last_answer().status) == (200, 200)
    assert work.begun == ["a", "c"]


def test_the_job_of_a_client_that_leaves_stops(
    work: Work, config: Config, logged: Callable[[], str]
) -> None:
    with running_server(config) as (url, _):
        with posted(url, "a"):
            until(lambda: work.begun == ["a"])
        until(lambda: work.stopped == ["a"])
        work.release.set()
        assert httpx.post(url + CROP, **small()).status_code == 200
    assert "Traceback" not in logged()


def test_a_batch_stops_at_the_file_at_which_its_client_leaves(work: Work, config: Config) -> None:
    with running_server(config) as (url, server):
        with posted(url, "a", BATCH, names="bc"):
            until(lambda: work.begun == ["a"])
        until(lambda: not server.server_state.tasks)
    assert (work.begun, work.stopped) == (["a"], ["a"])


def test_a_batch_holds_one_place_for_all_files(work: Work, config: Config) -> None:
    work.release.set()
    without = config.model_copy(update={"queue": 0})
    with running_server(without) as (url, _), posted(url, "a", BATCH, names="bcd") as batch:
        assert batch.last_answer().status == 200
    assert work.begun == ["a", "b", "c", "d"]


def test_a_job_stops_between_two_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    cancellation, encoded = Cancellation(), []

    def encode(*arguments: object, **options: object) -> bytes:
        encoded.append(arguments)
        cancellation.is_requested = True
        return b""

    monkeypatch.setattr(jobs, "encode_result", encode)
    settings, _ = validate_settings({"sizes": ["40x30", "30x40", "30x30"]})
    with cancellation.applied(), pytest.raises(Stopped):
        run_job(Job(PORTRAIT, "a.jpg", settings), Config())
    assert len(encoded) == 1


def test_a_cancelled_job_stores_nothing(config: Config, tmp_path: Path) -> None:
    service = Deployment(config).service
    settings, _ = validate_settings({"width": 40, "height": 30})
    with Cancellation(is_requested=True).applied(), pytest.raises(Stopped):
        service.crop(Job(PORTRAIT, "a.jpg", settings))
    assert list((tmp_path / "store").iterdir()) == []


def test_a_server_that_stops_finishes_what_runs_and_rejects_the_rest(
    work: Work, config: Config
) -> None:
    limits = ConnectionLimits(stop_seconds=60)
    with (
        running_server(config, limits=limits) as (url, server),
        posted(url, "a") as running,
        connected(url) as sending,
    ):
        until(lambda: work.begun == ["a"])
        sending.send(f"POST {BATCH} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n")
        sending.send(f"Content-Type: {MULTIPART}\r\n\r\n--")
        with posted(url, "b") as waiting:
            rejected(url)
            server.should_exit = True
            rest = [waiting.last_answer(), sending.last_answer()]
        until(lambda: not is_open(url))
        work.release.set()
        assert running.last_answer().status == 200
    assert [(each.status, each.json()["code"]) for each in rest] == [(503, "STOPPED")] * 2
    assert int(rest[0].headers["retry-after"]) > 0
    assert work.begun == ["a"]


def is_open(url: str) -> bool:
    try:
        httpx.get(f"{url}/api/v1/health")
    except httpx.TransportError:  # refused, or accepted by the system and then reset
        return False
    return True


def test_a_server_that_stops_cancels_jobs_that_take_too_long(work: Work, config: Config) -> None:
    limits = ConnectionLimits(stop_seconds=0)
    with running_server(config, limits=limits) as (url, server), posted(url, "a") as running:
        until(lambda: work.begun == ["a"])
        server.should_exit = True
        answer = running.last_answer()
    assert (answer.status, answer.json()["code"]) == (503, "STOPPED")
    assert work.stopped == ["a"]


def test_the_client_of_the_tests_can_post_twice(config: Config) -> None:
    """The queue works on several event loops, as without a lifespan."""
    client = TestClient(create_app(config))
    for _ in range(2):
        assert client.post(CROP, **small()).status_code == 200


def test_a_job_that_cannot_be_interrupted_does_not_keep_the_server_from_ending(
    tmp_path: Path,
) -> None:
    code = f"""
import time
from handler.cli.connection import ConnectionLimits
from handler.cli.serve import run_server
from handler.config import Config
from handler.jobs.service import Service

def crop(*_):
    print("begun", flush=True)
    time.sleep({HOUR})

Service.crop = crop
limits = ConnectionLimits(stop_seconds=0, answer_seconds=1)
run_server(Config(store={(tmp_path / "store").as_uri()!r}), "127.0.0.1", 0, limits=limits)
"""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout is not None
            url = re.search(r"http://\S+", server.stdout.readline())
            assert url is not None
            with posted(url[0], "a") as client:
                while server.stdout.readline() != "begun\n":
                    pass
                server.terminate()
                answer = client.last_answer()
            assert (answer.status, answer.json()["code"]) == (503, "STOPPED")
            assert server.wait(60) == 1
        finally:
            server.kill()
