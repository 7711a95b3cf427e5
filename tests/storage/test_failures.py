"""Failures of stores have reasons in words, without paths and addresses."""

import errno
import http.server
import os
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from handler.errors import NotFound, StorageUnavailable, StoreUnavailable
from handler.storage import JobRecord, JobStore, ResultStore, connect, object_store, unavailable
from tests.disks import largest_file, small_disk


def save(results: ResultStore, size: int = 100) -> None:
    results.save("job", "a.png", bytes(size), "image/png")


def reason(results: ResultStore, size: int = 100) -> str:
    """Save a result, which fails, and return the reason."""
    with pytest.raises(StoreUnavailable) as caught:
        save(results, size)
    details = str(caught.value.details)
    assert details.startswith("The result could not be stored: ")
    assert str(results.health.failure()) in details
    return details.partition(": ")[2]


@pytest.fixture
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ResultStore:
    monkeypatch.setattr("handler.storage.store_health._SECONDS_BETWEEN_PROBES", 0)
    return ResultStore(connect((tmp_path / "store").as_uri()), 60)


def test_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handler.storage.store_health._SECONDS_BETWEEN_PROBES", 0)
    with small_disk(tmp_path / "disk") as disk:
        results = ResultStore(connect(disk.folder.as_uri()), 60)
        save(results, 1000)
        disk.fill()

        assert reason(results, 500_000) == "the store is full"

        # The earlier result is complete, and no part of the new one is left.
        assert results.read("job", "a.png").size == 1000
        assert os.listdir(disk.folder / "job") == ["a.png"]
        disk.clear()
        assert results.health.failure() is None
        save(results, 500_000)
        assert results.read("job", "a.png").size == 500_000


def test_a_disk_that_is_nearly_full_is_full_for_the_size_that_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handler.storage.store_health._SECONDS_BETWEEN_PROBES", 0)
    with small_disk(tmp_path / "disk") as disk:
        results = ResultStore(connect(disk.folder.as_uri()), 60)
        filler = disk.folder / "filler"
        filler.write_bytes(bytes(500_000))
        assert reason(results, 800_000) == "the store is full"
        assert results.health.failure() == "the store is full"
        save(results)  # a small result fits
        assert results.health.failure() == "the store is full"
        filler.unlink()
        assert results.health.failure() is None


def test_a_disk_that_becomes_read_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("handler.storage.store_health._SECONDS_BETWEEN_PROBES", 0)
    with small_disk(tmp_path / "disk") as disk:
        results = ResultStore(connect(disk.folder.as_uri()), 60)
        disk.set_read_only(True)
        assert results.health.failure() == "the store is read-only"
        assert reason(results) == "the store is read-only"
        disk.set_read_only(False)
        assert results.health.failure() is None
        save(results)


def test_a_limit_on_the_size_of_files(results: ResultStore, tmp_path: Path) -> None:
    with largest_file(200_000):
        assert reason(results, 300_000) == "the store is full, or limits the size of files"
    assert os.listdir(tmp_path / "store" / "job") == []
    assert results.health.failure() is None


def test_a_folder_that_is_gone(results: ResultStore, tmp_path: Path) -> None:
    save(results)
    (tmp_path / "store").rename(tmp_path / "moved")
    (tmp_path / "store").write_text("in the way")
    assert reason(results) == "the folder or bucket of the store is missing"
    for call in (results.read, results.check):
        with pytest.raises(StoreUnavailable, match="is missing"):
            call("job", "a.png")

    (tmp_path / "store").unlink()
    for call in (results.read, results.check):
        with pytest.raises(StoreUnavailable, match="is missing"):
            call("job", "a.png")
    (tmp_path / "moved").rename(tmp_path / "store")
    assert results.health.failure() is None
    assert results.read("job", "a.png").size == 100
    with pytest.raises(NotFound):
        results.read("job", "b.png")


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[tuple[int, bytes]]]:
    """The answer of an S3 to every request, as the last of the list."""
    answers: list[tuple[int, bytes]] = [(200, b"")]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, body = answers[-1]
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("ETag", '"a"')
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setattr(object_store, "_RETRIES", 0)
    monkeypatch.setattr("handler.storage.store_health._SECONDS_BETWEEN_PROBES", 0)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
        yield answers
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (503, b"<Error><Code>SlowDown</Code></Error>", "the store is overloaded"),
        (429, b"", "the store is overloaded"),
        (507, b"", "the store is full"),
        (400, b"<Error><Code>XMinioStorageFull</Code></Error>", "the store is full"),
        (403, b"<Error><Code>AccessDenied</Code></Error>", "the store denies access"),
        (
            404,
            b"<Error><Code>NoSuchBucket</Code></Error>",
            "the folder or bucket of the store is missing",
        ),
    ],
)
def test_an_s3_that_rejects_a_result(
    answer: list[tuple[int, bytes]], status: int, body: bytes, expected: str
) -> None:
    results = ResultStore(connect("s3://results"), 60)
    answer.append((status, body))
    assert reason(results) == expected
    answer.append((200, b""))
    assert results.health.failure() is None
    save(results)


def test_an_s3_that_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_store, "_RETRIES", 0)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")  # no server listens on it

    assert reason(ResultStore(connect("s3://results"), 60)) == "the store cannot be reached"


def test_an_s3_that_does_not_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(object_store, "_RETRIES", 0)
    monkeypatch.setattr(object_store, "_REQUEST_TIMEOUT", timedelta(milliseconds=100))
    monkeypatch.setattr("handler.storage.store_health._SECONDS_TO_WAIT", 0.01)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        results = ResultStore(connect("s3://results"), 60)
        assert results.health.failure() == "the store does not answer in time"
        assert reason(results) == "the store does not answer in time"


def test_a_function_writes_nothing_to_check_a_store_that_works(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_RUNTIME_API", "127.0.0.1:9001")
    results = ResultStore(connect((tmp_path / "store").as_uri()), 60)
    (tmp_path / "store").rmdir()
    (tmp_path / "store").write_text("in the way")

    assert results.health.failure() is None
    with pytest.raises(StoreUnavailable):
        save(results)
    assert results.health.failure() == "the folder or bucket of the store is missing"


@pytest.mark.parametrize(
    "error",
    [
        OSError(errno.ENOSPC, "No space left on device", "/private/path"),
        OSError("Unable to open file /private/path: No space left on device (os error 28)"),
    ],
)
def test_the_reason_has_no_path(error: OSError) -> None:
    assert unavailable("It failed", error).details == "It failed: the store is full"


@pytest.mark.parametrize(
    "text",
    [
        "at /private/path (os error 9999)",
        "PUT http://127.0.0.1/b/StorageFull.jpg",  # a name that a client chose
        "PUT http://169.254.169.254/latest/api/token - HTTP error { kind: Connect }",
    ],
)
def test_a_failure_without_a_known_reason_has_none(text: str) -> None:
    failure = unavailable("It failed", ValueError(text))

    assert type(failure) is StorageUnavailable
    assert failure.answer() == {
        "error": "Storage unavailable",
        "code": "STORAGE_UNAVAILABLE",
        "details": "It failed",
    }


def test_a_record_that_cannot_be_written(tmp_path: Path) -> None:
    jobs = JobStore(connect((tmp_path / "store").as_uri()))
    calls: list[Callable[[], object]] = [
        lambda: jobs.save(JobRecord(job_id="id", state="queued", key="a.jpg")),
        lambda: jobs.load("id"),
    ]
    (tmp_path / "store").rmdir()
    (tmp_path / "store").write_text("in the way")
    for call in calls:
        with pytest.raises(StoreUnavailable, match="is missing"):
            call()
