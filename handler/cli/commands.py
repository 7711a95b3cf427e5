"""The command line: ``smart-crop serve | crop | analyze``.

What takes long to load is imported by the commands that need it, so that help comes at once.
"""

import os
import sys
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
    """Cut the right part out of photographs."""
    limit_blas_threads()
    keep_large_blocks()


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to serve on.")
@click.option(
    "--port",
    type=click.IntRange(0, _MAX_PORT),
    default=13490,
    show_default=True,
    help="Port to serve on; 0 takes any that is free.",
)
@click.option(
    "--store",
    envvar="SMART_CROP_STORE",
    show_envvar=True,
    help="Where results go: a folder, file:///folder or s3://bucket/prefix.  [default: .results]",
)
def serve(host: str, port: int, store: str | None) -> None:
    """Serve the HTTP API and the page to try it."""
    from handler.cli.serve import run_server

    url = _store_url(store or ".results")
    run_server(_config().model_copy(update={"store": url}), host, port)


@main.command(cls=SettingsCommand)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "-o",
    "--output",
    required=True,
    metavar="DIR_OR_FILE",
    help="Where results go: a folder, made if need be, for <stem>_smartcrop.<ext>; or, "
    "for one FILE, a file, whose extension chooses the format, or - for standard output.",
)
@click.option(
    "-j",
    "--jobs",
    type=click.IntRange(1, _MAX_JOBS),
    help="Pictures at once; each takes a core, and memory.  [default: one for each core]",
)
@click.option(
    "--again", is_flag=True, help="Crop pictures of folders anew that were cropped before."
)
def crop(
    files: tuple[str, ...],
    output: str,
    jobs: int | None,
    again: bool,
    settings: str | None,
    **flags: object,
) -> None:
    """Crop pictures. A FILE of - is standard input; one that is a folder is all pictures in it.

    Results of a folder are laid out as it is, and a table tells what was done. Pictures that were
    cropped before with the same settings are left out, so that a run that was broken off goes on
    where it was: .smart-crop.jsonl beside the results keeps that in mind.

    The exit status is 1 when any FILE failed; the others still come out.
    """
    from handler.cli.crop import Run, crop_files

    run = Run(jobs, again)
    sys.exit(0 if crop_files(files, output, settings, flags, _config(), run) else 1)


@main.command(cls=SettingsCommand)
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--overlay",
    metavar="DIR_OR_FILE",
    help="Where to draw the plan on the picture: window, focal point, faces, heat map.",
)
def analyze(
    files: tuple[str, ...], overlay: str | None, settings: str | None, **flags: object
) -> None:
    """Tell what crop would cut out: one JSON object a line. A FILE of - is standard input; one
    that is a folder is all pictures in it.

    The exit status is 1 when any FILE failed; the others still have their plan.
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
        expected = first.expected.removeprefix("null or ")  # no variable can be null
        problem = replace(first, field=variable, expected=expected)
        raise click.ClickException(problem.message) from error
