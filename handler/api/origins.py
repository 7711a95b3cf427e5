"""The hosts and origins of a server that browsers can reach, and the middleware that checks them.

A page of any site can post forms to a server on the user's own machine. With DNS rebinding, where
the name of the site resolves to this machine, it can also read the answers. Such requests have the
name of the site in ``Host`` or ``Origin``.
"""

import ipaddress
import re
from collections.abc import Collection

from msgspec import Struct
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from handler.api.http_errors import ForeignRequest
from handler.api.middleware import answer_error
from handler.api.picture_response import PLAN_HEADER, WARNINGS_HEADER
from handler.problems import FieldProblem, shown

_HOST = re.compile(r"(\[[0-9a-fA-F:.]+\]|[^\[\]:]+)(?::\d{1,5})?")
_EXPECTED_HOST = (
    "localhost, a loopback address or a name that the server was started with "
    "(--allow-host or SMART_CROP_ALLOWED_HOSTS)"
)
_EXPECTED_ORIGIN = (
    "an origin that the server was started with (--cors-origin or SMART_CROP_CORS_ORIGINS)"
)
# Headers of answers that scripts cannot read otherwise.
_ANSWER_HEADERS = (
    "Accept-Ranges",
    "Content-Disposition",
    "Content-Range",
    "ETag",
    "Location",
    "Preference-Applied",
    "Retry-After",
    "X-File-Errors",
    "X-File-Results",
    "X-Job-Id",
    "X-Request-Id",
    PLAN_HEADER,
    WARNINGS_HEADER,
)


class AcceptedOrigins(Struct, frozen=True):
    """The names by which a server accepts requests, in addition to those of the loopback.

    Attributes:
        hosts: names and addresses, as `host_name` returns them.
        origins: origins of pages that may send requests and read the answers, such as
            ``https://example.com``.
    """

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    def check(self, headers: Headers) -> None:
        """Check the headers of a request.

        Raises:
            ForeignRequest: the host or the origin is not accepted.
        """
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._has_host(hosts[0]):
            raise _foreign("Host", _EXPECTED_HOST, hosts)
        origins = headers.getlist("origin")
        if origins and not (len(origins) == 1 and self._has_origin(origins[0])):
            raise _foreign("Origin", _EXPECTED_ORIGIN, origins)

    def answer_headers(self, origin: str) -> dict[str, str]:
        """Return the headers with which a page can read an answer that is not the app's."""
        if origin not in self.origins:
            return {}
        return {
            "Access-Control-Allow-Origin": origin,
            "Access-Control-Expose-Headers": ", ".join(_ANSWER_HEADERS),
            "Vary": "Origin",
        }

    def _has_host(self, host: str) -> bool:
        name = host_name(host)
        return name is not None and (name in self.hosts or is_loopback(name))

    def _has_origin(self, origin: str) -> bool:
        scheme, separator, host = origin.partition("://")
        is_own = bool(separator) and scheme in ("http", "https") and self._has_host(host)
        return is_own or origin in self.origins


class OriginMiddleware:
    """ASGI middleware that rejects requests of foreign pages, before anything reads them."""

    def __init__(self, app: ASGIApp, accepted: AcceptedOrigins) -> None:
        """Wrap ``app``."""
        self._app = app
        self._accepted = accepted

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            try:
                self._accepted.check(Headers(scope=scope))
            except ForeignRequest as error:
                await answer_error(error, scope, receive, send)
                return
        await self._app(scope, receive, send)


def accept_origins(app: Starlette, accepted: AcceptedOrigins) -> None:
    """Make an app reject requests of foreign pages, and answer those of accepted origins.

    The middleware is outside of all that the app has so far, so that the errors of the latter can
    be read by pages of accepted origins.
    """
    app.add_middleware(
        CORSMiddleware,
        allow_origins=sorted(accepted.origins),
        allow_methods=("GET", "HEAD", "POST"),
        # Libraries for uploads add headers of their own. The origin is what is checked.
        allow_headers=("*",),
        expose_headers=_ANSWER_HEADERS,
        # A page of the internet may call a server in a private network if the operator accepts it.
        allow_private_network=True,
    )
    app.add_middleware(OriginMiddleware, accepted=accepted)


def host_name(host: str) -> str | None:
    """Return the name or the address in a ``Host`` header in one spelling, or None if it has none.

    The port, the brackets of an IPv6 address, and the dot after a name are removed.
    """
    match = _HOST.fullmatch(host)
    if match is None:
        return None
    name = match[1].strip("[]").removesuffix(".").lower()
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        return name or None


def is_loopback(name: str) -> bool:
    """Return whether a name or an address always leads to the machine itself."""
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return name == "localhost"


def _foreign(header: str, expected: str, received: Collection[str]) -> ForeignRequest:
    text = shown(", ".join(received)) if received else "nothing"
    return ForeignRequest(FieldProblem(header, expected, text).message)
