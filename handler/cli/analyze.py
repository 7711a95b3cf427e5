"""The command ``smart-crop analyze``: the crop plans of files as lines of JSON, or as a table."""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import click
from pydantic.main import IncEx

from handler.cli.common import as_smart_crop_error, make_job, report, shared_by, standard_error
from handler.cli.inputs import Source, find_sources
from handler.cli.option_names import with_options
from handler.cli.outputs import Target, check_output, format_of, make_folder, real_paths
from handler.cli.plan_table import PlanTable
from handler.cli.pool import cores, in_order
from handler.cli.presets import read_settings_or_fail
from handler.cli.result_names import result_paths
from handler.codec import FORMATS
from handler.config import Config
from handler.errors import SmartCropError
from handler.jobs.job import PlannedJob, draw_plan, plan_job
from handler.jobs.responses import AnalyzeResult
from handler.settings import CropSettings


def analyze_files(
    names: Sequence[str],
    overlay: str | None,
    text: str | None,
    options: Mapping[str, object],
    config: Config,
    *,
    as_table: bool = False,
) -> bool:
    """Print the plan of each file, in the order of the files, on standard output.

    Args:
        names: paths of files and of folders of pictures, or ``-`` for standard input.
        overlay: folder, or for one file a file, for the pictures with their plans drawn on them;
            None to draw none.
        text: settings as JSON, or None.
        options: value of each option for settings; see `handler.cli.presets.read_settings`.
        config: configuration, whose limits apply.
        as_table: whether to print a table at the end, in place of a line of JSON for each file.

    Returns:
        True if every file has a plan.

    Raises:
        click.ClickException: the settings or the folder of the overlays are rejected.
    """
    sources = find_sources(names)
    targets: Sequence[Target | None] = [None] * len(sources)
    settings, warnings = read_settings_or_fail(text, options)
    config = shared_by(config, cores())
    if overlay is not None:
        try:
            targets = _targets(overlay, sources)
            make_folder(targets[0].path.parent if len(targets) == 1 else Path(overlay))
        except SmartCropError as error:
            raise click.ClickException(error.in_words) from error
    report(standard_error(), "Warning", map(with_options, warnings))
    inputs = real_paths(sources)
    shown = [] if as_table else warnings  # a table does not repeat them for each file
    work = partial(_analyze, settings=settings, warnings=shown, config=config, inputs=inputs)
    table, done = PlanTable(), True
    tasks = list(zip(sources, targets, strict=True))
    with in_order(work, tasks, cores()) as answers:
        for source, answer in zip(sources, answers, strict=True):
            done = done and "plan" in answer
            if as_table:
                table.add(source.name, answer)
            else:
                click.echo(json.dumps({"file": source.name, **answer}))
    table.show()
    return done


def _targets(overlay: str, sources: Sequence[Source]) -> list[Target]:
    if check_output(overlay, len(sources)):
        return [Target(Path(overlay), overwrite=True)]
    paths = result_paths(sources, "_overlay")
    return [Target(Path(overlay) / path, add_extension=True, overwrite=True) for path in paths]


def _analyze(
    task: tuple[Source, Target | None],
    settings: CropSettings,
    warnings: Sequence[str],
    config: Config,
    inputs: frozenset[str],
) -> Mapping[str, object]:
    source, overlay = task
    try:
        planned = plan_job(make_job(source.name, settings, config), config)
        if overlay is not None:
            _draw(planned, overlay, inputs)
    except Exception as error:
        return as_smart_crop_error(error).answer()
    all_warnings = [*warnings, *planned.warnings]
    result = AnalyzeResult.of(planned.crops, [None] * len(planned.crops), all_warnings)
    return _without_links(result, all_warnings)


def _without_links(result: AnalyzeResult, warnings: Sequence[str]) -> Mapping[str, object]:
    """Return the JSON of the API's response without links, and without an empty ``warnings``."""
    links: Mapping[str, IncEx | bool] = {
        "overlay_url": True,
        "results": {"__all__": {"overlay_url", "width", "height"}},
    }
    answer = result.model_dump(mode="json", by_alias=True, exclude=links)
    if not warnings:
        del answer["warnings"]
    return answer


def _draw(planned: PlannedJob, overlay: Target, inputs: frozenset[str]) -> None:
    format_ = FORMATS[format_of(overlay.path) or "png"]
    for crop in planned.crops:
        data = draw_plan(planned.frame, crop.plan, format_)
        path = overlay.path_of(format_.extension, crop.suffix)
        if overlay.is_new(path, data, inputs):
            overlay.write(path, data)
