"""The command ``smart-crop crop``: the settings, the pictures and the files of their results."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from handler.cli.common import report, shared_by, standard_error
from handler.cli.cropping import Cropping, Work
from handler.cli.flags import read_settings
from handler.cli.inputs import STANDARD_STREAM, Source, find_sources, has_folder
from handler.cli.outputs import (
    Target,
    check_output,
    format_of,
    is_file,
    make_folder,
    real_paths,
    writable_extensions,
)
from handler.cli.pool import cores
from handler.cli.result_names import result_paths, results_among
from handler.cli.resume import RunRecord
from handler.config import Config
from handler.errors import SmartCropError
from handler.filenames import RESULT_MARK
from handler.settings import CropSettings


@dataclass(frozen=True, slots=True)
class Run:
    """Options of a run.

    Attributes:
        workers: number of pictures to crop in parallel; None for one per core.
        again: whether to crop pictures that an earlier run has cropped.
        overwrite: whether results replace existing files.
    """

    workers: int | None = None
    again: bool = False
    overwrite: bool = False


def crop_files(
    names: Sequence[str],
    output: str | None,
    text: str | None,
    flags: Mapping[str, object],
    config: Config,
    run: Run,
) -> int:
    """Crop files, and print each error and warning as one line on standard error.

    Results in one folder are recorded there. Pictures that are recorded with the same settings are
    skipped, and all others get the names that they had. On standard output, a line for each result
    of a named file or a table of the counts by folder is printed. The last line has the counts of
    the run, also after Ctrl-C. Nothing is printed if the result goes there.

    Args:
        names: paths of files and of folders of pictures, or ``-`` for standard input.
        output: a folder for the results, or for one file a file; None for the folder of each file,
            or for standard output if the only file is standard input.
        text: settings as JSON, or None.
        flags: value of each setting by its JSON name; None for a flag that is not given.
        config: configuration, whose limits apply.
        run: options of the run.

    Returns:
        The exit status: 0 if every file was cropped or skipped, 1 if not, and 130 after Ctrl-C.

    Raises:
        click.ClickException: the settings or the output are rejected.
    """
    if output is None and list(names) == [STANDARD_STREAM]:
        output = STANDARD_STREAM
    workers = run.workers or cores()
    try:
        settings, warnings = read_settings(text, flags)
        record = _read_record(names, output, settings)
        if output is not None and record is None:
            settings = _for_file(settings, Path(output))
        sources = _sources(names, record)
        results = results_among(sources, RESULT_MARK) if output is None else {}
        sources = [source for source in sources if source not in results]
        tasks = list(zip(sources, _targets(sources, output, run, record), strict=True))
    except SmartCropError as error:
        raise click.ClickException(error.in_words) from error
    warnings += [
        f"{result.name}: skipped, because it is a result of {source.name}"
        for result, source in results.items()
    ]
    report(standard_error(), "Warning", warnings)
    inputs = real_paths(sources)
    work = Work(settings, shared_by(config, workers), inputs, record and record.without_entries())
    cropping = Cropping(tasks, work, workers, skipped=len(results), table=has_folder(names))
    return cropping.crop(None if run.again else record)


def _read_record(
    names: Sequence[str], output: str | None, settings: CropSettings
) -> RunRecord | None:
    """Return the record of the folder of the results, or None if they are not in one folder."""
    if output is None:
        if has_folder(names):
            raise click.UsageError("The results of a folder need a folder as output: add -o DIR.")
        return None
    if has_folder(names) and is_file(output, 2):
        raise click.UsageError(
            f"The results of a folder need a folder as output; {output} is a file."
        )
    if not has_folder(names) and check_output(output, len(names)):
        return None
    make_folder(Path(output))
    return RunRecord.of(Path(output), settings)


def _sources(names: Sequence[str], record: RunRecord | None) -> list[Source]:
    if record is None:
        return find_sources(names)
    # The folder of the results is excluded, unless it is one of the named folders.
    folders = {os.path.realpath(name) for name in names}
    results = {os.path.realpath(record.folder)} - folders
    return find_sources(names, record.results() | results)


def _targets(
    sources: Sequence[Source], output: str | None, run: Run, record: RunRecord | None
) -> list[Target]:
    """Return the destination of each file's results.

    A picture that is found in a named folder replaces its own results of earlier runs. A named file
    does not, because its results may be requested with other settings.
    """
    if output is None:
        siblings = [replace(each, subfolder=Path(each.name).parent) for each in sources]
        paths = result_paths(siblings, f"_{RESULT_MARK}")
        return [Target(path, add_extension=True, overwrite=run.overwrite) for path in paths]
    if record is None:
        if output != STANDARD_STREAM:
            make_folder(Path(output).parent)
        return [Target(Path(output), overwrite=run.overwrite)]
    earlier = record.earlier_paths(sources)
    paths = result_paths(sources, f"_{RESULT_MARK}", earlier, map(Path, record.entries))
    return [
        Target(
            path := record.folder / relative,
            add_extension=True,
            overwrite=run.overwrite,
            own=record.results_of(path) if run.again or not source.named else frozenset(),
        )
        for source, relative in zip(sources, paths, strict=True)
    ]


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
