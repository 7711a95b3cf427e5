"""HTTP: the app, its routes, the multipart form, error answers, and the page."""

from handler.api.app import create_app

__all__ = ["create_app"]
