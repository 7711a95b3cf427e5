"""A Lambda runtime that takes a snapshot after the start, and restores it later.

AWS's emulator does not support snapshots. This one serves the same runtime client:
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks.html
"""

import json
import os
import queue
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.fuzz import process
from tests.servers import Program, running

TOKEN = "token-of-the-environment"
_RUNTIME = "/2018-06-01/runtime"
_CREDENTIALS = "/credentials"


class Snapshotting:
    """The runtime API of a function, with the endpoint for its credentials."""

    def __init__(self) -> None:
        self.snapshot_taken = threading.Event()
        self.credentials: Mapping[str, str] = {}
        self.fetches = 0
        self._restored = threading.Event()
        self._events: queue.Queue[object] = queue.Queue()
        self._answers: queue.Queue[Any] = queue.Queue()

    def restore(self) -> None:
        """Restore the function, as if long after its start."""
        self._restored.set()

    def invoke(self, event: object) -> Any:
        """Send an event, and return the response."""
        self._events.put(event)
        return self._answers.get(timeout=300)

    def get(self, path: str, token: str | None) -> tuple[int, Mapping[str, str], object]:
        """Return status, headers and body for a GET request of the function."""
        if path == _CREDENTIALS:
            self.fetches += 1
            return (200, {}, self.credentials) if token == TOKEN else (403, {}, {})
        if path == f"{_RUNTIME}/restore/next":
            self.snapshot_taken.set()
            self._restored.wait()
            return 200, {}, {}
        event = self._events.get()
        deadline = int(time.time() * 1000) + 300_000
        named = {  # the client crashes where one is missing
            "Lambda-Runtime-Aws-Request-Id": os.urandom(8).hex(),
            "Lambda-Runtime-Deadline-Ms": str(deadline),
            "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:1:function:f:live",
            "Lambda-Runtime-Trace-Id": "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700",
            "Content-Type": "application/json",
        }
        return 200, named, event

    def post(self, body: object) -> None:
        """Receive the response of the function to an event, or an error at its start."""
        self._answers.put(body)


def _handler(runtime: Snapshotting) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(*runtime.get(self.path, self.headers.get("Authorization")))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            self._answer(202, {}, {})
            runtime.post(json.loads(body))

        def _answer(self, status: int, headers: Mapping[str, str], content: object) -> None:
            body = json.dumps(content).encode()
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@contextmanager
def started(
    handler: str, environment: Mapping[str, str], log: Path
) -> Iterator[tuple[Snapshotting, Program]]:
    """Start a function that waits to be restored after its snapshot.

    Args:
        handler: its handler, ``module.name``.
        environment: environment of the deployment.
        log: file for its output.
    """
    runtime = Snapshotting()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(runtime))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"127.0.0.1:{server.server_port}"
    lambda_environment = {
        "AWS_LAMBDA_RUNTIME_API": address,
        "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
        "AWS_LAMBDA_FUNCTION_NAME": "smart-crop",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{address}{_CREDENTIALS}",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN": TOKEN,
        "HOME": "/dev/null",
    }
    command = [sys.executable, "-m", "awslambdaric", handler]

    def snapshot_was_taken(_: Program) -> bool:
        return runtime.snapshot_taken.wait(0.05)

    try:
        with running(
            command,
            f"http://{address}",
            snapshot_was_taken,
            log,
            {**environment, **lambda_environment},
        ) as program:
            yield runtime, program
    finally:
        server.shutdown()
        server.server_close()


def connections(program: Program) -> set[tuple[str, int]]:
    """Return the addresses to which a program has connections."""
    links = set(process.files_of(program.process.pid).values())
    lines = Path(f"/proc/{program.process.pid}/net/tcp").read_text().splitlines()[1:]
    return {
        _address(fields[2]) for fields in map(str.split, lines) if f"socket:[{fields[9]}]" in links
    }


def _address(written: str) -> tuple[str, int]:
    host, port = written.split(":")
    return socket.inet_ntoa(bytes.fromhex(host)[::-1]), int(port, 16)
