"""The work of the first request, done at the start."""

from asyncio import AbstractEventLoop

from anyio.lowlevel import checkpoint
from fastapi import FastAPI, routing


def prepare_routes(app: FastAPI, loop: AbstractEventLoop) -> None:
    """Do what FastAPI and anyio would do at the first request: import, and inspect the routes.

    Args:
        app: the app with all its routes.
        loop: the event loop of its requests.
    """
    # anyio imports its part for asyncio at its first use.
    loop.run_until_complete(checkpoint())
    # FastAPI looks up the lines of a route's function, which errors in its responses would name.
    # To tokenize them takes 10 ms. It remembers them by the id of the function.
    found = vars(routing).get("_endpoint_context_cache", {})
    for route in routing.iter_route_contexts(app.routes):
        found[id(route.endpoint)] = {"function": route.name}
