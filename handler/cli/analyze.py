"""Analyze: what crop would do to files, and why."""

import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import click

from handler.cli.common import in_our_terms, make_job, report, standard_error
from handler.cli.flags import read_settings
from handler.cli.inputs import Source, find_sources
from handler.cli.outputs import Target, choose_targets, format_of, make_folder, real_paths
from handler.cli.pool import cores, in_order
from handler.codec import FORMATS
from handler.config import Config
from handler.core.plan import Plan
from handler.errors import SmartCropError
from handler.jobs.job import Planned, Stopwatch, draw_job, open_job, plan_job
from handler.jobs.responses import CropPlan
from handler.settings import CropSettings, mark_of


def analyze_files(
    names: Sequence[str],
    overlay: str | None,
    text: str | None,
    flags: Mapping[str, object],
    config: Config,
) -> bool:
    """Print a line of JSON for each file, in their order, on standard output.

    Args:
        names: paths of files and of folders of pictures, or ``-`` for standard input.
        overlay: where the plans go, drawn on their pictures: a folder, or for one file a file.
        text: settings as JSON, or None.
        flags: settings by their names on the wire; None where not given.
        config: for its limits.

    Returns:
        Whether all have a plan.
    """
    work: Callable[[tuple[str, Target | None]], Mapping[str, object]]
    sources = find_sources(names)
    targets: Sequence[Target | None] = [None] * len(sources)
    try:
        settings, warnings = read_settings(text, flags)
        if overlay is not None:
            targets = choose_targets(overlay, sources, "_overlay")
            make_folder(targets[0].path.parent if len(targets) == 1 else Path(overlay))
    except SmartCropError as error:
        work = partial(_refuse, error=error)
    else:
        report(standard_error(), "Warning", warnings)
        inputs = real_paths(sources)
        work = partial(_analyze, settings=settings, warnings=warnings, config=config, inputs=inputs)
    done = True
    tasks = list(zip(sources, targets, strict=True))
    with in_order(work, tasks, cores()) as answers:
        for source, answer in zip(sources, answers, strict=True):
            done = done and "plan" in answer
            click.echo(json.dumps({"file": source.name, **answer}))
    return done


def _refuse(_: object, error: SmartCropError) -> Mapping[str, object]:
    return error.answer()


def _analyze(
    task: tuple[Source, Target | None],
    settings: CropSettings,
    warnings: Sequence[str],
    config: Config,
    inputs: frozenset[str],
) -> Mapping[str, object]:
    source, overlay = task
    watch = Stopwatch()
    try:
        job = make_job(source.name, settings, config)
        picture, _ = open_job(job, config, watch)
        planned = plan_job(job, picture, config, watch)
        if overlay is not None:
            _draw(planned, overlay, inputs)
    except Exception as error:
        return in_our_terms(error).answer()
    answer: dict[str, object] = {"plan": _dumped(planned.first)}
    sizes = [(size.label, plan) for size, plan in planned.plans if size]
    if sizes:
        answer["results"] = [{"name": name, "plan": _dumped(plan)} for name, plan in sizes]
    all_warnings = [*warnings, *picture.warnings, *planned.warnings]
    return {**answer, "warnings": all_warnings} if all_warnings else answer


def _dumped(plan: Plan) -> dict[str, object]:
    return CropPlan.of(plan).model_dump(mode="json", by_alias=True)


def _draw(planned: Planned, overlay: Target, inputs: frozenset[str]) -> None:
    format_ = FORMATS[format_of(overlay.path) or "png"]
    for size, plan in planned.plans:
        data = draw_job(planned.frame, plan, format_)
        overlay.write(data, format_.extension, mark_of(size), inputs)
