"""The HTTP API: app, routes, request bodies, OpenAPI document and page."""

from handler.api.app import create_app

__all__ = ["create_app"]
