"""The command ``smart-crop serve``: the HTTP API on this machine."""

import errno
import signal
import socket
from types import FrameType

import click
import uvicorn

from handler.api import create_app
from handler.codec import sandbox_parts, start_decoding
from handler.config import Config

# A client that sends its picture slowly must not keep the server from stopping.
_STOP_SECONDS = 5


def run_server(config: Config, host: str, port: int) -> None:
    """Serve until Ctrl-C.

    Args:
        config: configuration of the server.
        host: address or name of an interface of this machine.
        port: port to listen on; 0 for a free one.

    Raises:
        click.ClickException: the port is in use, or the address or the store cannot be opened.
    """
    try:
        app = create_app(config)
    except (ValueError, OSError) as error:
        raise click.ClickException(f"Cannot open the store {config.store}: {error}") from error
    listener = _listen(host, port)
    shown = f"[{host}]" if ":" in host else host
    # No access log: the log has a line for each job.
    server = uvicorn.Server(
        uvicorn.Config(
            app, access_log=False, log_level="warning", timeout_graceful_shutdown=_STOP_SECONDS
        )
    )

    def stop(_signal: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # uvicorn handles the signal as well, but not while it starts and stops.
    signal.signal(signal.SIGINT, stop)
    start_decoding()
    if missing := [part for part, present in sandbox_parts().items() if not present]:
        click.echo(
            "Warning: this platform lacks parts of the sandbox in which files are decoded: "
            f"{', '.join(missing)}",
            err=True,
        )
    click.echo(f"Serving http://{shown}:{listener.getsockname()[1]} (press Ctrl-C to stop)")
    click.echo(f"Results go to {config.store}")
    server.run(sockets=[listener])


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
