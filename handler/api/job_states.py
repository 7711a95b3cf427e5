"""The states of jobs and their progress, as answers, from their records."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID

from fastapi import Path

from handler.errors import Stopped
from handler.jobs.progress_responses import BatchProgress, FileProblem, Progress, SingleProgress
from handler.jobs.responses import ErrorResponse
from handler.jobs.status_responses import DoneBatch, DoneJob, FailedBatch, FailedJob, QueuedJob
from handler.jobs.tracking import batch_result, failed
from handler.storage import JobRecord, JobStore, ResultStore

JobStatus = QueuedJob | DoneJob | DoneBatch | FailedJob | FailedBatch

AnyJobId = Annotated[
    str,
    Path(
        alias="jobId",
        pattern="^[A-Za-z0-9][A-Za-z0-9_.-]{0,127}$",
        description="Id of the job, or the clientJobId of its request.",
    ),
]

# A job that is still queued after this time was lost with its process. The limits of the queue and
# of CPU time let no job wait or run as long.
_LOST = timedelta(hours=1)


def find_record(jobs: JobStore, results: ResultStore, job_id: str) -> JobRecord | None:
    """Return the record of a job by its id or by the one that its client chose, or None.

    The record of a finished upload is in the metadata of its results.

    Raises:
        StorageUnavailable: the store cannot be read.
    """
    own_id = _as_uuid(job_id)
    record = jobs.load(own_id) if own_id else None
    if own_id and (record is None or record.is_only_planned):
        record = results.finished_job(own_id) or record
    if record is None:
        alias = jobs.load_alias(job_id)
        if alias is None:
            return None
        record = jobs.load(alias.job_id) or JobRecord(
            job_id=alias.job_id,
            state="queued",
            total_files=alias.total_files,
            created_at=alias.created_at,
            updated_at=alias.created_at,
        )
    is_lost = record.key is None and datetime.now(UTC) - record.created_at > _LOST
    if record.state == "queued" and is_lost:
        error = Stopped("The server stopped before the job was done").answer()
        return record.model_copy(update={"state": "failed", "error": error})
    return record


def job_status(record: JobRecord, results: ResultStore) -> JobStatus:
    """Return the state of a job, with new links.

    Raises:
        StorageUnavailable: there are no credentials to sign the links.
    """
    return _ANSWERS[record.state](record, results)


def job_progress(job_id: str, record: JobRecord, results: ResultStore) -> Progress:
    """Return the progress of a job by its record, with new links.

    Args:
        job_id: the id by which the client knows the job.
        record: the record of the job.
        results: the store of results.

    Raises:
        StorageUnavailable: there are no credentials to sign the links.
    """
    total = record.total_files
    if record.state == "queued":
        if total is None:
            return SingleProgress.running(job_id)
        return BatchProgress.running(job_id, total)
    if record.state == "failed":
        return failed(job_id, total, record.error or {"error": "Processing failed"})
    answer = _linked(record, results)
    if total is None:
        return SingleProgress.complete(job_id, {"jobId": record.job_id, **answer})
    problems = [
        FileProblem(filename=each["filename"], error=each["error"]["error"])
        for each in answer["files"]
        if each["error"]
    ]
    return BatchProgress.completed(job_id, total, problems, batch_result(answer))


def _queued(record: JobRecord, _: ResultStore) -> JobStatus:
    last_error = ErrorResponse.model_validate(record.error) if record.error else None
    return QueuedJob(**_common(record), state="queued", last_error=last_error)


def _failed(record: JobRecord, _: ResultStore) -> JobStatus:
    error = record.error or {}
    has_files = any("filename" in each for each in error.get("errors") or ())
    kind = FailedBatch if has_files else FailedJob
    return kind.model_validate({**error, **_common(record), "state": "failed"})


def _done(record: JobRecord, results: ResultStore) -> JobStatus:
    kind = DoneJob if record.total_files is None else DoneBatch
    return kind.model_validate({**_linked(record, results), **_common(record), "state": "done"})


def _linked(record: JobRecord, results: ResultStore) -> dict[str, Any]:
    """Return the answer of a finished job with new links."""
    answer = record.answer or {}
    if record.folder is None and record.total_files is not None:
        return {**answer, "downloadUrl": None, "expiresAt": None}
    folder = record.folder or ""
    linked = _with_links(answer, folder, results)
    linked["expiresAt"] = results.link(folder, answer["filename"]).expires_at
    if "results" in answer:
        linked["results"] = [_with_links(each, folder, results) for each in answer["results"]]
    return linked


def _with_links(answer: dict[str, Any], folder: str, results: ResultStore) -> dict[str, Any]:
    """Return an answer with links in place of the names of files."""
    links = {"downloadUrl": results.link(folder, answer["filename"]).url}
    for key in ("overlayUrl", "previewUrl"):
        if answer.get(key):
            links[key] = results.link(folder, answer[key]).url
    return {**answer, **links}


def _common(record: JobRecord) -> dict[str, Any]:
    return {
        "job_id": record.job_id,
        "bucket": record.bucket,
        "key": record.key,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }


def _as_uuid(text: str) -> str | None:
    try:
        return str(UUID(text))
    except ValueError:
        return None


_ANSWERS: dict[str, Callable[[JobRecord, ResultStore], JobStatus]] = {
    "queued": _queued,
    "failed": _failed,
    "done": _done,
}
