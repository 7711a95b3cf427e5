"""Second paths of routes, by which clients of newer versions of the reference call them."""

from starlette.types import ASGIApp, Receive, Scope, Send

TOOL = "/api/v1/tools/smart-crop"
"""The path of the tool, as in the reference's first version."""

TOOL_IN_SECTION = "/api/v1/tools/image/smart-crop"
"""The path of the tool since the reference's second version, which groups its tools."""


class AliasMiddleware:
    """ASGI middleware that serves all routes below `TOOL` below `TOOL_IN_SECTION` as well."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap ``app``."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] == "http":
            scope = {**scope, "path": _routed(scope["path"])}
        await self._app(scope, receive, send)


def _routed(path: str) -> str:
    rest = path.removeprefix(TOOL_IN_SECTION)
    is_alias = rest != path and (not rest or rest.startswith("/"))
    return f"{TOOL}{rest}" if is_alias else path
