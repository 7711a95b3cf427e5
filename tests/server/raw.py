"""A client that writes single bytes to a server, and reads what it answers."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

# Far longer than any limit of the tests.
_PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer: its status, headers by lower-case name, and body."""

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class RawClient:
    """A connection to a server."""

    socket: socket.socket

    def send(self, data: bytes | str) -> None:
        self.socket.sendall(data.encode() if isinstance(data, str) else data)

    def rest(self) -> bytes:
        """Return all that arrives until the server closes the connection."""
        received = b""
        try:
            while chunk := self.socket.recv(65536):
                received += chunk
        except ConnectionResetError:  # closed with bytes that the server did not read
            pass
        return received

    def last_answer(self) -> Answer:
        """Return the answer that arrives until the server closes the connection."""
        return parsed(self.rest())


@contextmanager
def connected(url: str) -> Iterator[RawClient]:
    """Connect to a server."""
    host, _, port = url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), _PATIENCE_SECONDS) as connection:
        yield RawClient(connection)


def parsed(data: bytes) -> Answer:
    """Return an answer from its bytes."""
    head, _, body = data.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return Answer(int(first.split()[1]), headers, body)


def until(condition: Callable[[], bool]) -> None:
    """Wait until a condition is true."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
