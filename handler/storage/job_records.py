"""What became of jobs: one small JSON object each, beside the results."""

from datetime import UTC, datetime
from typing import Any, Literal

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, S3Store
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from handler.errors import StorageUnavailable
from handler.telemetry import log


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class JobRecord(BaseModel):
    """What is known of a job.

    Attributes:
        job_id: of the job.
        state: what became of it; a job that failed for a passing reason is queued again.
        key: of the source, in the uploads store.
        etag: of the source, once it was seen.
        settings: in their canonical form, once they were read.
        folder: of the result, in the results store; empty for the top.
        result_etags: of each result by its name, once all are stored; they tell the results from
            those of another job under the same names.
        answer: what a synchronous crop answers, without the link, which would expire.
        error: the answer to a synchronous crop that failed; for a queued job, of its last attempt.
        attempts: how often the queue has delivered it.
        created_at: when it was first heard of.
        updated_at: when this was written.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    job_id: str
    state: Literal["queued", "done", "failed"]
    key: str
    etag: str | None = None
    settings: str | None = None
    folder: str | None = None
    result_etags: dict[str, str] | None = None
    answer: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    attempts: int = 0
    created_at: datetime = Field(default_factory=_now)
    updated_at: datetime = Field(default_factory=_now)


class JobStore:
    """Keeps the records of jobs."""

    def __init__(self, store: S3Store | LocalStore) -> None:
        """Wrap the object store that results are in."""
        self._store = store

    def save(self, record: JobRecord) -> None:
        """Write a record over an earlier one; it appears whole or not at all.

        Raises:
            StorageUnavailable: the store did not take it.
        """
        data = record.model_dump_json(by_alias=True, exclude_none=True).encode()
        attributes = None
        if isinstance(self._store, S3Store):
            attributes = {"Content-Type": "application/json"}
        try:
            obstore.put(self._store, _key(record.job_id), data, attributes=attributes)
        except (BaseError, OSError) as error:
            raise StorageUnavailable("The job record could not be stored") from error

    def load(self, job_id: str) -> JobRecord | None:
        """Read a record; None when there is none.

        Raises:
            StorageUnavailable: the store did not say.
        """
        try:
            data = bytes(obstore.get(self._store, _key(job_id)).bytes())
        except (NotFoundError, FileNotFoundError):
            return None
        except (BaseError, OSError) as error:
            raise StorageUnavailable("The job record could not be read") from error
        try:
            return JobRecord.model_validate_json(data)
        except ValidationError:  # of another version of the service: the job is done anew
            log("unreadable job record", job_id=job_id)
            return None


def _key(job_id: str) -> str:
    return f"jobs/{job_id}.json"
