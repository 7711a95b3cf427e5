"""What is wrapped around every request: its id, safe headers, a limit, the last resort."""

import uuid

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


class Boundary:
    """ASGI middleware.

    The limit holds for bodies of declared and of undeclared length. HEAD is answered as GET is,
    without the body. An error that no layer foresaw is logged, and the client told of no more
    than that.
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
        scope.setdefault("state", {})["request_id"] = request_id
        head = scope["method"] == "HEAD"
        answer = _Answer(send, request_id, with_body=not head)
        try:
            if _declared_length(scope) > self._max_body_bytes:
                raise BodyTooLarge(self._max_body_bytes, _declared_length(scope))
            asked = {**scope, "method": "GET"} if head else scope
            await self._app(asked, self._limited(receive), answer)
        except ClientDisconnect:  # nobody is left to answer
            return
        except BodyTooLarge as error:
            await answer.refuse(error, scope, receive)
        except Exception as error:
            log("surprise", failure=error, request_id=request_id, path=scope["path"])
            if answer.started:  # too late for another: the server breaks the connection off
                raise
            await answer.refuse(SmartCropError(), scope, receive)

    def _limited(self, receive: Receive) -> Receive:
        taken = 0

        async def receive_limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > self._max_body_bytes:
                raise BodyTooLarge(self._max_body_bytes)
            return message

        return receive_limited


class _Answer:
    """The way back to the client; every answer gets the headers."""

    def __init__(self, send: Send, request_id: str, *, with_body: bool) -> None:
        self.started = False
        self._send = send
        self._headers = {"X-Request-Id": request_id, **_HEADERS}
        self._with_body = with_body

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in self._headers.items():
                headers.setdefault(name, value)
        elif not self._with_body:
            message = {**message, "body": b""}
        await self._send(message)

    async def refuse(self, error: SmartCropError, scope: Scope, receive: Receive) -> None:
        await JSONResponse(error.answer(), error.status)(scope, receive, self)


def _request_id(scope: Scope) -> str:
    context = scope.get("aws.context")
    return getattr(context, "aws_request_id", None) or str(uuid.uuid4())


def _declared_length(scope: Scope) -> int:
    try:
        return int(Headers(scope=scope).get("content-length", "0"))
    except ValueError:  # nonsense; what arrives is counted anyway
        return 0
