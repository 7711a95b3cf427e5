"""Middleware around every request: request id, security headers, body limit, last error handler."""

import uuid
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from handler.errors import BodyTooLarge, SmartCropError
from handler.telemetry import log

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
}

_ASCII = bytes(range(128))


class RequestMiddleware:
    """ASGI middleware around every request.

    Unexpected errors are logged; the client gets a generic 500. The body limit holds for declared
    and for actual lengths. HEAD is answered as GET, without the body; ``state.is_head``
    is true for it.
    """

    def __init__(self, app: ASGIApp, max_body_bytes: int) -> None:
        """Wrap ``app``."""
        self._app = app
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        is_head = scope["method"] == "HEAD"
        scope.setdefault("state", {}).update(request_id=request_id, is_head=is_head)
        responder = _Responder(scope, send)
        try:
            if _declared_length(scope) > self._max_body_bytes:
                raise BodyTooLarge(self._max_body_bytes, _declared_length(scope))
            routed = {**scope, "query_string": _as_ascii(scope["query_string"])}
            routed["method"] = "GET" if is_head else scope["method"]
            await self._app(routed, self._limited(receive), responder)
        except ClientDisconnect:  # nobody receives an answer
            return
        except BodyTooLarge as error:
            await responder.answer(error, scope, receive)
        except Exception as error:
            log("unexpected error", failure=error, request_id=request_id, path=scope["path"])
            if responder.started:  # no second answer is possible: the server closes the connection
                raise
            await responder.answer(SmartCropError(), scope, receive)

    def _limited(self, receive: Receive) -> Receive:
        received = 0

        async def receive_limited() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self._max_body_bytes:
                raise BodyTooLarge(self._max_body_bytes)
            return message

        return receive_limited


class _Responder:
    """An ASGI ``send`` that adds the headers to every answer."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self.started = False
        self._send = send
        self._headers = {"X-Request-Id": _request_id(scope), **_HEADERS}
        self._with_body = scope["method"] != "HEAD"

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        elif not self._with_body:
            message = {**message, "body": b""}
        await self._send(message)

    async def answer(self, error: SmartCropError, scope: Scope, receive: Receive) -> None:
        await error_response(error)(scope, receive, self)


def error_response(error: SmartCropError) -> JSONResponse:
    """Return the answer of an error."""
    headers = {} if error.retry_after is None else {"Retry-After": str(error.retry_after)}
    return JSONResponse(error.answer(), error.status, headers)


def closing_response(error: SmartCropError) -> JSONResponse:
    """Return the answer of an error for a connection that is closed before the app is called."""
    response = error_response(error)
    response.headers.update({"X-Request-Id": str(uuid.uuid4()), **_HEADERS, "Connection": "close"})
    return response


async def answer_error(error: SmartCropError, scope: Scope, receive: Receive, send: Send) -> None:
    """Answer an error outside of `RequestMiddleware`, with the same headers."""
    await _Responder(scope, send).answer(error, scope, receive)


def _request_id(scope: Scope) -> str:
    known: str | None = scope.setdefault("state", {}).get("request_id")
    context = scope.get("aws.context")
    return known or getattr(context, "aws_request_id", None) or str(uuid.uuid4())


def _as_ascii(query: bytes) -> bytes:
    """Return a query string with its other bytes percent-encoded, as starlette decodes UTF-8."""
    return query if query.isascii() else quote(query, safe=_ASCII).encode()


def _declared_length(scope: Scope) -> int:
    try:
        return int(Headers(scope=scope).get("content-length", "0"))
    except ValueError:  # not a number; the bytes that arrive are counted anyway
        return 0
