import socket
import socketserver
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from queue import Queue

import pytest

from handler.errors import StorageUnavailable
from handler.storage import ResultStore, connect, object_store


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
    with socket.socket() as closed:  # nobody else gets its port
        closed.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{closed.getsockname()[1]}")

        with pytest.raises(StorageUnavailable) as caught:
            CALLS[call](ResultStore(connect("s3://results"), 60))

    assert "127.0.0.1" not in str(caught.value.answer())


@pytest.fixture
def hung_up(monkeypatch: pytest.MonkeyPatch) -> Iterator[Queue[str]]:
    """The side that ended each connection to a store that accepts requests and never answers."""
    endings: Queue[str] = Queue()

    class Silent(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.settimeout(60)
            try:
                while self.request.recv(65536):
                    pass
                endings.put("client")
            except TimeoutError:
                endings.put("store")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Silent) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}).start()
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_address[1]}")
        yield endings
        server.shutdown()


@pytest.mark.parametrize("call", CALLS)
def test_a_store_that_does_not_answer_times_out(
    hung_up: Queue[str], call: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(object_store, "_REQUEST_TIMEOUT", timedelta(milliseconds=100))
    monkeypatch.setattr(object_store, "_RETRY_TIMEOUT", timedelta(milliseconds=200))

    with pytest.raises(StorageUnavailable):
        CALLS[call](ResultStore(connect("s3://results"), 60))

    assert hung_up.get(timeout=120) == "client"
