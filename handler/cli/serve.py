"""The command ``smart-crop serve``: the HTTP API on this machine."""

import asyncio
import errno
import os
import signal
import socket
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Any

import click
import uvicorn

from handler.api import AcceptedOrigins, JobQueue, create_app, host_name, is_loopback
from handler.cli.connection import DEFAULT_LIMITS, ConnectionLimits, with_limits
from handler.codec import sandbox_parts
from handler.config import Config
from handler.jobs.retention import start_deleting

_ALL_INTERFACES = ("0.0.0.0", "::")  # noqa: S104 - compared with, not served on
# Ends the lines about the names of the server. In a container, only the variable can be set easily.
_OTHERS = "add others with --allow-host crops.example.com or SMART_CROP_ALLOWED_HOSTS"


def run_server(
    config: Config,
    host: str,
    port: int,
    allowed_hosts: Sequence[str] = (),
    keep_days: float | None = None,
    limits: ConnectionLimits = DEFAULT_LIMITS,
) -> None:
    """Serve until Ctrl-C or SIGTERM.

    Args:
        config: configuration of the server.
        host: address or name of an interface of this machine.
        port: port to listen on; 0 for a free one.
        allowed_hosts: names and addresses by which clients reach the server, as
            `handler.api.host_name` returns them; those of the loopback are always accepted.
        keep_days: age in days at which results are deleted; None to keep them.
        limits: the limits of connections.

    Raises:
        click.ClickException: the port is in use, or the address or the store cannot be opened.
    """
    hosts = frozenset((*allowed_hosts, *_own_names(host)))
    accepted = AcceptedOrigins(hosts, frozenset(config.cors_origins))
    try:
        app = create_app(config, accepted)
    except (ValueError, OSError) as error:
        raise click.ClickException(f"Cannot open the store {config.store}: {error}") from error
    listener = _listen(host, port)
    reached_by_others = not is_loopback(host_name(_in_url(host)) or "")
    if reached_by_others and not allowed_hosts:
        click.echo(_warning(host), err=True)
    server = Server(app, app.state.queue, limits, accepted)

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # uvicorn handles the signals as well, but not while it starts and stops.
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    if missing := [part for part, present in sandbox_parts().items() if not present]:
        click.echo(
            "Warning: this platform lacks parts of the sandbox in which files are decoded: "
            f"{', '.join(missing)}",
            err=True,
        )
    where = f"{_page_host(host)}:{listener.getsockname()[1]}"
    everywhere = " on all interfaces" if host in _ALL_INTERFACES else ""
    click.echo(f"Serving http://{where}{everywhere} (press Ctrl-C to stop)")
    click.echo(f"Results go to {config.store}")
    if reached_by_others and allowed_hosts:
        names = " and ".join(dict.fromkeys(("localhost", *_own_names(host), *allowed_hosts)))
        click.echo(f"Accepts requests for {names}; {_OTHERS}")
    if keep_days is not None:
        start_deleting(config, keep_days)
    server.run(sockets=[listener])
    # A job that does not reach its next step must not keep the process from ending.
    ended = threading.Timer(limits.answer_seconds, os._exit, (1,))
    ended.daemon = True
    ended.start()


class Server(uvicorn.Server):
    """The server of an app, which stops in a bounded time."""

    def __init__(
        self,
        app: Callable[..., Any],
        queue: JobQueue,
        limits: ConnectionLimits = DEFAULT_LIMITS,
        accepted: AcceptedOrigins | None = None,
    ) -> None:
        """Create the server of an ASGI app.

        Args:
            app: the app.
            queue: the queue of its jobs.
            limits: the limits of its connections.
            accepted: the origins that the app accepts; None for none but its own.
        """
        self._queue = queue
        self._limits = limits
        super().__init__(
            uvicorn.Config(
                app,
                http=with_limits(limits, accepted or AcceptedOrigins()),
                ws="none",
                timeout_keep_alive=limits.idle_seconds,
                timeout_graceful_shutdown=limits.stop_seconds + limits.answer_seconds,
                # The log has a line for each job. Clients must not fill it with warnings.
                access_log=False,
                log_level="error",
            )
        )

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Reject new requests, and wait for those that run."""
        self._queue.stop()
        cancel = asyncio.get_running_loop().call_later(
            self._limits.stop_seconds, self._queue.cancel
        )
        await super().shutdown(sockets)
        cancel.cancel()


def _own_names(host: str) -> Sequence[str]:
    """Return the names of a host that is not a placeholder for all interfaces."""
    name = host_name(_in_url(host))
    return () if name in (None, *_ALL_INTERFACES) else (name,)


def _warning(host: str) -> str:
    reached = " and ".join(("localhost", *_own_names(host)))
    return (
        f"Warning: other machines can connect to {host}, but only requests for {reached} are "
        f"accepted; {_OTHERS}"
    )


def _page_host(host: str) -> str:
    """Return the host in the URL of the page. Browsers cannot open a placeholder for all."""
    return "localhost" if host in _ALL_INTERFACES else _in_url(host)


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise click.ClickException(
                f"Cannot serve on {host}, port {port}: {error.strerror}"
            ) from error
        raise click.ClickException(
            f"Port {port} is in use by another program. Stop it, or choose another port: "
            f"smart-crop serve --port {port + 1 if port < 65_535 else port - 1}"
        ) from error
