"""The crops of one run: in parallel, with their outcomes counted and printed."""

import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from handler.cli.common import as_smart_crop_error, is_terminal, make_job, report, standard_error
from handler.cli.inputs import STANDARD_STREAM, Source
from handler.cli.outputs import Target
from handler.cli.pool import in_order, in_processes
from handler.cli.resume import RunRecord
from handler.cli.summary import Summary, printable
from handler.config import Config
from handler.errors import Stopped
from handler.jobs.cancellation import Cancellation
from handler.jobs.job import run_job
from handler.jobs.job_warnings import IGNORED
from handler.settings import CropSettings

# Status of a program that Ctrl-C ends: 128 and the number of the signal.
_INTERRUPTED = 130

Task = tuple[Source, Target]


@dataclass(frozen=True, slots=True)
class Work:
    """The part of the work that all tasks share. It is sent to each worker process once.

    Attributes:
        settings: settings of the crops.
        config: configuration, whose limits apply.
        inputs: real paths of the files to crop.
        record: receives the outcomes; None for results outside one folder.
    """

    settings: CropSettings
    config: Config
    inputs: frozenset[str]
    record: RunRecord | None


@dataclass(frozen=True, slots=True)
class _Outcome:
    warnings: Sequence[str] = ()
    failure: str | None = None
    results: Sequence[str] = ()
    is_new: bool = True
    read: int = 0
    written: int = 0


class Cropping:
    """The crops of one run."""

    def __init__(
        self, tasks: Sequence[Task], work: Work, workers: int, *, skipped: int = 0, table: bool
    ) -> None:
        """Bind the tasks of the run.

        Args:
            tasks: the pictures and the destinations of their results.
            work: what all tasks share.
            workers: number of pictures to crop in parallel.
            skipped: number of pictures that are skipped in any case.
            table: whether a table of the counts by folder replaces the line for each result.
        """
        self._tasks = tasks
        self._work = work
        self._workers = workers
        self._table = table
        self._console = standard_error()
        self._summary = Summary()
        if skipped:
            self._summary.of(Path()).skipped = skipped
        # Warnings about settings, which are often those of every picture, and how often they came.
        self._repeats: Counter[str] = Counter()
        # The results are the only output if they go to standard output.
        self._silent = any(str(target.path) == STANDARD_STREAM for _, target in tasks)

    def crop(self, record: RunRecord | None) -> int:
        """Crop all pictures but those of the record, and return the exit status.

        Args:
            record: the pictures to skip; None for none.
        """
        start = time.monotonic()
        waiting = [task for task in self._tasks if record is None or not self._skip(task, record)]
        interrupted = self._crop(waiting)
        if interrupted:
            again = "; run the same command again to resume" if self._work.record else ""
            report(self._console, "Warning", [f"Interrupted{again}"])
        for line, count in self._repeats.items():
            if count > 1:
                report(self._console, "Warning", [f"{count - 1:,} more: {line}"])
        if not self._tasks:
            report(self._console, "Warning", ["No pictures were found"])
        if self._table:
            self._summary.show(Console())
        self._print(f"{self._summary.line()} in {time.monotonic() - start:,.1f} s")
        if interrupted:
            return _INTERRUPTED
        return 1 if self._summary.has_failed else 0

    def _skip(self, task: Task, record: RunRecord) -> bool:
        source, target = task
        if not record.has(source, target.path):
            return False
        self._count_skipped(source)
        return True

    def _crop(self, tasks: Sequence[Task]) -> bool:
        """Crop pictures, and return whether Ctrl-C ended the run."""
        # Worker processes cannot read standard input.
        here = any(source.name == STANDARD_STREAM for source, _ in tasks)
        cancellation, finished, counted = Cancellation(), dict[int, _Outcome](), 0
        do = partial(_crop, work=self._work, cancellation=cancellation)
        try:
            with (
                self._progress(len(tasks)) as progress,
                in_order(do, tasks, self._workers)
                if here
                else in_processes(
                    do, tasks, self._workers, _killed, finished.__setitem__
                ) as outcomes,
            ):
                try:
                    for outcome in progress.track(outcomes, len(tasks)):
                        self._count(tasks[counted][0], outcome)
                        counted += 1
                except KeyboardInterrupt:
                    cancellation.is_requested = True
                    raise
        except KeyboardInterrupt:
            # Crops that could not be stopped have finished meanwhile.
            for index in sorted(index for index in finished if index >= counted):
                self._count(tasks[index][0], finished[index])
            return True
        return False

    def _count(self, source: Source, outcome: _Outcome) -> None:
        counts = self._summary.of(source.subfolder)
        counts.read += outcome.read
        counts.written += outcome.written
        for line in outcome.warnings:
            self._repeats[line] += IGNORED in line
            if self._repeats[line] <= 1:
                report(self._console, "Warning", [f"{source.name}: {line}"])
        if outcome.failure is not None:
            counts.failed += 1
            report(self._console, "Error", [f"{source.name}: {outcome.failure}"])
            return
        if source.named and not outcome.is_new:
            self._count_skipped(source)
            return
        counts.cropped += 1
        if not self._table:
            for line in outcome.results:
                self._print(f"{source.name} -> {line}")

    def _count_skipped(self, source: Source) -> None:
        self._summary.of(source.subfolder).skipped += 1
        if not self._table:
            self._print(f"{source.name}: skipped, its result is up to date")

    def _print(self, line: str) -> None:
        if self._silent:
            return
        if is_terminal() and sys.stdout.isatty():  # above the progress bar
            self._console.print(Text(printable(line)), soft_wrap=True)
        else:
            click.echo(printable(line))

    def _progress(self, count: int) -> Progress:
        return Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=count <= 1 or not is_terminal(),
            # Otherwise the lines for a file or a pipe would go to the terminal.
            redirect_stdout=False,
        )


def _crop(task: Task, work: Work, cancellation: Cancellation) -> _Outcome:
    """Crop a picture and write its results.

    Raises:
        Stopped: the run is interrupted.
    """
    source, target = task
    try:
        job = make_job(source.name, work.settings, work.config)
        with cancellation.applied():
            finished = run_job(job, work.config)
        paths = [
            target.path_of(result.format.extension, result.crop.suffix)
            for result in finished.results
        ]
        files = list(zip(paths, finished.results, strict=True))
        # All are checked before the first one is written.
        new = [each for each in files if target.is_new(each[0], each[1].data, work.inputs)]
        for path, result in new:
            target.write(path, result.data)
        if work.record is not None:
            work.record.add(source, target.path, paths)
    except Stopped:
        raise
    except Exception as error:
        return _Outcome(failure=as_smart_crop_error(error).in_words)
    return _Outcome(
        finished.warnings,
        results=[f"{path} ({result.size.width}x{result.size.height})" for path, result in files],
        is_new=bool(new),
        read=len(job.data),
        written=sum(len(result.data) for _, result in new),
    )


def _killed(_: Task) -> _Outcome:
    return _Outcome(
        failure="Processing failed: the worker process was killed, probably out of memory"
    )
