"""Requests to an ASGI app in this process, without a socket."""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

from starlette.types import ASGIApp, Message


@dataclass(frozen=True, slots=True)
class Answer:
    """A response.

    Attributes:
        status: HTTP status.
        headers: by lower-case name.
        body: bytes of the body.
    """

    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)


async def call(
    app: ASGIApp,
    method: str,
    path: str,
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
    chunk: int | None = None,
) -> Answer:
    """Send a request, and return the response.

    Args:
        app: the app.
        method: HTTP method.
        path: path and query, percent-encoded as a client sends them.
        headers: names and values.
        body: bytes of the body.
        chunk: bytes of each message of the body; None for one message.
    """
    messages = _messages(body, chunk)
    sent: list[Message] = []

    async def receive() -> Message:
        message = next(messages, None)
        if message is None:
            # The client waits for the response.
            await asyncio.Event().wait()
            raise AssertionError
        return message

    async def send(message: Message) -> None:
        sent.append(message)

    await app(_scope(method, path, headers, len(body)), receive, send)
    start, *rest = sent
    received = {key.decode("latin-1"): value.decode("latin-1") for key, value in start["headers"]}
    return Answer(start["status"], received, b"".join(each.get("body", b"") for each in rest))


def _messages(body: bytes, chunk: int | None) -> Iterator[Message]:
    size = chunk or len(body) or 1
    for start in range(0, max(len(body), 1), size):
        more = start + size < len(body)
        yield {"type": "http.request", "body": body[start : start + size], "more_body": more}


def _scope(
    method: str, path: str, headers: Sequence[tuple[str, str]], length: int
) -> dict[str, Any]:
    raw, _, query = path.partition("?")
    sent = {"host": "127.0.0.1", "content-length": str(length), **dict(headers)}
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote_to_bytes(raw).decode(errors="replace"),
        "raw_path": raw.encode("latin-1", "replace"),
        "query_string": query.encode("latin-1", "replace"),
        "root_path": "",
        "headers": [
            (name.encode("latin-1", "replace"), value.encode("latin-1", "replace"))
            for name, value in sent.items()
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": {},
    }
