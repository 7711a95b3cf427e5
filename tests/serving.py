"""The service on a socket, in a thread of the test process."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from handler.api import AcceptedOrigins, create_app
from handler.cli.connection import DEFAULT_LIMITS, ConnectionLimits
from handler.cli.serve import Server
from handler.config import Config


@contextmanager
def running_server(
    config: Config,
    accepted: AcceptedOrigins | None = None,
    limits: ConnectionLimits = DEFAULT_LIMITS,
) -> Iterator[tuple[str, Server]]:
    """Serve a deployment as `serve` does, and yield its URL and the server."""
    listener = socket.create_server(("127.0.0.1", 0))
    app = create_app(config, accepted or AcceptedOrigins())
    server = Server(app, app.state.queue, limits, accepted)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}", server
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@contextmanager
def serving(
    config: Config,
    accepted: AcceptedOrigins | None = None,
    limits: ConnectionLimits = DEFAULT_LIMITS,
) -> Iterator[str]:
    """Serve a deployment as `serve` does, and yield its URL."""
    with running_server(config, accepted, limits) as (url, _):
        yield url
