"""The progress of one job that a request asks for: shown while it runs, and recorded."""

import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Literal
from urllib.parse import unquote, urlsplit

from handler.errors import SmartCropError, StorageUnavailable
from handler.jobs.progress import ProgressBoard
from handler.jobs.progress_responses import BatchProgress, Progress, SingleProgress, problems_of
from handler.jobs.responses import BatchResult, CropResult
from handler.jobs.zip_batch import Batch, BatchedFile
from handler.storage import JobAlias, JobRecord, JobStore
from handler.telemetry import log

# Step -> percent when it begins, and its name for people. The first two names are the reference's.
_STAGES = {
    "open": (5, "Validating..."),
    "plan": (15, "Preparing..."),
    "faces": (30, "Finding faces..."),
    "render": (55, "Cropping..."),
    "encode": (75, "Encoding..."),
    "store": (95, "Saving..."),
}
# Keys whose values are links, which expire: a record has the names of their files instead.
_LINKS = ("downloadUrl", "overlayUrl", "previewUrl")


class Tracker:
    """The progress of one job, under its id and under the one that the client chose.

    A job of which the client knows an id before it ends is also recorded in the store, where
    other processes find it. All methods but `step` and `batch` may use the store.

    Attributes:
        job_id: id of the job, and folder of its results.
        client_id: id that the client chose; None if it chose none.
    """

    def __init__(
        self,
        board: ProgressBoard,
        jobs: JobStore,
        client_id: str | None = None,
        total_files: int | None = None,
    ) -> None:
        """Create the id of a job.

        Args:
            board: the progress of the jobs of this process.
            jobs: the store of job records.
            client_id: id that the client chose; None if it chose none.
            total_files: number of files of a batch; None for a job with one picture.
        """
        self.job_id = str(uuid.uuid4())
        self.client_id = client_id
        self._board = board
        self._jobs = jobs
        self._total_files = total_files
        self._is_recorded = client_id is not None
        self._waiting_record = JobRecord(
            job_id=self.job_id, state="queued", total_files=total_files
        )
        self._kept = self._waiting_record.model_dump(include={"total_files", "created_at"})
        self._percent = 0

    @property
    def shown_id(self) -> str:
        """The id that the client chose, or else that of the job."""
        return self.client_id or self.job_id

    def has_used_id(self) -> bool:
        """Return whether the client chose the id of an earlier job, as far as it can be read."""
        chosen = self.client_id
        if chosen is None:
            return False
        with suppress(StorageUnavailable):  # the batch itself may not need the store
            return bool(self._board.state(chosen) or self._jobs.load_alias(chosen))
        return False

    def begin(self) -> None:
        """Show that the job waits."""
        if self.client_id is not None:
            self._claim(self.client_id)
        self._publish(self._waiting())

    def accept(self) -> None:
        """Record the job before the request is answered.

        Raises:
            StorageUnavailable: the record cannot be written.
        """
        self._jobs.save(self._waiting_record)
        self._is_recorded = True

    def step(self, name: str) -> None:
        """Show that a step of the job begins."""
        if self._total_files is None and name in _STAGES:
            percent, stage = _STAGES[name]
            # Several results are rendered and encoded in turns.
            self._percent = max(self._percent, percent)
            self._publish(SingleProgress.running(self.job_id, self._percent, stage))

    def batch(self, files: Sequence[BatchedFile], current: str | None) -> None:
        """Show the files of a batch that are done, and the one that is cropped."""
        total = self._total_files or 0
        self._publish(BatchProgress.running(self.job_id, total, files, current))

    def finish(self, answer: CropResult) -> None:
        """Show and record the answer of a job with one picture."""
        values = answer.model_dump(mode="json", by_alias=True)
        self._record("done", folder=self.job_id, answer=without_links(values))
        self._publish(SingleProgress.complete(self.job_id, values))

    def finish_batch(self, batch: Batch, answer: BatchResult) -> None:
        """Show and record a finished batch.

        Args:
            batch: the batch.
            answer: its description, without a link if only the response has the ZIP.
        """
        values = answer.model_dump(mode="json", by_alias=True)
        folder = self.job_id if answer.download_url else None
        self._record("done", folder=folder, answer=without_links(values))
        problems = problems_of(batch.files)
        total = self._total_files or 0
        result = batch_result(values)
        self._publish(BatchProgress.completed(self.job_id, total, problems, result))

    def fail(self, error: SmartCropError) -> None:
        """Show and record the error of a failed job."""
        self._record("failed", error=error.answer())
        self._publish(failed(self.job_id, self._total_files, error.answer()))

    def _claim(self, client_id: str) -> None:
        alias = JobAlias(job_id=self.job_id, total_files=self._total_files)
        try:
            self._jobs.save_alias(client_id, alias)
        except StorageUnavailable as error:
            # The job itself may not need the store, and fails if it does.
            log("job alias not recorded", failure=error, job_id=self.job_id)

    def _waiting(self) -> Progress:
        if self._total_files is None:
            return SingleProgress.running(self.job_id)
        return BatchProgress.running(self.job_id, self._total_files)

    def _publish(self, state: Progress) -> None:
        self._board.publish(state)
        if self.client_id is not None:
            self._board.publish(state.under(self.client_id))

    def _record(self, state: Literal["done", "failed"], **values: Any) -> None:
        if not self._is_recorded:
            return
        record = JobRecord(job_id=self.job_id, state=state, total_files=self._total_files, **values)
        try:
            self._jobs.save(record)
        except StorageUnavailable as error:
            log("job not recorded", failure=error, job_id=self.job_id)


def failed(job_id: str, total_files: int | None, error: Mapping[str, Any]) -> Progress:
    """Describe the progress of a failed job by its error response."""
    if total_files is None:
        return SingleProgress.failed(job_id, error)
    return BatchProgress.failed(job_id, total_files, error)


def batch_result(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the result of a finished batch, as its progress has it.

    Args:
        answer: the JSON of a `BatchResult`.
    """
    names = {
        str(index): file["results"][0] if len(file["results"]) == 1 else file["results"]
        for index, file in enumerate(answer["files"])
        if file["results"]
    }
    linked = {key: value for key, value in answer.items() if key != "downloadUrl" or value}
    return {**linked, "zipFilename": answer["filename"], "fileResults": names}


def without_links(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer with the names of files in place of links, which expire."""
    named = {key: _name_in(answer[key]) for key in _LINKS if answer.get(key)}
    kept = {key: value for key, value in answer.items() if key != "expiresAt"} | named
    if "results" in kept:
        kept["results"] = [without_links(each) for each in kept["results"]]
    return kept


def _name_in(link: str) -> str:
    return unquote(urlsplit(link).path.rpartition("/")[2])
