"""Jobs done, stored and logged. HTTP, events and the command line all call this."""

import uuid
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

from handler.accounting import accounted, facts_of
from handler.codec import Format
from handler.config import Config
from handler.faces import is_available
from handler.filenames import overlay_name
from handler.jobs.job import (
    OVERLAY,
    Crop,
    Job,
    Planned,
    Stopwatch,
    draw_job,
    open_job,
    plan_job,
    run_job,
)
from handler.jobs.responses import AnalyzeResult, CropPlan, CropResult, SizePlan, SizeResult
from handler.settings import OutputSize, mark_of
from handler.storage import Link, ResultStore


@dataclass(frozen=True, slots=True)
class Target:
    """Where a result goes.

    Attributes:
        job_id: of the job.
        folder: in the store of results.
        name: tells a result's name by its format and which of several sizes it is, as in
            `OutputSize.in_file_names`; None for the usual name.
    """

    job_id: str
    folder: str
    name: Callable[[Format, str | None], str] | None = None


@dataclass(frozen=True, slots=True)
class StoredCrop:
    """What is told of a job's results, and the tag of each in the store by its file name."""

    answer: CropResult
    etags: dict[str, str]


@dataclass(frozen=True, slots=True)
class _Saved:
    filename: str
    etag: str
    link: Link
    overlay_url: str | None


class Service:
    """Runs jobs, stores results, and leaves a line in the log for each."""

    def __init__(self, config: Config, results: ResultStore) -> None:
        """Bind a deployment's limits and its store of results."""
        self.results = results
        self._config = config

    @property
    def finds_faces(self) -> bool:
        """Whether the face bundle is installed; looks, and opens nothing."""
        return is_available(self._config.face_bundle)

    def crop(self, job: Job) -> CropResult:
        """Crop, store in a folder of the job's own, and say where the result is.

        Raises:
            SmartCropError: whatever went wrong, in the client's terms.
        """
        job_id = str(uuid.uuid4())
        return self.crop_to(job, Target(job_id, job_id)).answer

    def crop_to(self, job: Job, target: Target) -> StoredCrop:
        """Crop, and store where the target says.

        Raises:
            SmartCropError: whatever went wrong, in the client's terms.
        """
        watch = Stopwatch()
        with _accounted(job, watch.steps) as facts:
            crop = run_job(job, self._config, watch)
            written = sum(len(each.data) for each in crop.results)
            facts.update(facts_of(crop.plan), job_id=target.job_id, bytes_out=written)
            with watch.step("store"):
                saved = [self._save(job, target, each) for each in crop.results]
        answer = CropResult(
            job_id=target.job_id,
            download_url=saved[0].link.url,
            original_size=len(job.data),
            processed_size=len(crop.data),
            filename=saved[0].filename,
            content_type=crop.format.content_type,
            width=crop.size.width,
            height=crop.size.height,
            expires_at=saved[0].link.expires_at,
            overlay_url=saved[0].overlay_url,
            plan=CropPlan.of(crop.plan),
            results=_finished(crop, saved),
            warnings=crop.warnings,
        )
        return StoredCrop(answer, {each.filename: each.etag for each in saved})

    def run(self, job: Job) -> Crop:
        """Crop, and store nothing.

        Raises:
            SmartCropError: whatever went wrong, in the client's terms.
        """
        watch = Stopwatch()
        with _accounted(job, watch.steps) as facts:
            crop = run_job(job, self._config, watch)
            written = sum(len(each.data) for each in crop.results)
            facts.update(facts_of(crop.plan), bytes_out=written)
        return crop

    def analyze(self, job: Job) -> AnalyzeResult:
        """Decide; write nothing but the overlay, if there is to be one.

        Raises:
            SmartCropError: whatever went wrong, in the client's terms.
        """
        watch = Stopwatch()
        with _accounted(job, watch.steps) as facts:
            picture, _ = open_job(job, self._config, watch)
            planned = plan_job(job, picture, self._config, watch)
            facts.update(facts_of(planned.first))
            folder = str(uuid.uuid4())
            urls = [
                self._save_overlay(job, folder, draw_job(planned.frame, plan, OVERLAY), size)
                if job.overlay
                else None
                for size, plan in planned.plans
            ]
        return AnalyzeResult(
            plan=CropPlan.of(planned.first),
            overlay_url=urls[0],
            results=_planned(planned, urls),
            warnings=[*job.warnings, *picture.warnings, *planned.warnings],
        )

    def _save(self, job: Job, target: Target, crop: Crop) -> _Saved:
        filename = target.name(crop.format, mark_of(crop.of)) if target.name else crop.filename
        etag = self.results.save(target.folder, filename, crop.data, crop.format.content_type)
        overlay_url = None
        if crop.overlay is not None:
            overlay_url = self._save_overlay(job, target.folder, crop.overlay, crop.of)
        return _Saved(filename, etag, self.results.link(target.folder, filename), overlay_url)

    def _save_overlay(self, job: Job, folder: str, data: bytes, of: OutputSize | None) -> str:
        name = overlay_name(job.filename, OVERLAY.extension, mark_of(of))
        self.results.save(folder, name, data, OVERLAY.content_type)
        return self.results.link(folder, name).url


def _accounted(job: Job, steps: Mapping[str, float]) -> AbstractContextManager[dict[str, object]]:
    return accounted(job.settings.mode, len(job.data), job.request_id, steps)


def _finished(crop: Crop, saved: list[_Saved]) -> list[SizeResult] | None:
    return [
        SizeResult(
            name=each.of.label,
            width=each.size.width,
            height=each.size.height,
            download_url=where.link.url,
            processed_size=len(each.data),
            filename=where.filename,
            overlay_url=where.overlay_url,
            plan=CropPlan.of(each.plan),
        )
        for each, where in zip(crop.results, saved, strict=True)
        if each.of
    ] or None


def _planned(planned: Planned, urls: list[str | None]) -> list[SizePlan] | None:
    return [
        SizePlan(
            name=size.label,
            width=size.width,
            height=size.height,
            overlay_url=url,
            plan=CropPlan.of(plan),
        )
        for (size, plan), url in zip(planned.plans, urls, strict=True)
        if size
    ] or None
