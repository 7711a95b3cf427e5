"""The page to try the service in a browser: static files, nothing from outside."""

from collections.abc import Awaitable, Callable
from importlib.resources import files

from fastapi import APIRouter
from starlette.responses import Response

# The page may run its own script and style, show pictures it was given, and talk to this origin
# and, for downloads, to the object store.
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: https:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_FILES = {
    "/": ("index.html", "text/html"),
    "/page.js": ("page.js", "text/javascript"),
    "/page.css": ("page.css", "text/css"),
}


def page_routes() -> APIRouter:
    """Routes of the page and its files."""
    router = APIRouter(include_in_schema=False)
    for path, (name, media_type) in _FILES.items():
        router.add_api_route(path, _serve(name, media_type), methods=["GET"])
    return router


def _serve(name: str, media_type: str) -> Callable[[], Awaitable[Response]]:
    async def serve() -> Response:
        content = files("handler.api").joinpath("static", name).read_bytes()
        return Response(
            content, media_type=media_type, headers={"Content-Security-Policy": _POLICY}
        )

    return serve
