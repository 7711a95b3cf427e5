"""The work of the first request, done at the start."""

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
    # At the first request of a route FastAPI finds the source line of its function, which errors
    # about responses name. This takes 10 ms, and is left out for functions that the cache contains.
    found = vars(routing).get("_endpoint_context_cache", {})
    for route in routing.iter_route_contexts(app.routes):
        found[id(route.endpoint)] = {"function": route.name}
