"""The option ``--watch``: new pictures in folders are cropped once they are complete."""

import os
import time
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from signal import SIGTERM, signal
from types import FrameType

from handler.cli.grammar import usage_error
from handler.cli.inputs import Source, find_sources
from handler.cli.reporting import Report
from handler.problems import FieldProblem

# A file is complete if it has not changed for this time.
_SECONDS = 1.0
# Reading the folders takes at most this share of the time.
_SHARE = 0.1

_States = Mapping[str, tuple[int, int]]


def check_watched(names: Sequence[str]) -> None:
    """Check that all names are those of folders.

    Raises:
        click.UsageError: one is not.
    """
    for name in names:
        if not os.path.isdir(name):
            raise usage_error([FieldProblem("--watch", "folders only", name)])


def watch(
    names: Sequence[str], crop: Callable[[Callable[[Source], bool]], bool], report: Report
) -> None:
    """Crop pictures in folders, also those that come later, until Ctrl-C or SIGTERM.

    A picture that changes is cropped again. The folders are read each second, because network
    drives report no changes.

    Args:
        names: the folders.
        crop: crops the pictures for which its argument returns true, and returns whether Ctrl-C
            ended it.
        report: the output of the run.
    """
    report.note(f"Watching {', '.join(names)} (press Ctrl-C to stop)")
    seen: _States = {}
    done: dict[str, tuple[int, int]] = {}
    with _terminated_as_by_ctrl_c():
        try:
            while True:
                start = time.monotonic()
                states = _states(names)
                ready = {
                    name: state
                    for name, state in states.items()
                    if state == seen.get(name) and state != done.get(name)
                }
                if ready and crop(_is_among(ready)):
                    return
                done |= ready
                seen = states
                time.sleep(max(_SECONDS, (time.monotonic() - start) * (1 / _SHARE - 1)))
        except KeyboardInterrupt:
            return


def _is_among(names: Container[str]) -> Callable[[Source], bool]:
    return lambda source: source.name in names


def _states(names: Sequence[str]) -> _States:
    """Return size and time of modification of each picture in the folders."""
    states = {}
    for source in find_sources(names):
        try:
            status = os.stat(source.name)
        except OSError:  # it was removed meanwhile
            continue
        states[source.name] = status.st_size, status.st_mtime_ns
    return states


@contextmanager
def _terminated_as_by_ctrl_c() -> Iterator[None]:
    """Treat SIGTERM as Ctrl-C in this context, so that the counts are printed."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal(SIGTERM, interrupt)
    try:
        yield
    finally:
        signal(SIGTERM, before)
