"""The HTTP API: app, routes, request bodies, OpenAPI document and page."""

from handler.api.app import create_app
from handler.api.origins import AcceptedOrigins, host_name, is_loopback

__all__ = ["AcceptedOrigins", "create_app", "host_name", "is_loopback"]
