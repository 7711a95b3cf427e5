"""The command ``smart-crop crop``: the settings, the pictures and the files of their results."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Literal

import click
from msgspec import Struct
from msgspec.structs import replace

from handler.cli.common import shared_by
from handler.cli.cropping import Task, Work, crop_all
from handler.cli.inputs import STANDARD_STREAM, Source, find_sources, has_folder
from handler.cli.option_names import with_options
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
from handler.cli.presets import read_settings_or_fail
from handler.cli.reporting import Report, Style
from handler.cli.result_names import result_paths, results_among
from handler.cli.resume import Record, RunRecord, SiblingRecords
from handler.cli.watch import check_watched, watch
from handler.config import Config
from handler.errors import SmartCropError
from handler.filenames import RESULT_MARK
from handler.settings import CropSettings


class Run(Struct, frozen=True):
    """Options of a run.

    Attributes:
        workers: number of pictures to crop in parallel; None for one per core.
        again: whether to crop pictures that an earlier run has cropped.
        overwrite: whether results replace existing files.
        dry: whether nothing is written.
        lines: form of the output; see `handler.cli.reporting.Style`.
        watch: whether to wait for new pictures in the folders.
    """

    workers: int | None = None
    again: bool = False
    overwrite: bool = False
    dry: bool = False
    lines: Literal["text", "json", "none"] = "text"
    watch: bool = False


def crop_files(
    names: Sequence[str],
    output: str | None,
    text: str | None,
    options: Mapping[str, object],
    config: Config,
    run: Run,
) -> int:
    """Crop files, and print each error and warning as one line on standard error.

    Results in one folder are recorded there, and those of several files next to them. Pictures that
    are recorded with the same settings are skipped, and all others get the names that they had. On
    standard output, a line for each result of a named file and, for several names or folders, a
    table of the counts by folder are printed. The last line has the counts of the run, also after
    Ctrl-C. Nothing is printed if the result goes there.

    Args:
        names: paths of files and of folders of pictures, or ``-`` for standard input.
        output: a folder for the results, or for one file a file; None for the folder of each file,
            or for standard output if the only file is standard input.
        text: settings as JSON, or None.
        options: value of each option for settings; see `handler.cli.presets.read_settings`.
        config: configuration, whose limits apply.
        run: options of the run.

    Returns:
        The exit status: 0 if every file was cropped or skipped, 1 if not, and 130 after Ctrl-C.

    Raises:
        click.ClickException: the settings or the output are rejected.
    """
    if output is None and list(names) == [STANDARD_STREAM]:
        output = STANDARD_STREAM
    if run.lines == "json" and output == STANDARD_STREAM:
        raise click.UsageError("--json: expected an output other than -, which is the result's")
    settings, warnings = read_settings_or_fail(text, options)
    cropper = _Cropper(names, output, settings, config, run)
    if run.watch:
        check_watched(names)
    first = cropper.find()
    cropper.report.warn(*map(with_options, warnings))
    if run.watch:  # Ctrl-C is its usual end
        watch(names, cropper.crop_ready, cropper.report)
        return cropper.report.end()
    interrupted = cropper.crop(first)
    return cropper.report.end(interrupted=interrupted, resumable=first.record is not None)


class _Found(Struct, frozen=True):
    """The pictures of a run, and the destinations of their results.

    Attributes:
        tasks: the pictures to crop, each with its destination.
        results: named files that are results of other ones, each with the other one.
        settings: settings of the crops.
        record: record of the results; None for the result of one file, if no folder is named.
    """

    tasks: Sequence[Task]
    results: Mapping[Source, Source]
    settings: CropSettings
    record: Record | None


class _Cropper:
    """The pictures of a run, found and cropped once or repeatedly.

    Attributes:
        report: the output of the run.
    """

    def __init__(
        self,
        names: Sequence[str],
        output: str | None,
        settings: CropSettings,
        config: Config,
        run: Run,
    ) -> None:
        self._names = names
        self._output = output
        self._settings = settings
        self._workers = run.workers or cores()
        self._config = shared_by(config, self._workers)
        self._run = run
        several = len(names) > 1 or has_folder(names)
        table = several and not run.watch and not run.dry
        silent = output == STANDARD_STREAM
        self.report = Report(Style(run.lines, table=table, dry=run.dry, silent=silent))

    def find(self, is_ready: Callable[[Source], bool] = lambda _: True) -> _Found:
        """Return the pictures.

        Args:
            is_ready: returns whether a picture is to be cropped.

        Raises:
            click.ClickException: the output is rejected.
        """
        output, settings = self._output, self._settings
        try:
            record = _read_record(self._names, output, settings, self._run)
            if output is not None and record is None:
                settings = _for_file(settings, Path(output))
            sources = [each for each in _sources(self._names, record) if is_ready(each)]
            results = results_among(sources, RESULT_MARK) if output is None else {}
            sources = [source for source in sources if source not in results]
            if output is None:
                siblings = _sibling_records(self._names, sources, settings)
                targets = _siblings(sources, self._run, siblings)
                return _Found(list(zip(sources, targets, strict=True)), results, settings, siblings)
            targets = _targets(sources, output, self._run, record)
        except SmartCropError as error:
            raise click.ClickException(error.in_words) from error
        return _Found(list(zip(sources, targets, strict=True)), results, settings, record)

    def crop(self, found: _Found) -> bool:
        """Crop the pictures, and return whether Ctrl-C ended the run."""
        for result, source in found.results.items():
            reason = f"it is a result of {source.name}"
            self.report.warn(f"{result.name}: skipped, because {reason}")
            self.report.skip(result, reason, shown=False)
        work = Work(
            found.settings,
            self._config,
            real_paths([source for source, _ in found.tasks]),
            found.record and found.record.without_entries(),
            dry=self._run.dry,
            plans=self._run.lines == "json",
        )
        known = None if self._run.again else found.record
        return crop_all(found.tasks, work, self._workers, self.report, known)

    def crop_ready(self, is_ready: Callable[[Source], bool]) -> bool:
        """Crop the pictures that are ready, and return whether Ctrl-C ended the run."""
        return self.crop(self.find(is_ready))


def _read_record(
    names: Sequence[str], output: str | None, settings: CropSettings, run: Run
) -> RunRecord | None:
    """Return the record of the folder of the results, or None if they are not in one folder."""
    if output is None:
        if has_folder(names):
            raise click.UsageError(
                "--output: expected a folder for the results of a folder, received none; add -o DIR"
            )
        return None
    if has_folder(names) and is_file(output, 2):
        raise click.UsageError(
            f"--output: expected a folder for the results of a folder, received the file {output}"
        )
    if not has_folder(names) and check_output(output, len(names)):
        return None
    if not run.dry:
        make_folder(Path(output))
    return RunRecord.of(Path(output), settings)


def _sources(names: Sequence[str], record: RunRecord | None) -> list[Source]:
    if record is None:
        return find_sources(names)
    # The folder of the results is excluded, unless it is one of the named folders.
    folders = {os.path.realpath(name) for name in names}
    results = {os.path.realpath(record.folder)} - folders
    return find_sources(names, record.results() | results)


def _sibling_records(
    names: Sequence[str], sources: Sequence[Source], settings: CropSettings
) -> SiblingRecords | None:
    """Return the records of results next to their pictures, or None for one picture alone."""
    if len(names) < 2 or STANDARD_STREAM in names:
        return None
    return SiblingRecords.of(sources, settings)


def _siblings(sources: Sequence[Source], run: Run, records: SiblingRecords | None) -> list[Target]:
    """Return destinations next to the pictures."""
    siblings = [replace(each, subfolder=Path(each.name).parent) for each in sources]
    earlier = records.earlier_paths(sources) if records else ()
    known = records.targets() if records else ()
    return [
        Target(
            path,
            add_extension=True,
            overwrite=run.overwrite,
            own=records.results_of(path) if records and run.again else frozenset(),
        )
        for path in result_paths(siblings, f"_{RESULT_MARK}", earlier, known)
    ]


def _targets(
    sources: Sequence[Source], output: str, run: Run, record: RunRecord | None
) -> list[Target]:
    """Return the destination of each file's results.

    A picture that is found in a named folder replaces its own results of earlier runs. A named file
    does not, because its results may be requested with other settings.
    """
    if record is None:
        if output != STANDARD_STREAM and not run.dry:
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
        raise click.UsageError(
            f"--output: expected a folder for several sizes, received the file {path}"
        )
    if "format" in settings.model_fields_set or path.suffix == "":
        return settings
    format_ = format_of(path)
    if format_ is None:
        raise click.UsageError(
            f"--output: expected a file with the extension {writable_extensions()}, or a folder "
            f"whose name ends with /, received {path}; --format sets the format of any file"
        )
    return settings.model_copy(update={"format": format_})
