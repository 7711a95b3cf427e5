"""The preparation of routes before the first request."""

from asyncio import AbstractEventLoop

from anyio.lowlevel import checkpoint
from fastapi import FastAPI, routing


def prepare_routes(app: FastAPI, loop: AbstractEventLoop) -> None:
    """Import anyio's backend and inspect the routes, as the first request would.

    Args:
        app: the app with all its routes.
        loop: the event loop of its requests.
    """
    # anyio imports its backend for asyncio at its first use.
    loop.run_until_complete(checkpoint())
    # At the first request of a route, FastAPI looks up the source line of the route's function for
    # error messages, which takes 10 ms. It does not look up functions that are in its cache.
    cache = vars(routing).get("_endpoint_context_cache", {})
    for route in routing.iter_route_contexts(app.routes):
        cache[id(route.endpoint)] = {"function": route.name}
