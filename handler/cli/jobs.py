"""Crop and analyze on files: the same jobs as over HTTP, as many at once as there are cores."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from handler.answers import PlanAnswer
from handler.cli.files import (
    Target,
    choose_targets,
    format_of,
    make_folder,
    read_file,
    writable_extensions,
)
from handler.cli.flags import read_settings
from handler.codec.formats import FORMATS
from handler.config import Config
from handler.core.plan import Plan
from handler.errors import SmartCropError
from handler.job import Job, Planned, Stopwatch, draw_job, open_job, plan_job, run_job
from handler.settings import CropSettings
from handler.sizes import mark_of

Item = TypeVar("Item")
Result = TypeVar("Result")

# The most a picture can need: four samples of 16 bits, uncompressed.
_MAX_BYTES_PER_PIXEL = 8


def crop_files(
    names: Sequence[str],
    output: str,
    text: str | None,
    flags: Mapping[str, object],
    config: Config,
) -> bool:
    """Crop files; each failure and warning is one line on standard error.

    Args:
        names: paths, or ``-`` for standard input.
        output: a folder, or for one file a file.
        text: settings as JSON, or None.
        flags: settings by their names on the wire; None where not given.
        config: for its limits.

    Returns:
        Whether all came out.

    Raises:
        click.ClickException: the settings or the output will not do for any file.
    """
    try:
        settings, warnings = read_settings(text, flags)
        targets = choose_targets(output, names, "_smartcrop")
        if not targets[0].add_extension:
            settings = _with_format(settings, targets[0].path)
        make_folder(targets[0].path.parent)
    except SmartCropError as error:
        raise click.ClickException(error.in_words) from error
    console = Console(stderr=True)
    _report(console, "Warning", warnings)
    done = True
    tasks = list(zip(names, targets, strict=True))
    with (
        _progress(console, len(names)) as progress,
        _in_order(partial(_crop, settings=settings, config=config), tasks) as outcomes,
    ):
        for name, outcome in zip(names, progress.track(outcomes, len(names)), strict=True):
            _report(console, "Warning", [f"{name}: {line}" for line in outcome.warnings])
            if outcome.error is not None:
                done = False
                _report(console, "Error", [f"{name}: {outcome.error.in_words}"])
    return done


def analyze_files(
    names: Sequence[str],
    overlay: str | None,
    text: str | None,
    flags: Mapping[str, object],
    config: Config,
) -> bool:
    """Print a line of JSON for each file, in their order, on standard output.

    Args:
        names: paths, or ``-`` for standard input.
        overlay: where the plans go, drawn on their pictures: a folder, or for one file a file.
        text: settings as JSON, or None.
        flags: settings by their names on the wire; None where not given.
        config: for its limits.

    Returns:
        Whether all have a plan.
    """
    work: Callable[[tuple[str, Target | None]], Mapping[str, object]]
    targets: Sequence[Target | None] = [None] * len(names)
    try:
        settings, warnings = read_settings(text, flags)
        if overlay is not None:
            targets = _overlay_targets(overlay, names)
    except SmartCropError as error:
        work = partial(_refuse, error=error)
    else:
        _report(Console(stderr=True), "Warning", warnings)
        work = partial(_analyze, settings=settings, warnings=warnings, config=config)
    done = True
    tasks = list(zip(names, targets, strict=True))
    with _in_order(work, tasks) as answers:
        for name, answer in zip(names, answers, strict=True):
            done = done and "plan" in answer
            click.echo(json.dumps({"file": name, **answer}))
    return done


@dataclass(frozen=True, slots=True)
class _Outcome:
    warnings: Sequence[str] = ()
    error: SmartCropError | None = None


def _crop(task: tuple[str, Target], settings: CropSettings, config: Config) -> _Outcome:
    name, target = task
    try:
        crop = run_job(_job(name, settings, config), config, Stopwatch())
        for each in crop.results:
            target.write(each.data, each.format.extension, mark_of(each.of))
    except Exception as error:
        return _Outcome(error=_in_our_terms(error))
    return _Outcome(crop.warnings)


def _overlay_targets(overlay: str, names: Sequence[str]) -> list[Target]:
    targets = choose_targets(overlay, names, "_overlay")
    make_folder(targets[0].path.parent)
    return targets


def _refuse(_: object, error: SmartCropError) -> Mapping[str, object]:
    return error.answer()


def _analyze(
    task: tuple[str, Target | None],
    settings: CropSettings,
    warnings: Sequence[str],
    config: Config,
) -> Mapping[str, object]:
    name, overlay = task
    watch = Stopwatch()
    try:
        job = _job(name, settings, config)
        picture, _ = open_job(job, config, watch)
        planned = plan_job(job, picture, config, watch)
        if overlay is not None:
            _draw(planned, overlay)
    except Exception as error:
        return _in_our_terms(error).answer()
    answer: dict[str, object] = {"plan": _dumped(planned.first)}
    sizes = [(size.label, plan) for size, plan in planned.plans if size]
    if sizes:
        answer["results"] = [{"name": name, "plan": _dumped(plan)} for name, plan in sizes]
    all_warnings = [*warnings, *picture.warnings, *planned.warnings]
    return {**answer, "warnings": all_warnings} if all_warnings else answer


def _dumped(plan: Plan) -> dict[str, object]:
    return PlanAnswer.of(plan).model_dump(mode="json", by_alias=True)


def _draw(planned: Planned, overlay: Target) -> None:
    format_ = FORMATS[format_of(overlay.path) or "png"]
    for size, plan in planned.plans:
        data = draw_job(planned.frame, plan, format_)
        overlay.write(data, format_.extension, mark_of(size))


def _job(name: str, settings: CropSettings, config: Config) -> Job:
    return Job(read_file(name, config.max_pixels * _MAX_BYTES_PER_PIXEL), name, settings)


def _in_our_terms(error: Exception) -> SmartCropError:
    """A surprise is one file's failure too; its kind is what a report of it needs."""
    if isinstance(error, SmartCropError):
        return error
    return SmartCropError(f"{type(error).__name__}: {error}")


@contextmanager
def _in_order(work: Callable[[Item], Result], items: Sequence[Item]) -> Iterator[Iterator[Result]]:
    """Do the work on each item; results come in the items' order.

    A crop keeps a core busy and a decoded picture in memory: there are no more at once than cores.
    Leaving early drops what has not begun.
    """
    if len(items) == 1:  # where Ctrl-C reaches a read from the terminal
        yield map(work, items)
        return
    pool = ThreadPoolExecutor(min(len(items), os.cpu_count() or 1))
    try:
        yield pool.map(work, items)
    finally:
        pool.shutdown(cancel_futures=True)


def _with_format(settings: CropSettings, path: Path) -> CropSettings:
    """A file's extension chooses the format where the settings do not."""
    if "format" in settings.model_fields_set or path.suffix == "":
        return settings
    format_ = format_of(path)
    if format_ is None:
        raise click.UsageError(
            f"{path} has none of the extensions that stand for a format "
            f"({writable_extensions()}). Take one of them or give --format; "
            "the name of a folder ends in /."
        )
    return settings.model_copy(update={"format": format_})


def _progress(console: Console, count: int) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=count == 1 or not sys.stderr.isatty(),
    )


def _report(console: Console, kind: str, lines: Sequence[str]) -> None:
    for line in lines:
        # A file's name can hold anything, a line break or a terminal's commands among it.
        shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
        console.print(Text(f"{kind}: {shown}"), soft_wrap=True)
