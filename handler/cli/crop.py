"""The command ``smart-crop crop``: files to files, in parallel, and folders that can be resumed."""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from handler.cli.common import (
    as_smart_crop_error,
    is_terminal,
    make_job,
    report,
    shared_by,
    standard_error,
)
from handler.cli.flags import read_settings
from handler.cli.inputs import Source, find_sources, has_folder
from handler.cli.outputs import (
    STANDARD_STREAM,
    Target,
    choose_targets,
    format_of,
    is_file,
    make_folder,
    real_paths,
    writable_extensions,
)
from handler.cli.pool import cores, in_order, in_processes
from handler.cli.resume import RunRecord
from handler.cli.summary import Summary
from handler.config import Config
from handler.errors import SmartCropError
from handler.filenames import RESULT_MARK
from handler.jobs.job import run_job
from handler.settings import CropSettings

_Task = tuple[Source, Target]


@dataclass(frozen=True, slots=True)
class Run:
    """Options of a run.

    Attributes:
        workers: number of pictures to crop in parallel; None for one per core.
        again: whether to crop pictures of folders that an earlier run has cropped.
    """

    workers: int | None = None
    again: bool = False


def crop_files(
    names: Sequence[str],
    output: str,
    text: str | None,
    flags: Mapping[str, object],
    config: Config,
    run: Run,
) -> bool:
    """Crop files, and print each error and warning as one line on standard error.

    If there is a folder among the files, pictures that an earlier run cropped are skipped, and a
    table of counts is printed on standard output.

    Args:
        names: paths of files and of folders of pictures, or ``-`` for standard input.
        output: folder of the results, or for one file a file.
        text: settings as JSON, or None.
        flags: value of each setting by its JSON name; None for a flag that is not given.
        config: configuration, whose limits apply.
        run: options of the run.

    Returns:
        True if every file was cropped or skipped.

    Raises:
        click.ClickException: the settings or the output are rejected.
    """
    try:
        settings, warnings = read_settings(text, flags)
        config = shared_by(config, run.workers or cores())
        record = _read_record(names, output, settings)
        sources = _sources(names, output, record)
        targets = choose_targets(output, sources, f"_{RESULT_MARK}")
        if len(targets) == 1 and not targets[0].add_extension:
            settings = _for_file(settings, targets[0].path)
            make_folder(targets[0].path.parent)
        else:
            make_folder(Path(output))
    except SmartCropError as error:
        raise click.ClickException(error.in_words) from error
    console = standard_error()
    report(console, "Warning", warnings)
    tasks = list(zip(sources, targets, strict=True))
    work = _Work(settings, config, real_paths(sources), record and record.without_entries())
    if record is None:
        return _crop_all(tasks, work, run, console, Summary())
    return _crop_folders(tasks, work, run, console, record)


@dataclass(frozen=True, slots=True)
class _Work:
    """The part of the work that all tasks share. It is sent to each worker process once."""

    settings: CropSettings
    config: Config
    inputs: frozenset[str]
    record: RunRecord | None


@dataclass(frozen=True, slots=True)
class _Outcome:
    warnings: Sequence[str] = ()
    failure: str | None = None
    read: int = 0
    written: int = 0


def _read_record(names: Sequence[str], output: str, settings: CropSettings) -> RunRecord | None:
    if not has_folder(names):
        return None
    if is_file(output, 2):
        raise click.UsageError(
            f"The results of a folder need a folder as output; {output} is a file."
        )
    return RunRecord.of(Path(output), settings)


def _sources(names: Sequence[str], output: str, record: RunRecord | None) -> list[Source]:
    if record is None:
        return find_sources(names)
    # The folder of the results is excluded, unless it is one of the named folders.
    folders = {os.path.realpath(name) for name in names}
    results = {os.path.realpath(output)} - folders
    return find_sources(names, record.results() | results)


def _crop_folders(
    tasks: Sequence[_Task], work: _Work, run: Run, console: Console, record: RunRecord
) -> bool:
    summary, start = Summary(), time.monotonic()
    waiting = []
    for source, target in tasks:
        if not run.again and record.has(source, target.path):
            summary.of(source.subfolder).skipped += 1
        else:
            waiting.append((source, target))
    try:
        done = _crop_all(waiting, work, run, console, summary)
    except KeyboardInterrupt:
        report(console, "Warning", ["Interrupted; run the same command again to resume"])
        done = False
    if not tasks:
        report(console, "Warning", ["No pictures were found"])
    summary.show(Console())
    click.echo(f"{len(waiting):,} of {len(tasks):,} pictures in {time.monotonic() - start:,.1f} s")
    return done


def _crop_all(
    tasks: Sequence[_Task], work: _Work, run: Run, console: Console, summary: Summary
) -> bool:
    done, workers = True, run.workers or cores()
    # Worker processes cannot read standard input.
    here = any(source.name == STANDARD_STREAM for source, _ in tasks)
    do = partial(_crop, work=work)
    with (
        _progress(console, len(tasks)) as progress,
        in_order(do, tasks, workers)
        if here
        else in_processes(do, tasks, workers, _killed) as outcomes,
    ):
        for (source, _), outcome in zip(tasks, progress.track(outcomes, len(tasks)), strict=True):
            counts = summary.of(source.subfolder)
            counts.read += outcome.read
            counts.written += outcome.written
            report(console, "Warning", [f"{source.name}: {line}" for line in outcome.warnings])
            if outcome.failure is None:
                counts.cropped += 1
            else:
                counts.failed += 1
                done = False
                report(console, "Error", [f"{source.name}: {outcome.failure}"])
    return done


def _crop(task: _Task, work: _Work) -> _Outcome:
    source, target = task
    try:
        job = make_job(source.name, work.settings, work.config)
        finished = run_job(job, work.config)
        paths = [
            target.write(result.data, result.format.extension, result.crop.suffix, work.inputs)
            for result in finished.results
        ]
        if work.record is not None:
            work.record.add(source, target.path, paths)
    except Exception as error:
        return _Outcome(failure=as_smart_crop_error(error).in_words)
    return _Outcome(finished.warnings, None, len(job.data), finished.bytes_out)


def _killed(_: _Task) -> _Outcome:
    return _Outcome(
        failure="Processing failed: the worker process was killed, probably out of memory"
    )


def _for_file(settings: CropSettings, path: Path) -> CropSettings:
    """Return the settings with the format of the file's extension, unless they have one."""
    if len(settings.sizes) > 1:
        raise click.UsageError(f"Several sizes need a folder as output; {path} is a file.")
    if "format" in settings.model_fields_set or path.suffix == "":
        return settings
    format_ = format_of(path)
    if format_ is None:
        raise click.UsageError(
            f"The extension of {path} selects no format. Use one of {writable_extensions()}, "
            "or add --format. If it is a folder, end its name with /."
        )
    return settings.model_copy(update={"format": format_})


def _progress(console: Console, count: int) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=count <= 1 or not is_terminal(),
    )
