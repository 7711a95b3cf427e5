"""The command line: ``smart-crop serve | crop | analyze``.

Modules that load slowly are imported by the commands that need them, so that ``--help`` is quick.
"""

import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from handler import __version__
from handler.cli.flags import SettingsCommand
from handler.cold_start import limit_blas_threads
from handler.malloc import keep_large_blocks

if TYPE_CHECKING:
    from handler.config import Config

_MAX_PORT = 65_535
_MAX_JOBS = 256


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="smart-crop")
def main() -> None:
    """Crop photographs to the part that matters."""
    limit_blas_threads()
    keep_large_blocks()


def _allowed_host(text: str) -> str:
    from handler.api import host_name

    name = host_name(text)
    if name is None or not set(name).isdisjoint("/*@ "):
        raise click.BadParameter(f"expected a name or an address, received {text}")
    return name


def _cors_origin(text: str) -> str:
    from handler.config import origin_of

    try:
        return origin_of(text)
    except ValueError as error:
        expected = "an origin such as https://example.com"
        raise click.BadParameter(f"expected {expected}, received {text}") from error


def _each(
    convert: Callable[[str], str],
) -> Callable[[click.Context, click.Parameter, tuple[str, ...]], tuple[str, ...]]:
    """Return the callback of an option that can be repeated."""
    return lambda _context, _parameter, values: tuple(map(convert, values))


@main.command()
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to serve on; 0.0.0.0 serves on all interfaces.",
)
@click.option(
    "--port",
    type=click.IntRange(0, _MAX_PORT),
    default=13490,
    show_default=True,
    help="Port to serve on; 0 chooses a free one.",
)
@click.option(
    "--store",
    envvar="SMART_CROP_STORE",
    show_envvar=True,
    help="Store of results: a folder, file:///folder or s3://bucket/prefix.  [default: .results]",
)
@click.option(
    "--allow-host",
    "allowed_hosts",
    metavar="NAME",
    multiple=True,
    callback=_each(_allowed_host),
    help="Name or address by which clients reach the server; can be repeated. Requests for other "
    "hosts than these, localhost and the loopback addresses are rejected.",
)
@click.option(
    "--cors-origin",
    "cors_origins",
    metavar="ORIGIN",
    multiple=True,
    callback=_each(_cors_origin),
    help="Origin of pages that may call the server, such as https://example.com; can be repeated. "
    "Requests of other pages are rejected.  [env var: SMART_CROP_CORS_ORIGINS]",
)
def serve(
    host: str,
    port: int,
    store: str | None,
    allowed_hosts: tuple[str, ...],
    cors_origins: tuple[str, ...],
) -> None:
    """Serve the HTTP API and its web page."""
    from handler.cli.serve import run_server

    config = _config()
    changed = {
        "store": _store_url(store or ".results"),
        "cors_origins": (*config.cors_origins, *cors_origins),
    }
    run_server(config.model_copy(update=changed), host, port, allowed_hosts)


@main.command(cls=SettingsCommand)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    metavar="DIR_OR_FILE",
    help="Folder of the results, which are named <stem>_smartcrop.<ext>; it is created if "
    "necessary. For one FILE also a file, whose extension selects the format, or - for standard "
    "output.  [default: the folder of each FILE]",
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, _MAX_JOBS),
    help="Pictures to crop in parallel; each needs a core and memory.  [default: one per core]",
)
@click.option(
    "--again",
    is_flag=True,
    help="Also crop the pictures that an earlier run has cropped into the folder.",
)
@click.option(
    "--overwrite",
    is_flag=True,
    help="Replace existing files. A FILE itself is never replaced.",
)
def crop(
    files: tuple[str, ...],
    output: str | None,
    jobs: int | None,
    again: bool,
    overwrite: bool,
    settings: str | None,
    **flags: object,
) -> None:
    """Crop pictures.

    A FILE can be a folder, which stands for all pictures in it, or - for standard input.

    A line is printed for each result. The results of a folder keep its layout, and a table of
    counts is printed in place of these lines. The last line says how many pictures were cropped,
    skipped and failed.

    Pictures that an earlier run cropped into the same folder with the same settings are skipped,
    so that an interrupted run can be resumed; all others get the names that they had. The file
    .smart-crop.jsonl next to the results is the record of these runs. Existing files are not
    replaced, except by the same picture of a folder after it or the settings have changed.

    With --width or --height alone, the result has the aspect of its picture.

    The exit status is 1 if any FILE fails, and 130 after Ctrl-C. The other files are still cropped.
    """
    from handler.cli.crop import Run, crop_files

    run = Run(jobs, again, overwrite)
    sys.exit(crop_files(files, output, settings, flags, _config(), run))


@main.command(cls=SettingsCommand)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--overlay",
    metavar="DIR_OR_FILE",
    help="Folder, or for one FILE a file, for pictures with the plan drawn on them: window, focal "
    "point, faces, heat map.",
)
def analyze(
    files: tuple[str, ...], overlay: str | None, settings: str | None, **flags: object
) -> None:
    """Print the crop plan of each file as one JSON object per line.

    A FILE can be a folder, which stands for all pictures in it, or - for standard input.

    The exit status is 1 if any FILE fails. The plans of the other files are still printed.
    """
    from handler.cli.analyze import analyze_files

    sys.exit(0 if analyze_files(files, overlay, settings, flags, _config()) else 1)


def _store_url(store: str) -> str:
    return store if "://" in store else Path(store).resolve().as_uri()


def _config() -> "Config":
    from pydantic import ValidationError

    from handler.config import Config
    from handler.settings.validation import problems_of

    try:
        return Config.from_environment(os.environ)
    except ValidationError as error:
        first = problems_of(error, Config, "environment")[0]
        variable = f"SMART_CROP_{first.field}".upper()
        expected = first.expected.removeprefix("null or ")  # a variable cannot be null
        problem = replace(first, field=variable, expected=expected)
        raise click.ClickException(problem.message) from error
