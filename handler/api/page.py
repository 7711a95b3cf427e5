"""The page to try the service in a browser, and the API reference."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.staticfiles import StaticFiles

from handler.config import Config
from handler.storage import bucket_url

_FOLDER = Path(__file__).parent / "static"
# Paths of the files that are not served under their name.
_PAGES = {"index.html": "/", "docs.html": "/docs/api"}
# RFC 9239 replaced this type; Python 3.11 and some systems still use it.
_OLD_JAVASCRIPT = "application/javascript"
_JAVASCRIPT = "text/javascript; charset=utf-8"


def page_headers(config: Config) -> dict[str, str]:
    """Return the headers of every page and file."""
    return {
        "Content-Security-Policy": _policy(config),
        # A page must not run the scripts of another release.
        "Cache-Control": "no-cache",
    }


def page_routes(headers: Mapping[str, str]) -> list[Route]:
    """Return the routes of the pages and their files.

    Each file has a route of its own: a mount for all paths would answer 404 where the API
    answers 405. The routes are Starlette's: FastAPI would inspect each function at the start.

    Args:
        headers: headers of every response.
    """
    static = StaticFiles(directory=_FOLDER)
    routes = []
    for name in sorted(path.name for path in _FOLDER.iterdir()):
        route = Route(_PAGES.get(name, f"/{name}"), _serve(static, name, headers))
        route.methods = {"GET"}  # without HEAD, which the middleware answers for all routes
        routes.append(route)
    return routes


def _policy(config: Config) -> str:
    """Return the Content-Security-Policy of the pages.

    Scripts, styles and requests are limited to this server, except for two addresses: the page
    posts forms to the uploads bucket, and reads files of the results bucket.
    """
    uploads = f" {bucket_url(urlsplit(config.uploads).netloc)}" if config.uploads else ""
    store = urlsplit(config.store)
    results = f" {bucket_url(store.netloc)}/" if store.scheme == "s3" else ""
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:{results}; "
        f"connect-src 'self'{uploads}{results}; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'"
    )


def _serve(
    static: StaticFiles, name: str, headers: Mapping[str, str]
) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        response = await static.get_response(name, request.scope)
        response.headers.update(headers)
        if response.media_type == _OLD_JAVASCRIPT:
            response.headers["Content-Type"] = _JAVASCRIPT
        return response

    return serve
