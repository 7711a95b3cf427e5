"""The commands and their options.

Modules that load slowly are imported by the commands that need them, so that ``--help`` is quick.
"""

import sys
from collections.abc import Callable
from typing import Literal

import click

from handler import __version__
from handler.cli.environment import read_config, store_option, store_url
from handler.cli.flags import SettingsCommand
from handler.cli.grammar import Commands, Positive, Whole
from handler.cli.information import completion, doctor, formats, sizes
from handler.cold_start import import_without_models, limit_blas_threads, quick_start
from handler.malloc import keep_large_blocks

_MAX_PORT = 65_535
_MAX_JOBS = 256


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="smart-crop")
def main() -> None:
    """Crop photographs to the part that matters."""
    if sys.platform == "win32":
        raise click.ClickException(
            "Windows is not supported. Run Smart Crop in WSL, the Windows Subsystem for Linux, or "
            "in Docker"
        )
    limit_blas_threads()
    keep_large_blocks()


def _allowed_host(text: str) -> str:
    from handler.api import host_name

    name = host_name(text)
    if name is None or not set(name).isdisjoint("/*@ "):
        raise click.BadParameter(f"expected a name or an address, received {text}")
    return name


def _listed(values: tuple[str, ...]) -> list[str]:
    """Return the names in the values of an option, which a variable separates."""
    return [name for value in values for name in value.replace(",", " ").split() or [value]]


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
    envvar="SMART_CROP_HOST",
    show_envvar=True,
    default="127.0.0.1",
    show_default=True,
    help="Address to serve on; 0.0.0.0 serves on all interfaces.",
)
@click.option(
    "--port",
    type=Whole(0, _MAX_PORT),
    default=13490,
    show_default=True,
    help="Port to serve on; 0 chooses a free one.",
)
@store_option
@click.option(
    "--allow-host",
    "allowed_hosts",
    metavar="NAME",
    envvar="SMART_CROP_ALLOWED_HOSTS",
    show_envvar=True,
    multiple=True,
    callback=lambda _context, _parameter, values: tuple(map(_allowed_host, _listed(values))),
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
@click.option(
    "--keep",
    metavar="DAYS",
    type=Positive(),
    help="Delete results and records of jobs that are older; checked every hour. Other files in "
    "the store are kept.  [default: results are kept]",
)
def serve(
    host: str,
    port: int,
    store: str | None,
    allowed_hosts: tuple[str, ...],
    cors_origins: tuple[str, ...],
    keep: float | None,
) -> None:
    """Serve the HTTP API and its web page."""
    config = read_config()
    with quick_start():
        from handler.codec import start_decoding

        start_decoding()  # first, because it starts while the rest is imported
        # FastAPI's own models describe the OpenAPI document, which no crop needs.
        import_without_models("fastapi")
        from handler.cli.serve import run_server
    changed = {
        "store": store_url(store),
        "cors_origins": (*config.cors_origins, *cors_origins),
    }
    run_server(config.model_copy(update=changed), host, port, allowed_hosts, keep_days=keep)


_files = click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(allow_dash=True)
)


@main.command(
    cls=SettingsCommand,
    examples={
        "portrait.jpg -s 400x400": "portrait_smartcrop.jpg, next to it",
        "*.jpg -o thumbnails/ -w 400": "400 pixels wide, with the aspect ratio of each picture",
        "team.jpg -o avatar.webp -m face -s 300x300": "the extension selects the format",
        "photos/ -o crops/ --sizes 1:1,16:9 -n": "a folder in two sizes; only print the names",
        "inbox/ -o crops/ --watch -s 1200x630": "what is put into the folder from now on",
    },
)
@_files
@click.option(
    "-o",
    "--output",
    metavar="DIR_OR_FILE",
    type=click.Path(),
    help="Folder of the results, which are named <stem>_smartcrop.<ext>; it is created if "
    "necessary. For one FILE also a file, whose extension selects the format, or - for standard "
    "output.  [default: the folder of each FILE]",
)
@click.option(
    "-j",
    "--jobs",
    type=Whole(1, _MAX_JOBS),
    metavar="NUMBER",
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
@click.option("-n", "--dry-run", is_flag=True, help="Print what would be cropped; write nothing.")
@click.option("--watch", is_flag=True, help="Wait for new pictures in the folders, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print a line of JSON for each result.")
@click.option("--quiet", is_flag=True, help="Print errors only.")
def crop(
    files: tuple[str, ...],
    output: str | None,
    jobs: int | None,
    again: bool,
    overwrite: bool,
    dry_run: bool,
    watch: bool,
    as_json: bool,
    quiet: bool,
    settings: str | None,
    **options: object,
) -> None:
    """Crop pictures.

    A FILE can be a folder, which stands for all pictures in it, or - for standard input.

    A line is printed for each result of a FILE. The results of a folder keep its layout. For
    several files and for folders, a table of counts by folder follows. The last line states the
    numbers of pictures that were cropped, skipped and failed.

    Pictures that an earlier run cropped into the same folder with the same settings are skipped,
    so that an interrupted run can be resumed; all others get the names that they had. The file
    .smart-crop.jsonl in the folder of -o, or without -o next to several FILEs, is the record of
    these runs. Existing files are not replaced. Only a picture of a folder replaces its own earlier
    result, after it or the settings have changed.

    With --width or --height alone, the result keeps the aspect ratio of its picture.

    The exit status is 1 if any FILE fails, 2 if an option is not accepted, and 130 after Ctrl-C.
    If a FILE fails, the other files are still cropped.
    """
    from handler.cli.crop import Run, crop_files

    if as_json and quiet:
        raise click.UsageError("--json: expected without --quiet, received both")
    if watch and dry_run:
        raise click.UsageError("--watch: expected without --dry-run, received both")
    lines: Literal["text", "json", "none"] = "json" if as_json else "none" if quiet else "text"
    run = Run(jobs, again, overwrite, dry_run, lines, watch)
    sys.exit(crop_files(files, output, settings, options, read_config(), run))


@main.command(
    cls=SettingsCommand,
    examples={
        "portrait.jpg -s 400x400": "the window for this size",
        "*.jpg -w 400 -H 400 --overlay why/": "also draw the plans into a folder",
        "photos/ -m face > plans.jsonl": "a line of JSON for each picture of a folder",
    },
)
@_files
@click.option(
    "--overlay",
    metavar="DIR_OR_FILE",
    type=click.Path(),
    help="Folder, or for one FILE a file, for pictures with the plan drawn on them: window, focal "
    "point, faces, heat map.",
)
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help="Print JSON also in a terminal.",
)
def analyze(
    files: tuple[str, ...],
    overlay: str | None,
    as_json: bool,
    settings: str | None,
    **options: object,
) -> None:
    """Print the crop plan of each file.

    In a terminal, the plans are a table. Otherwise each is a JSON object on a line of its own.

    A FILE can be a folder, which stands for all pictures in it, or - for standard input.

    The exit status is 1 if any FILE fails, and 2 if an option is not accepted. If a FILE fails, the
    plans of the other files are still printed.
    """
    from handler.cli.analyze import analyze_files

    as_table = sys.stdout.isatty() and not as_json
    done = analyze_files(files, overlay, settings, options, read_config(), as_table=as_table)
    sys.exit(0 if done else 1)


for _command in (sizes, formats, doctor, completion):
    main.add_command(_command)
