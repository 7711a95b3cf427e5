"""An object store with faults: a proxy in front of a store that works."""

import http.client
import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

Fault = Literal["refuse", "stall", "half", "slow", "reset"] | tuple[int, str]
"""A fault of a request.

``refuse`` answers 503, ``stall`` waits until it is resumed, ``half`` forwards half of the body and
then waits, ``slow`` waits for `SLOW_SECONDS`, and ``reset`` resets the connection after half of the
object, in either direction. Others are a status and a code.
"""

SLOW_SECONDS = 0.4


def _none(_method: str, _path: str) -> Fault | None:
    return None


@dataclass
class FaultyStore:
    """The proxy, its faults, and its requests.

    Attributes:
        url: its URL.
        fault: returns the fault of a request by method and path, or None.
        asked: methods and paths of all requests so far.
        stalled: set when a request stalls.
        resume: set by a test to resume stalled requests.
        left: set when the client of a stalled request has closed the connection.
        ended: set when the proxy ends.
    """

    url: str = ""
    fault: Callable[[str, str], Fault | None] = _none
    asked: list[tuple[str, str]] = field(default_factory=list)
    stalled: threading.Event = field(default_factory=threading.Event)
    resume: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    ended: threading.Event = field(default_factory=threading.Event)

    def repair(self) -> None:
        """Forward all requests again, and clear the list of requests."""
        self.fault = _none
        self.asked.clear()


@contextmanager
def in_front_of(url: str) -> Iterator[FaultyStore]:
    """Start a proxy, which forwards all requests until it has a fault."""
    store = FaultyStore()
    handler: Any = partial(_Handler, store, urlsplit(url).netloc)
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    store.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield store
    finally:
        store.ended.set()
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, store: FaultyStore, upstream: str, *args: Any) -> None:
        self._store = store
        self._upstream = upstream
        super().__init__(*args)

    def _handle(self) -> None:
        length = int(self.headers.get("Content-Length", "0"))
        path = unquote(urlsplit(self.path).path)
        fault = self._store.fault(self.command, path)
        body = self.rfile.read(length // 2 if fault == "reset" else length)
        self._store.asked.append((self.command, path))
        if fault == "refuse":
            self._answer(503, {}, b"")
        elif fault == "reset" and body:
            self._reset()
        elif fault in ("slow", "reset"):
            time.sleep(SLOW_SECONDS if fault == "slow" else 0)
            self._forward(body, half=False, is_reset=fault == "reset")
        elif isinstance(fault, tuple):
            status, code = fault
            self._answer(status, {}, f"<Error><Code>{code}</Code></Error>".encode())
        elif fault != "stall" or self._stall():
            self._forward(body, half=fault == "half")

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _handle  # noqa: N815 - the base class's names

    def _forward(self, body: bytes, *, half: bool, is_reset: bool = False) -> None:
        connection = http.client.HTTPConnection(self._upstream, timeout=120)
        try:
            connection.putrequest(
                self.command, self.path, skip_host=True, skip_accept_encoding=True
            )
            for name, value in self.headers.items():
                connection.putheader(name, value)  # the host too, which is signed
            connection.endheaders()
            if half:
                connection.send(body[: len(body) // 2])
                self._stall()
                return
            connection.send(body)
            response = connection.getresponse()
            data = response.read()
            headers = dict(response.getheaders())
            if is_reset:
                headers["content-length"] = str(len(data))
                self._answer(response.status, headers, data[: len(data) // 2])
                self._reset()
            else:
                self._answer(response.status, headers, data)
        finally:
            connection.close()

    def _reset(self) -> None:
        """Close the connection so that the client receives a reset."""
        self.close_connection = True
        no_linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
        os.close(self.connection.detach())

    def _stall(self) -> bool:
        """Wait, and return whether the request was resumed."""
        self._store.stalled.set()
        while not self._store.ended.is_set():
            if self._store.resume.wait(0.02):
                return True
            readable, _, _ = select.select([self.connection], [], [], 0)
            if readable and not self.connection.recv(1, socket.MSG_PEEK):
                self._store.left.set()
                break
        self.close_connection = True
        return False

    def _answer(self, status: int, headers: dict[str, str], data: bytes) -> None:
        self.send_response_only(status)
        kept = {name.lower(): value for name, value in headers.items()}
        kept.setdefault("content-length", str(len(data)))
        for name in kept.keys() - {"connection", "transfer-encoding"}:
            self.send_header(name, kept[name])
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing: the requests are kept."""
