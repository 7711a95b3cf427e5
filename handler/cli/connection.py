"""The connections of `serve`, with limits on their time and number.

uvicorn limits the time of an idle connection. It has no limit for a client that sends headers or a
body slowly, and its limit on connections counts only those that have sent a request. Proxies such
as nginx have these limits, but a server on a laptop has no proxy.
"""

import asyncio
import socket
from typing import Any, ClassVar, Literal

import h11
from msgspec import Struct
from uvicorn.config import Config
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from handler.api import AcceptedOrigins, closing_response
from handler.api.http_errors import MalformedRequest, SlowRequest
from handler.errors import ServerBusy, SmartCropError, Stopped

_BUSY_SECONDS = 5
# Linux only: closes a connection whose client acknowledges no data for so many milliseconds.
_USER_TIMEOUT: int | None = getattr(socket, "TCP_USER_TIMEOUT", None)


class ConnectionLimits(Struct, frozen=True):
    """The limits of each connection, and of their number.

    Attributes:
        connections: largest number of open connections.
        header_seconds: time for the header of a request, from the connection or its first byte.
        stall_seconds: time without a byte of a body, or of an answer that the client does not
            read. A body may also be behind `bytes_per_second` by so many seconds.
        bytes_per_second: lowest average speed of a body.
        idle_seconds: time between an answer and the next request.
        stop_seconds: time for the jobs that run when the server stops.
        answer_seconds: time to answer the requests whose jobs are then cancelled.
    """

    connections: int = 512
    header_seconds: float = 10
    stall_seconds: float = 30
    bytes_per_second: float = 1_000
    idle_seconds: int = 5
    # Kubernetes kills a process after 30 s.
    stop_seconds: int = 20
    answer_seconds: int = 3


DEFAULT_LIMITS = ConnectionLimits()


class _StrictConnection(h11.Connection):
    """A parser that rejects requests of which two servers could see different ends.

    Attributes:
        method: method of the current request; empty before its header is complete.
        origin: origin of the page that sends it; empty if it has none.
    """

    method = b""
    origin = b""

    def start_next_cycle(self) -> None:
        super().start_next_cycle()
        self.method = self.origin = b""

    def next_event(self) -> Any:
        event = super().next_event()
        if isinstance(event, h11.Request):
            self.method = event.method
            headers = dict(event.headers)
            self.origin = headers.get(b"origin", b"")
            is_old = event.http_version < b"1.1"
            if b"transfer-encoding" in headers and (is_old or b"content-length" in headers):
                # RFC 9112, section 6.1: such a request may smuggle another one through a proxy.
                raise h11.RemoteProtocolError("Transfer-Encoding next to Content-Length")
        return event


class LimitedConnection(H11Protocol):
    """A connection that is closed if its client sends too slowly.

    Attributes:
        limits: the limits; see `with_limits`.
        accepted: the origins of pages that can read the errors of the connection.
    """

    limits: ClassVar[ConnectionLimits] = DEFAULT_LIMITS
    accepted: ClassVar[AcceptedOrigins] = AcceptedOrigins()
    conn: _StrictConnection

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.conn = _StrictConnection(h11.SERVER)
        self._phase: Literal["header", "body"] | None = None
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Begin to wait for a header, or close one connection too many."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            details = f"connections: expected at most {self.limits.connections:,}, received more"
            self._close_with(ServerBusy(details, _BUSY_SECONDS))
            return
        connected = transport.get_extra_info("socket")
        if connected is not None:
            # An answer is written in two parts, and the kernel would send the second only when the
            # client acknowledges the first, which takes 40 ms on Linux. asyncio sets the option
            # itself, but not on connections of a listening socket that it did not create.
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if _USER_TIMEOUT is not None and connected is not None:
            milliseconds = int(self.limits.stall_seconds * 1000)
            connected.setsockopt(socket.IPPROTO_TCP, _USER_TIMEOUT, milliseconds)
        self._begin("header", self.limits.header_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop the timer."""
        self._end()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Parse what arrived, and move the deadline."""
        super().data_received(data)
        self._watch(len(data))

    def on_response_complete(self) -> None:
        """Go on with the next request, which may have arrived already."""
        super().on_response_complete()
        self._watch(len(self.conn.trailing_data[0]))

    def send_400_response(self, msg: str) -> None:
        """Answer a request that is not valid HTTP, and close the connection."""
        self._close_with(MalformedRequest())

    def shutdown(self) -> None:
        """Let a running request end, and reject one that is not complete."""
        if self._phase == "body" and not self.cycle.response_started:
            self._close_with(Stopped())
        else:
            super().shutdown()

    def _watch(self, received: int) -> None:
        """Choose the deadline by the state of the connection and the bytes that arrived."""
        if self.transport.is_closing():
            self._end()
        elif self.conn.their_state is h11.SEND_BODY:
            if self._phase != "body":
                self._begin("body", self.limits.stall_seconds)
            # After the answer, the rest of a body is read only to keep the connection usable.
            elif not self.cycle.response_complete:
                latest = self.loop.time() + self.limits.stall_seconds
                gained = received / self.limits.bytes_per_second
                self._deadline = min(self._deadline + gained, latest)
        elif self.conn.their_state is not h11.IDLE:
            self._end()
        elif self._phase != "header":
            self._end()
            if received:
                self._begin("header", self.limits.header_seconds)

    def _begin(self, phase: Literal["header", "body"], seconds: float) -> None:
        self._end()
        self._phase = phase
        self._deadline = self.loop.time() + seconds
        self._timer = self.loop.call_at(self._deadline, self._check_deadline)

    def _end(self) -> None:
        self._phase = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _check_deadline(self) -> None:
        if self.flow.read_paused:  # the server is slow, and not the client
            self._deadline = self.loop.time() + self.limits.stall_seconds
        if self.loop.time() < self._deadline:
            self._timer = self.loop.call_at(self._deadline, self._check_deadline)
        elif self._phase == "header" and not self.conn.trailing_data[0]:
            self.transport.close()
        elif self._phase == "header":
            expected = f"header: expected within {self.limits.header_seconds:g} s"
            self._close_with(SlowRequest(f"{expected}, received a part"))
        else:
            expected = f"body: expected at least {self.limits.bytes_per_second:,g} bytes per second"
            self._close_with(SlowRequest(f"{expected}, received fewer"))

    def _close_with(self, error: SmartCropError) -> None:
        """Answer an error if no answer has begun, and close the connection."""
        self._end()
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            answer = closing_response(error)
            answer.headers.update(self.accepted.answer_headers(self.conn.origin.decode("latin-1")))
            events = (
                h11.Response(status_code=answer.status_code, headers=answer.raw_headers),
                h11.Data(data=b"" if self.conn.method == b"HEAD" else bytes(answer.body)),
                h11.EndOfMessage(),
            )
            for event in events:
                self.transport.write(self.conn.send(event) or b"")
        if self.cycle is not None:  # the request is read no further, and its answer not sent
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self.transport.close()


def with_limits(limits: ConnectionLimits, accepted: AcceptedOrigins) -> type[LimitedConnection]:
    """Return the class of connections with these limits, for uvicorn's setting ``http``."""
    attributes = {"limits": limits, "accepted": accepted}
    return type("LimitedConnection", (LimitedConnection,), attributes)
