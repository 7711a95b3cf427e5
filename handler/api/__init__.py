"""The HTTP API: app, routes, request bodies, OpenAPI document and page."""

from handler.api.app import create_app
from handler.api.job_queue import JobQueue
from handler.api.middleware import closing_response
from handler.api.origins import AcceptedOrigins, host_name, is_loopback
from handler.api.prepared_routes import prepare_routes

__all__ = [
    "AcceptedOrigins",
    "JobQueue",
    "closing_response",
    "create_app",
    "host_name",
    "is_loopback",
    "prepare_routes",
]
