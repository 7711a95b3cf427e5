"""The page to try the service in a browser, and the API reference: nothing from outside."""

from collections.abc import Awaitable, Callable
from importlib.resources import files
from urllib.parse import urlsplit

from fastapi import APIRouter
from starlette.responses import Response

from handler.config import Config
from handler.storage import bucket_url

_TYPES = {"css": "text/css", "html": "text/html", "js": "text/javascript", "svg": "image/svg+xml"}
_FILES = {
    "/": "index.html",
    "/docs": "docs.html",
    **{
        f"/{name}": name
        for name in (
            "controls.css",
            "docs.css",
            "docs.js",
            "guides.js",
            "icon.svg",
            "page.css",
            "page.js",
            "photos.js",
            "plan.js",
            "preview.js",
            "request_code.js",
            "result.js",
            "schema.js",
            "service.js",
            "settings.js",
            "sizes.js",
        )
    },
}


def page_routes(config: Config) -> APIRouter:
    """Routes of the page and its files."""
    router = APIRouter(include_in_schema=False)
    headers = {
        "Content-Security-Policy": _policy(config),
        # A page of one release does not run the scripts of another.
        "Cache-Control": "no-cache",
    }
    for path, name in _FILES.items():
        router.add_api_route(path, _serve(name, headers), methods=["GET"])
    return router


def _policy(config: Config) -> str:
    """The page may run its own scripts and styles, show pictures that it was given, and call this.

    Two places outside are known beforehand, and exactly those are let in: the URL that forms of
    the uploads bucket are posted to, and the bucket that pictures are downloaded from.
    """
    uploads = f" {bucket_url(urlsplit(config.uploads).netloc)}" if config.uploads else ""
    store = urlsplit(config.store)
    results = f" {bucket_url(store.netloc)}/" if store.scheme == "s3" else ""
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:{results}; "
        f"connect-src 'self'{uploads}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _serve(name: str, headers: dict[str, str]) -> Callable[[], Awaitable[Response]]:
    async def serve() -> Response:
        content = files("handler.api").joinpath("static", name).read_bytes()
        return Response(content, media_type=_TYPES[name.rpartition(".")[2]], headers=headers)

    return serve
