"""The crops of one run, in parallel."""

from collections.abc import Sequence
from functools import partial

from msgspec import Struct

from handler.cli.common import as_smart_crop_error, make_job
from handler.cli.inputs import STANDARD_STREAM, Source
from handler.cli.interruption import uninterrupted
from handler.cli.outputs import Target
from handler.cli.picture_outcome import Failure, Outcome, Written
from handler.cli.pool import in_order, in_processes
from handler.cli.reporting import Report
from handler.cli.resume import Record
from handler.codec import Limits, open_picture
from handler.config import Config
from handler.errors import Stopped
from handler.jobs.cancellation import Cancellation
from handler.jobs.job import FinishedJob, Job, Result, run_job
from handler.jobs.moving_job import result_format
from handler.jobs.plan_response import CropPlan
from handler.settings import CropSettings, OutputSize, suffix_of

Task = tuple[Source, Target]


class Work(Struct, frozen=True):
    """The part of the work that all tasks share. It is sent to each worker process once.

    Attributes:
        settings: settings of the crops.
        config: configuration, whose limits apply.
        inputs: real paths of the files to crop.
        record: receives the outcomes; None for none.
        dry: whether nothing is written.
        plans: whether the outcomes have the plans.
    """

    settings: CropSettings
    config: Config
    inputs: frozenset[str]
    record: Record | None
    dry: bool = False
    plans: bool = False


def crop_all(
    tasks: Sequence[Task], work: Work, workers: int, report: Report, record: Record | None
) -> bool:
    """Crop all pictures but those of a record, and return whether Ctrl-C ended the run.

    Args:
        tasks: the pictures and the destinations of their results.
        work: what all tasks share.
        workers: number of pictures to crop in parallel.
        report: prints and counts the outcomes.
        record: the pictures to skip; None for none.
    """
    waiting = []
    for source, target in tasks:
        if record is not None and record.has(source, target.path):
            report.skip(source)
        else:
            waiting.append((source, target))
    return _crop_waiting(waiting, work, workers, report)


def _crop_waiting(tasks: Sequence[Task], work: Work, workers: int, report: Report) -> bool:
    # Worker processes cannot read standard input.
    here = any(source.name == STANDARD_STREAM for source, _ in tasks)
    cancellation, finished, counted = Cancellation(), dict[int, Outcome](), 0
    do = partial(_crop, work=work, cancellation=cancellation)
    try:
        with (
            report.progress(len(tasks)),
            in_order(do, tasks, workers)
            if here
            else in_processes(do, tasks, workers, _killed, finished.__setitem__) as outcomes,
        ):
            try:
                for outcome in outcomes:
                    with uninterrupted():  # so that no outcome is counted twice
                        report.count(tasks[counted][0], outcome)
                        counted += 1
            except KeyboardInterrupt:
                cancellation.is_requested = True
                raise
    except KeyboardInterrupt:
        # Crops that could not be stopped have finished meanwhile.
        for index in sorted(index for index in finished if index >= counted):
            report.count(tasks[index][0], finished[index])
        return True
    return False


def _crop(task: Task, work: Work, cancellation: Cancellation) -> Outcome:
    """Crop a picture and write its results.

    Raises:
        Stopped: the run is interrupted.
    """
    source, target = task
    try:
        job = make_job(source.name, work.settings, work.config)
        if work.dry and (outcome := _without_decoding(job, target, work)):
            return outcome
        with cancellation.applied():
            finished = run_job(job, work.config)
        return _written(source, target, job, finished, work)
    except Stopped:
        raise
    except Exception as error:
        return Outcome(failure=Failure.of(as_smart_crop_error(error)))


def _written(
    source: Source, target: Target, job: Job, finished: FinishedJob, work: Work
) -> Outcome:
    """Write the results of a picture, and return its outcome."""
    paths = [
        target.path_of(result.format.extension, result.crop.suffix) for result in finished.results
    ]
    files = list(zip(paths, finished.results, strict=True))
    # All are checked before the first one is written.
    new = [each for each in files if target.is_new(each[0], each[1].data, work.inputs)]
    if not work.dry:
        for path, result in new:
            target.write(path, result.data)
        if work.record is not None:
            work.record.add(source, target.path, paths)
    return Outcome(
        finished.warnings,
        results=[_described(str(path), result, work.plans) for path, result in files],
        is_new=bool(new),
        read=len(job.data),
        written=sum(len(result.data) for _, result in new),
    )


def _described(path: str, result: Result, with_plan: bool) -> Written:
    plan = CropPlan.of(result.plan).model_dump(mode="json", by_alias=True) if with_plan else None
    size = None if result.crop.size is None else result.crop.size.label
    return Written(path, result.size.width, result.size.height, size, len(result.data), plan)


def _without_decoding(job: Job, target: Target, work: Work) -> Outcome | None:
    """Return the outcome that follows from the image header, or None if pixels decide it.

    They do if a file exists that a result might equal.
    """
    picture = open_picture(job.data, Limits(work.config.max_pixels))
    extension = result_format(picture, job.settings).extension
    sizes: Sequence[OutputSize | None] = job.settings.sizes or [None]
    paths = [target.path_of(extension, suffix_of(size)) for size in sizes]
    if not target.overwrite and any(path.exists() for path in paths):
        return None
    new = [path for path in paths if target.is_new(path, b"", work.inputs)]
    labels = [None if size is None else size.label for size in sizes]
    results = [Written(str(path), size=label) for path, label in zip(new, labels, strict=True)]
    return Outcome(results=results, read=len(job.data))


def _killed(_: Task) -> Outcome:
    words = "Processing failed: the worker process was killed, probably out of memory"
    return Outcome(failure=Failure(words, {"error": words, "code": "PROCESSING_FAILED"}))
