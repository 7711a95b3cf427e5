import socket
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from handler.errors import StorageUnavailable
from handler.storage import ResultStore, connect, open_results


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")


CALLS: dict[str, Callable[[ResultStore], object]] = {
    "save": lambda results: results.save("job", "a.png", b"picture", "image/png"),
    "check": lambda results: results.check("job", "a.png"),
    "read": lambda results: results.read("job", "a.png"),
}


@pytest.mark.parametrize("call", CALLS)
def test_a_store_that_refuses_connections_is_unavailable(
    call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")

    with pytest.raises(StorageUnavailable) as caught:
        CALLS[call](open_results("s3://results", 60))

    assert "127.0.0.1" not in str(caught.value.answer())


@pytest.fixture
def silent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A store that takes connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{listener.getsockname()[1]}")
        yield


@pytest.mark.parametrize("call", CALLS)
def test_a_store_that_does_not_answer_is_given_up(
    silent: None, call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connect, "_REQUEST_TIMEOUT", timedelta(milliseconds=100))
    monkeypatch.setattr(connect, "_RETRY_TIMEOUT", timedelta(milliseconds=200))

    with pytest.raises(StorageUnavailable):
        CALLS[call](open_results("s3://results", 60))
