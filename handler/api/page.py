"""The page to try the service in a browser, the API reference, and the guide."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from starlette.responses import Response
from starlette.staticfiles import StaticFiles

from handler.api.guide import guide_routes
from handler.config import Config
from handler.storage import bucket_url

_FOLDER = Path(__file__).parent / "static"
# Paths of the files that are not served under their name.
_PAGES = {"index.html": "/", "docs.html": "/docs/api"}
# RFC 9239 replaced this type; Python 3.11 and some systems still use it.
_OLD_JAVASCRIPT = "application/javascript"
_JAVASCRIPT = "text/javascript; charset=utf-8"


def page_routes(config: Config) -> APIRouter:
    """Return the routes of the pages and their files.

    Each file has a route of its own: a mount for all paths would answer 404 where the API
    answers 405.
    """
    router = APIRouter(include_in_schema=False)
    static = StaticFiles(directory=_FOLDER)
    headers = {
        "Content-Security-Policy": _policy(config),
        # A page must not run the scripts of another release.
        "Cache-Control": "no-cache",
    }
    for name in sorted(path.name for path in _FOLDER.iterdir()):
        path = _PAGES.get(name, f"/{name}")
        router.add_api_route(path, _serve(static, name, headers), methods=["GET"])
    router.include_router(guide_routes(headers))
    return router


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
    static: StaticFiles, name: str, headers: dict[str, str]
) -> Callable[[Request], Awaitable[Response]]:
    async def serve(request: Request) -> Response:
        response = await static.get_response(name, request.scope)
        response.headers.update(headers)
        if response.media_type == _OLD_JAVASCRIPT:
            response.headers["Content-Type"] = _JAVASCRIPT
        return response

    return serve
