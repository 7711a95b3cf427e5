"""Reading of files and reporting of errors, for the commands crop and analyze."""

import sys
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from handler.cli.outputs import read_file
from handler.cli.summary import printable
from handler.config import Config
from handler.errors import SmartCropError
from handler.jobs.job import Job
from handler.settings import CropSettings

# The largest pixel has four samples of 16 bits, and a file may be uncompressed.
_MAX_BYTES_PER_PIXEL = 8


def make_job(name: str, settings: CropSettings, config: Config) -> Job:
    """Return the job of a file, or of standard input for ``-``.

    Raises:
        SmartCropError: the file cannot be read, or is larger than any accepted picture.
    """
    return Job(read_file(name, config.max_pixels * _MAX_BYTES_PER_PIXEL), name, settings)


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
