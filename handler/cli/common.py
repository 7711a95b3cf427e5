"""What crop and analyze have in common: a file becomes a job, and what goes wrong a line."""

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

# The most a picture can need: four samples of 16 bits, uncompressed.
_MAX_BYTES_PER_PIXEL = 8


def make_job(name: str, settings: CropSettings, config: Config) -> Job:
    """Read a file, or standard input for ``-``.

    Raises:
        SmartCropError: it cannot be read, or is larger than any picture that is taken.
    """
    return Job(read_file(name, config.max_pixels * _MAX_BYTES_PER_PIXEL), name, settings)


def as_smart_crop_error(error: Exception) -> SmartCropError:
    """A surprise is one file's failure too; its kind is what a report of it needs."""
    if isinstance(error, SmartCropError):
        return error
    return SmartCropError(f"{type(error).__name__}: {error}")


def standard_error() -> Console:
    """Where warnings, errors and progress go."""
    return Console(stderr=True, soft_wrap=True)


def report(console: Console, kind: str, lines: Iterable[str]) -> None:
    """Print lines, each behind what kind it is."""
    for line in lines:
        console.print(Text(f"{kind}: {printable(line)}"), soft_wrap=True)


def is_terminal() -> bool:
    """Whether somebody watches standard error."""
    return sys.stderr.isatty()
