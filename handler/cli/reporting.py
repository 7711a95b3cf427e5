"""The output of a run: a line for each result, JSON, or errors only; progress, and the counts."""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import click
from msgspec import Struct
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from handler.cli.common import is_terminal, report, standard_error
from handler.cli.inputs import Source
from handler.cli.option_names import is_about_settings, with_options
from handler.cli.picture_outcome import Outcome
from handler.cli.summary import Summary, printable

# Status of a program that Ctrl-C ends: 128 and the number of the signal.
_INTERRUPTED = 130
_UP_TO_DATE = "its result is up to date"


class Style(Struct, frozen=True):
    """The form of a run's output.

    Attributes:
        lines: ``text`` for a line for each result of a named file, ``json`` for a line of JSON for
            each result, and ``none`` for errors only.
        table: whether a table of the counts by folder is printed at the end.
        dry: whether nothing is written.
        silent: whether the result itself is the only output.
    """

    lines: Literal["text", "json", "none"] = "text"
    table: bool = False
    dry: bool = False
    silent: bool = False


class Report:
    """The output of a run, with the counts of its pictures."""

    def __init__(self, style: Style) -> None:
        """Begin with counts of zero."""
        self._style = style
        self._console = standard_error()
        self._summary = Summary()
        self._start = time.monotonic()
        # Warnings about settings, which are often those of every picture, and how often they came.
        self._repeats: Counter[str] = Counter()
        # The progress that is shown at the moment, and the failures that it counts.
        self._bar: Progress | None = None
        self._failed = 0

    def warn(self, *lines: str) -> None:
        """Print warnings on standard error."""
        if self._style.lines != "none":
            report(self._console, "Warning", lines)

    def note(self, line: str) -> None:
        """Print a line for people on standard error."""
        if self._style.lines != "none":
            self._console.print(Text(printable(line)), soft_wrap=True)

    def skip(self, source: Source, reason: str = _UP_TO_DATE, *, shown: bool | None = None) -> None:
        """Count a picture that is skipped, and print a line if it is a named file."""
        self._summary.of(_folder(source)).skipped += 1
        if self._style.lines == "json":
            self._print_json({"file": source.name, "status": "skipped", "reason": reason})
        elif source.named if shown is None else shown:
            self._print(f"{source.name}: skipped, {reason}")

    def count(self, source: Source, outcome: Outcome) -> None:
        """Count a picture, and print its results, or its error and warnings."""
        counts = self._summary.of(_folder(source))
        counts.read += outcome.read
        counts.written += outcome.written
        for line in outcome.warnings:
            self._repeats[line] += is_about_settings(line)
            if self._repeats[line] <= 1:
                self.warn(f"{source.name}: {with_options(line)}")
        if outcome.failure is not None:
            counts.failed += 1
            self._failed += 1
            report(
                self._console, "Error", [f"{source.name}: {with_options(outcome.failure.words)}"]
            )
            if self._style.lines == "json":
                failed = {"file": source.name, "status": "failed"}
                self._print_json({**failed, **outcome.failure.answer})
        elif source.named and not outcome.is_new:
            self.skip(source)
        else:
            counts.cropped += 1
            self._print_results(source, outcome)
        self._show_progress()

    def _print_results(self, source: Source, outcome: Outcome) -> None:
        status = "to crop" if self._style.dry else "cropped"
        for result in outcome.results:
            if self._style.lines == "json":
                line = {"file": source.name, "status": status, **result.answer()}
                self._print_json({**line, "warnings": list(outcome.warnings)})
            elif source.named or self._style.dry or not self._style.table:
                self._print(f"{source.name} -> {result.line}")

    def end(self, *, interrupted: bool = False, resumable: bool = False) -> int:
        """Print the counts, and return the exit status.

        Args:
            interrupted: whether Ctrl-C ended the run.
            resumable: whether the same command continues it.
        """
        if interrupted:
            again = "; run the same command again to resume" if resumable else ""
            self.warn(f"Interrupted{again}")
        for line, count in self._repeats.items():
            if count > 1:
                self.warn(f"{count - 1:,} more: {with_options(line)}")
        if self._summary.is_empty and not interrupted:
            self.warn("No pictures were found")
        self._print_counts()
        if interrupted:
            return _INTERRUPTED
        return 1 if self._summary.has_failed else 0

    @contextmanager
    def progress(self, count: int) -> Iterator[None]:
        """Show the progress of a number of pictures in this context, on a terminal."""
        bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            _Rate(),
            TextColumn("{task.fields[failed]} failed"),
            TimeRemainingColumn(),
            console=self._console,
            disable=count <= 1 or self._style.lines == "none" or not is_terminal(),
            # Otherwise the lines for a file or a pipe would go to the terminal.
            redirect_stdout=False,
        )
        self._failed = 0
        with bar:
            self._bar = bar
            bar.add_task("Cropping", total=count, failed=0)
            try:
                yield
            finally:
                self._bar = None

    def _show_progress(self) -> None:
        if self._bar is not None:
            (task,) = self._bar.task_ids
            self._bar.update(task, advance=1, failed=self._failed)

    def _print_counts(self) -> None:
        line = self._summary.line("to crop" if self._style.dry else "cropped")
        line += f" in {time.monotonic() - self._start:,.1f} s"
        if self._style.lines == "json":
            if is_terminal():
                self._console.print(Text(line))
        elif self._style.lines == "text" and not self._style.silent:
            if self._style.table:
                self._summary.show(Console())
            self._print(line)

    def _print(self, line: str) -> None:
        if self._style.silent or self._style.lines != "text":
            return
        if is_terminal() and sys.stdout.isatty():  # above the progress bar
            self._console.print(Text(printable(line)), soft_wrap=True)
        else:
            click.echo(printable(line))

    def _print_json(self, values: dict[str, object]) -> None:
        line = json.dumps(values)
        if self._bar is not None and sys.stdout.isatty():
            self._console.print(Text(line), soft_wrap=True)
        else:
            click.echo(line)


class _Rate(ProgressColumn):
    """The pictures a second."""

    def render(self, task: Task) -> Text:
        """Return the rate, once two pictures have finished."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:.1f}/s")


def _folder(source: Source) -> Path:
    return Path(source.name).parent if source.named else source.subfolder
