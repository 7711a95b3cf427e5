"""Connections of slow clients are closed, and ambiguous requests rejected."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import httpx
import pytest

from handler.api import AcceptedOrigins
from handler.cli.connection import ConnectionLimits
from handler.cli.serve import Server
from handler.config import Config
from tests.api.calls import CROP, MULTIPART, PORTRAIT, file_part, form, small
from tests.server.raw import Answer, RawClient, connected, until
from tests.serving import running_server, serving

GET = "GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n"
BODY = form(file_part(data=PORTRAIT))
POST = (
    f"POST {CROP} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {MULTIPART}\r\n"
    f"Content-Length: {len(BODY)}\r\n"
)
CHUNKED = (
    f"POST {CROP} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {MULTIPART}\r\n"
    "Transfer-Encoding: chunked\r\n"
)
HOUR = 3600
# Far longer than any limit of the tests.
_PATIENCE_SECONDS = 120


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return Config(store=tmp_path_factory.mktemp("store").as_uri(), max_body_bytes=2_000_000)


@pytest.fixture
def client(config: Config) -> Iterator[Callable[..., RawClient]]:
    """Connect to a server, whose limits are those given and an hour otherwise, and send bytes.

    They are there when the server accepts the connection, and its time begins.
    """
    with ExitStack() as stack:

        def connect(start: str | bytes = b"", **limits: float) -> RawClient:
            hours = {"header_seconds": HOUR, "stall_seconds": HOUR, "idle_seconds": HOUR}
            chosen: dict[str, object] = {**hours, **limits}
            url, server = stack.enter_context(
                running_server(config, limits=ConnectionLimits(**chosen))  # type: ignore[arg-type]  # by name
            )
            until(lambda: server.started)
            with paused(server):
                connection = stack.enter_context(connected(url))
                connection.send(start)
            return connection

        yield connect


@contextmanager
def paused(server: Server) -> Iterator[None]:
    """Keep a server from doing anything in this context."""
    resume = threading.Event()
    server.servers[0].get_loop().call_soon_threadsafe(resume.wait)
    try:
        yield
    finally:
        resume.set()


def is_closed_while_sending(client: RawClient, data: bytes, pause: float) -> bool:
    """Send the same bytes again and again, and return whether the server ends the connection."""
    end = time.monotonic() + _PATIENCE_SECONDS
    try:
        while time.monotonic() < end:
            client.send(data)
            time.sleep(pause)
    except ConnectionError:
        return True
    return False


def test_a_connection_without_a_request_is_closed(client: Callable[..., RawClient]) -> None:
    assert client(header_seconds=0.2).rest() == b""


@pytest.mark.parametrize("start", ["G", "GET / HT", GET, GET + "Accept: "])
def test_a_header_that_does_not_end_is_closed(start: str, client: Callable[..., RawClient]) -> None:
    answer = client(start, header_seconds=0.2).last_answer()

    assert (answer.status, answer.json()["code"]) == (408, "SLOW_REQUEST")
    assert answer.json()["details"] == "header: expected within 0.2 s, received a part"
    assert answer.headers["connection"] == "close"
    assert answer.headers["x-request-id"]


def test_bytes_do_not_prolong_the_time_of_a_header(client: Callable[..., RawClient]) -> None:
    dripping = client(GET, header_seconds=0.5)

    assert is_closed_while_sending(dripping, b"a: b\r\n", pause=0.02)


def test_a_second_request_has_the_time_of_a_header_as_well(
    client: Callable[..., RawClient],
) -> None:
    kept = client(f"{GET}\r\n", header_seconds=0.5)
    assert b" 200 " in kept.socket.recv(65536)
    kept.send("GET /api")

    assert b" 408 " in kept.rest()


def test_an_idle_connection_is_closed_after_its_answer(client: Callable[..., RawClient]) -> None:
    idle = client(idle_seconds=0.2)
    idle.send(f"{GET}\r\n")

    assert idle.last_answer().status == 200


@pytest.mark.parametrize("request_", [POST, CHUNKED])
def test_a_body_that_stalls_is_closed(
    request_: str, client: Callable[..., RawClient], logged: Callable[[], str]
) -> None:
    start = BODY[:100] if request_ == POST else b"64\r\n"

    answer = client(f"{request_}\r\n".encode() + start, stall_seconds=0.3).last_answer()

    assert (answer.status, answer.json()["code"]) == (408, "SLOW_REQUEST")
    assert answer.json()["details"] == (
        "body: expected at least 1,000 bytes per second, received fewer"
    )
    assert logged() == ""


def test_a_body_that_is_too_slow_is_closed(client: Callable[..., RawClient]) -> None:
    start = BODY[:1000]  # the form continues with bytes of the file
    chunk = f"{CHUNKED}\r\n{len(start):x}\r\n".encode() + start + b"\r\n"
    slow = client(chunk, stall_seconds=0.5, bytes_per_second=1e6)

    assert is_closed_while_sending(slow, b"1\r\na\r\n", pause=0.02)


def test_a_page_of_an_accepted_origin_reads_the_error_of_a_slow_body(config: Config) -> None:
    accepted = AcceptedOrigins(origins=frozenset({"https://partner.example"}))
    limits = ConnectionLimits(stall_seconds=0.5)

    def answer_to(origin: str, url: str) -> Answer:
        with connected(url) as client:
            client.send(POST + f"Origin: {origin}\r\n\r\n")
            return client.last_answer()

    with serving(config, accepted, limits) as url:
        partner = answer_to("https://partner.example", url)
        own = answer_to("http://localhost", url)

    assert partner.status == own.status == 408
    assert partner.headers["access-control-allow-origin"] == "https://partner.example"
    assert "retry-after" in partner.headers["access-control-expose-headers"]
    assert "access-control-allow-origin" not in own.headers


def test_a_slow_body_that_is_fast_enough_is_answered(client: Callable[..., RawClient]) -> None:
    slow = client(f"{POST}Connection: close\r\n\r\n", stall_seconds=5, bytes_per_second=10)
    # The whole body takes longer than the limit of a stall, which no single part does.
    for start in range(0, 6000, 100):
        slow.send(BODY[start : start + 100])
        time.sleep(0.1)
    slow.send(BODY[6000:])

    assert slow.last_answer().status == 200


def test_the_time_of_the_work_does_not_count(client: Callable[..., RawClient]) -> None:
    # The crop takes longer than both limits.
    request = f"{POST}Connection: close\r\n\r\n".encode() + BODY
    working = client(request, header_seconds=0.05, stall_seconds=0.05, bytes_per_second=1)

    assert working.last_answer().status == 200


def test_a_body_after_its_answer_is_read_for_a_limited_time(
    client: Callable[..., RawClient],
) -> None:
    endless = client(f"{CHUNKED.replace(CROP, '/nowhere')}\r\n", stall_seconds=0.5)

    assert is_closed_while_sending(endless, b"400\r\n" + bytes(1024) + b"\r\n", pause=0.002)


@pytest.mark.skipif(not hasattr(socket, "TCP_USER_TIMEOUT"), reason="needs Linux")
def test_a_client_that_does_not_read_its_answers_is_closed(
    client: Callable[..., RawClient],
) -> None:
    deaf = client(stall_seconds=0.5)

    # The answers fill the buffers of both sides, and then the requests those of the server.
    assert is_closed_while_sending(deaf, f"{GET}\r\n".encode() * 100, pause=0)


def test_an_answer_is_sent_before_the_client_acknowledges_its_first_part(config: Config) -> None:
    with running_server(config) as (url, server), connected(url) as client:
        client.send(f"{GET}\r\n")
        assert b" 200 " in client.socket.recv(65536)
        (connection,) = server.server_state.connections
        assert connection.transport is not None
        accepted = connection.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) != 0


def test_connections_over_the_limit_are_closed(config: Config) -> None:
    limits = ConnectionLimits(connections=3, idle_seconds=HOUR)
    with serving(config, limits=limits) as url, ExitStack() as stack:
        kept = [stack.enter_context(connected(url)) for _ in range(3)]
        for each in kept:
            each.send(f"{GET}\r\n")
            assert b" 200 " in each.socket.recv(65536)
        with connected(url) as refused:
            answer = refused.last_answer()
        assert (answer.status, answer.json()["code"]) == (503, "SERVER_BUSY")
        assert int(answer.headers["retry-after"]) > 0
        kept[0].socket.close()
        until(lambda: is_served(url))


def is_served(url: str) -> bool:
    try:
        return httpx.get(f"{url}/api/v1/health").status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize(
    "headers",
    [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 0\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Content-Length: 5, 6\r\n",
        "Content-Length: +5\r\n",
        "Content-Length : 5\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: \x0bchunked\r\n",
        "Host: other\r\n",
    ],
)
def test_a_request_whose_end_is_ambiguous_is_rejected_and_closed(
    headers: str, client: Callable[..., RawClient]
) -> None:
    smuggler = client()
    hidden = "GET /api/v1/health HTTP/1.1\r\nHost: localhost\r\n\r\n"
    smuggler.send(f"POST {CROP} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n0\r\n\r\n{hidden}")

    answer = smuggler.last_answer()

    assert (answer.status, answer.json()["code"]) == (400, "MALFORMED_REQUEST")
    assert answer.headers["connection"] == "close"
    assert b"HTTP/1.1" not in answer.body


def test_an_ambiguous_request_for_headers_gets_no_body(
    client: Callable[..., RawClient], caplog: pytest.LogCaptureFixture
) -> None:
    smuggler = client()
    smuggler.send(
        "HEAD / HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    )

    answer = smuggler.last_answer()

    assert (answer.status, answer.body) == (400, b"")
    assert caplog.records == []


def test_a_malformed_request_after_one_for_headers_gets_its_answer(
    client: Callable[..., RawClient], caplog: pytest.LogCaptureFixture
) -> None:
    pipelined = client()
    pipelined.send("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\nnot HTTP\r\n\r\n")

    assert pipelined.rest().endswith(b'"code":"MALFORMED_REQUEST"}')
    assert caplog.records == []


def test_an_old_request_in_chunks_is_rejected(client: Callable[..., RawClient]) -> None:
    old = client()
    old.send(
        f"POST {CROP} HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    )

    assert old.last_answer().status == 400


def test_a_damaged_chunk_ends_the_connection(
    client: Callable[..., RawClient], logged: Callable[[], str]
) -> None:
    damaged = client()
    damaged.send(f"{CHUNKED}\r\nxyz\r\n")

    assert damaged.last_answer().status == 400
    assert logged() == ""


def test_requests_on_one_connection_are_answered_in_order(
    client: Callable[..., RawClient],
) -> None:
    pipelined = client(header_seconds=5)
    pipelined.send(f"{GET}\r\n" * 3 + f"{GET}Connection: close\r\n\r\n")

    assert pipelined.rest().count(b"HTTP/1.1 200 OK") == 4


def test_ordinary_clients_notice_nothing(config: Config) -> None:
    with serving(config) as url, httpx.Client(base_url=url) as client:
        for _ in range(3):
            assert client.post(CROP, **small()).status_code == 200
            assert client.get("/").status_code == 200
