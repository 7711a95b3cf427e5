"""The routes of the guide: its pages in HTML and Markdown, their pictures, and ``/llms.txt``."""

import hashlib
from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from handler.errors import NotFound

_MARKDOWN = "text/markdown; charset=utf-8"
_TEXT = "text/plain; charset=utf-8"
_PICTURE = "image/webp"


def guide_routes(headers: Mapping[str, str]) -> APIRouter:
    """Return the routes of the guide.

    Args:
        headers: headers of every response.
    """
    router = APIRouter(include_in_schema=False)

    def answer(request: Request, content: str | bytes, media_type: str) -> Response:
        return _answer(request, content, media_type, headers)

    def home(request: Request) -> Response:
        from handler.api.guide.guide_html import html_of

        return answer(request, html_of("index", above=""), "text/html")

    def page(request: Request, name: str) -> Response:
        from handler.api.guide.guide_html import html_of
        from handler.api.guide.guide_pages import find_picture, markdown_of, page_names

        stem, _, extension = name.partition(".")
        if extension == "webp" and (picture := find_picture(stem)):
            return answer(request, picture, _PICTURE)
        if extension not in ("", "md") or stem not in page_names():
            raise NotFound
        if extension:
            return answer(request, markdown_of(stem), _MARKDOWN)
        return answer(request, html_of(stem, above="../"), "text/html")

    def llms(request: Request) -> Response:
        from handler.api.guide.guide_pages import llms_text

        return answer(request, llms_text(), _TEXT)

    router.add_api_route("/docs", home, methods=["GET"], response_class=Response)
    router.add_api_route("/docs/{name}", page, methods=["GET"], response_class=Response)
    router.add_api_route("/llms.txt", llms, methods=["GET"], response_class=Response)
    return router


def _answer(
    request: Request, content: str | bytes, media_type: str, headers: Mapping[str, str]
) -> Response:
    """Return a response, or 304 if the client has the content."""
    data = content.encode() if isinstance(content, str) else content
    etag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
    sent = {**headers, "ETag": etag}
    if etag in request.headers.get("If-None-Match", ""):
        return Response(status_code=304, headers=sent)
    return Response(data, headers=sent, media_type=media_type)
