"""Mutated requests on raw sockets: no unexpected error, and the server goes on."""

import logging
import random
import re
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from handler.cli.connection import ConnectionLimits
from handler.config import Config
from tests.api.calls import CROP, MULTIPART, file_part, form
from tests.server.raw import connected
from tests.serving import serving

BODY = form(file_part(data=b"no picture"))
HOST = b"Host: localhost\r\n"
POST = f"POST {CROP} HTTP/1.1\r\nContent-Type: {MULTIPART}\r\n".encode() + HOST
REQUESTS = (
    b"GET /api/v1/health HTTP/1.1\r\n" + HOST + b"\r\n",
    POST + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY,
    POST + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n" % len(BODY) + BODY + b"\r\n0\r\n\r\n",
    b"HEAD / HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 3\r\n" + HOST + b"\r\nabc",
    b"GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" + HOST + b"\r\n",
    b"POST /nowhere HTTP/1.0\r\nContent-Length: 5\r\n" + HOST + b"\r\nabcde",
)
INSERTED = (
    *(b"\r\n", b"\0", b": ", b" ", b"\xff", b"0\r\n\r\n", b"ffffffff\r\n", b"HTTP/1.0"),
    *(b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n", b"Origin: null\r\n", HOST),
)


def mutated(rng: random.Random) -> bytes:
    """Return one request or several, with up to five changes."""
    data = bytearray(b"".join(rng.choices(REQUESTS, k=rng.choice((1, 1, 2, 3)))))
    for _ in range(rng.choice((0, 1, 2, 5))):
        place = rng.randrange(len(data))
        change = rng.random()
        if change < 0.5:
            data[place:place] = rng.choice(INSERTED)
        elif change < 0.8:
            del data[place : place + rng.randrange(1, 9)]
        else:
            data[place] = rng.randrange(256)
    return bytes(data)


def test_mutated_requests_cause_no_unexpected_error(
    tmp_path: Path, logged: Callable[[], str], caplog: pytest.LogCaptureFixture
) -> None:
    rng = random.Random(11)
    statuses = set()
    limits = ConnectionLimits(header_seconds=0.05, stall_seconds=0.05, idle_seconds=0)
    with serving(Config(store=tmp_path.as_uri()), limits=limits) as url:
        for _ in range(300):
            with connected(url) as client:
                client.send(mutated(rng))
                statuses |= set(re.findall(rb"HTTP/1.1 (\d{3})", client.rest()))
        assert httpx.get(f"{url}/api/v1/health").status_code == 200
    assert "Traceback" not in logged()
    assert [each for each in caplog.records if each.levelno >= logging.ERROR] == []
    assert (
        {b"200", b"400", b"404"}
        <= statuses
        <= {b"100", b"200", b"400", b"403", b"404", b"405", b"408"}
    )
