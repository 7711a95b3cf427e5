"""The service that HTTP and events share: it runs jobs, stores their results and logs them."""

import uuid
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

from msgspec import Struct

from handler.codec import Format, Limits, open_picture
from handler.config import Config
from handler.faces import is_available
from handler.filenames import overlay_name, preview_name, result_name
from handler.jobs.job import (
    OVERLAY,
    FinishedJob,
    Job,
    PlannedCrop,
    Result,
    draw_plan,
    plan_job,
    run_job,
)
from handler.jobs.moving_job import result_format
from handler.jobs.preview import PREVIEW
from handler.jobs.responses import AnalyzeResult, CropResult, SavedResult
from handler.jobs.steps import Stopwatch
from handler.objects import is_installed
from handler.settings import suffix_of
from handler.storage import ResultStore
from handler.telemetry import Facts, facts_of, log_job


class Target(Struct, frozen=True):
    """The place of a job's results in the store.

    Attributes:
        job_id: id of the job.
        folder: folder in the store of results.
        name: returns the name of a result by its format and the suffix of its size; None for the
            usual name.
        metadata: returns the metadata of each result by the response, before they are stored; None
            if they have none.
    """

    job_id: str
    folder: str
    name: Callable[[Format, str | None], str] | None = None
    metadata: Callable[[CropResult], Sequence[Mapping[str, str]]] | None = None


class StoredCrop(Struct, frozen=True):
    """The response of a job, and the ETag of each result in the store by its file name."""

    response: CropResult
    etags: dict[str, str]


class Service:
    """The service of a deployment. It writes a line to the log for each job."""

    def __init__(self, config: Config, results: ResultStore) -> None:
        """Bind the configuration of a deployment and its store of results."""
        self._results = results
        self._config = config

    @property
    def finds_faces(self) -> bool:
        """True if the face bundle is installed. No file of the bundle is opened."""
        return is_available(self._config.face_bundle)

    @property
    def finds_objects(self) -> bool:
        """True if both bundles are installed: objects need the runtime of the face bundle."""
        return self.finds_faces and is_installed(self._config.object_bundle)

    @property
    def evidence(self) -> list[str]:
        """The kinds of evidence that auto mode looks for: "faces", "objects", "text"."""
        kinds = {"faces": self.finds_faces, "objects": self.finds_objects, "text": True}
        return [name for name, is_looked_for in kinds.items() if is_looked_for]

    def crop(self, job: Job) -> CropResult:
        """Crop a picture, and store the results under the id of the job.

        Raises:
            SmartCropError: the job failed.
        """
        job_id = job.job_id or str(uuid.uuid4())
        return self.crop_to(job, Target(job_id, job_id)).response

    def crop_to(self, job: Job, target: Target) -> StoredCrop:
        """Crop a picture, and store the results at a given place.

        Raises:
            SmartCropError: the job failed.
        """
        watch = Stopwatch()
        with _logged(job, watch) as facts:
            facts["job_id"] = target.job_id
            finished = self._run(job, watch, facts)
            with watch.step("store"):
                return self._save_all(job, target, finished)

    def crop_within(self, job: Job, max_bytes: int | None) -> FinishedJob | CropResult:
        """Crop a picture, and store the results only if they are larger than a response may be.

        Args:
            job: the file and its settings.
            max_bytes: largest size of the results together; None for no limit.

        Returns:
            The results themselves, or the response about the stored ones.

        Raises:
            SmartCropError: the job failed.
        """
        watch = Stopwatch()
        with _logged(job, watch) as facts:
            finished = self._run(job, watch, facts)
            if max_bytes is None or finished.bytes_out <= max_bytes:
                return finished
            job_id = facts["job_id"] = str(uuid.uuid4())
            with watch.step("store"):
                return self._save_all(job, Target(job_id, job_id), finished).response

    def names(self, job: Job, target: Target) -> list[str]:
        """Return the names of the results that `crop_to` would store, without cropping.

        Raises:
            SmartCropError: the file or its format is rejected.
        """
        picture = open_picture(job.data, Limits(self._config.max_pixels, job.deadline))
        format_ = result_format(picture, job.settings)
        suffixes = [suffix_of(size) for size in job.settings.sizes or ()] or [None]
        return [_filename(job, target, format_, suffix) for suffix in suffixes]

    def run(self, job: Job) -> FinishedJob:
        """Crop a picture without storing the results.

        Raises:
            SmartCropError: the job failed.
        """
        watch = Stopwatch()
        with _logged(job, watch) as facts:
            return self._run(job, watch, facts)

    def analyze(self, job: Job) -> AnalyzeResult:
        """Plan a crop. Only the overlay is stored, if the job asks for it.

        Raises:
            SmartCropError: the job failed.
        """
        watch = Stopwatch()
        with _logged(job, watch) as facts:
            planned = plan_job(job, self._config, watch)
            facts.update(facts_of(planned.crops[0].plan))
            folder = str(uuid.uuid4())
            urls = [
                self._save_overlay(job, folder, draw_plan(planned.frame, crop.plan, OVERLAY), crop)
                if job.overlay
                else None
                for crop in planned.crops
            ]
        return AnalyzeResult.of(planned.crops, urls, planned.warnings)

    def _run(self, job: Job, watch: Stopwatch, facts: Facts) -> FinishedJob:
        finished = run_job(job, self._config, watch)
        facts.update(facts_of(finished.results[0].plan), bytes_out=finished.bytes_out)
        return finished

    def _save_all(self, job: Job, target: Target, finished: FinishedJob) -> StoredCrop:
        saved = [self._prepare(job, target, result) for result in finished.results]
        response = CropResult.of(target.job_id, len(job.data), saved, finished.warnings)
        metadata = [None] * len(saved) if target.metadata is None else target.metadata(response)
        etags = {}
        # The first result, whose metadata describe the job, is written when all others exist.
        for each, tags in reversed(list(zip(saved, metadata, strict=True))):
            data, content_type = each.result.data, each.result.format.content_type
            etags[each.filename] = self._results.save(
                target.folder, each.filename, data, content_type, tags
            )
        return StoredCrop(response, dict(reversed(etags.items())))

    def _prepare(self, job: Job, target: Target, result: Result) -> SavedResult:
        """Describe a result that is about to be stored, and store what belongs to it."""
        filename = _filename(job, target, result.format, result.crop.suffix)
        overlay_url = None
        if result.overlay is not None:
            overlay_url = self._save_overlay(job, target.folder, result.overlay, result.crop)
        preview_url = None
        if result.preview is not None:
            name = preview_name(result.crop.suffix)
            self._results.save(target.folder, name, result.preview, PREVIEW.content_type)
            preview_url = self._results.link(target.folder, name).url
        link = self._results.link(target.folder, filename)
        return SavedResult(result, filename, link, overlay_url, preview_url)

    def _save_overlay(self, job: Job, folder: str, data: bytes, crop: PlannedCrop) -> str:
        name = overlay_name(job.filename, OVERLAY.extension, crop.suffix)
        self._results.save(folder, name, data, OVERLAY.content_type)
        return self._results.link(folder, name).url


def _filename(job: Job, target: Target, format_: Format, suffix: str | None) -> str:
    if target.name is not None:
        return target.name(format_, suffix)
    return result_name(job.filename, format_.extension, suffix)


def _logged(job: Job, watch: Stopwatch) -> AbstractContextManager[Facts]:
    return log_job(job.settings.mode, len(job.data), job.request_id, watch.steps)
