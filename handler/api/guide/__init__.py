"""The guide at ``/docs``: pages in Markdown, and their form in HTML.

Everything but the routes is imported at the first request for a page.
"""

from handler.api.guide.guide_routes import guide_routes

__all__ = ["guide_routes"]
