"""Reading of files and reporting of errors, for the commands crop and analyze."""

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from handler.cli.outputs import read_file
from handler.cli.summary import printable
from handler.codec import Limits, open_picture
from handler.config import Config
from handler.errors import SmartCropError
from handler.jobs.job import Job
from handler.settings import CropSettings, fill_side, lone_side

# The largest pixel has four samples of 16 bits, and a file may be uncompressed.
_MAX_BYTES_PER_PIXEL = 8


def make_job(name: str, settings: CropSettings, config: Config) -> Job:
    """Return the job of a file, or of standard input for ``-``.

    If only one side of the result is set, it gets the aspect of the picture.

    Raises:
        SmartCropError: the file cannot be read, or is larger than any accepted picture.
    """
    data = read_file(name, config.max_pixels * _MAX_BYTES_PER_PIXEL)
    if lone_side(settings) is not None:
        settings = fill_side(settings, open_picture(data, Limits(config.max_pixels)).size)
    return Job(data, name, settings)


def as_smart_crop_error(error: Exception) -> SmartCropError:
    """Return the error as a SmartCropError, so that one file cannot stop the run.

    The details of an unexpected error begin with the name of its type.
    """
    if isinstance(error, SmartCropError):
        return error
    return SmartCropError(f"{type(error).__name__}: {error}")


def shared_by(config: Config, workers: int) -> Config:
    """Return the configuration for a number of jobs that run at once and share the memory."""
    return config if config.jobs else config.model_copy(update={"jobs": workers})


def standard_error() -> Console:
    """Return the console for warnings, errors and progress."""
    return Console(stderr=True, soft_wrap=True)


def report(console: Console, kind: str, lines: Iterable[str]) -> None:
    """Print each line behind its kind, such as ``Warning``."""
    for line in lines:
        console.print(Text(f"{kind}: {printable(line)}"), soft_wrap=True)


def is_terminal() -> bool:
    """Return whether standard error is a terminal."""
    return sys.stderr.isatty()
