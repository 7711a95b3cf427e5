"""Records of jobs: one small JSON object each, next to the results."""

from datetime import UTC, datetime
from typing import Any, Literal, TypeVar

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, S3Store
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from handler.storage.failures import is_gone, unavailable
from handler.telemetry import log


def _now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


class JobRecord(BaseModel):
    """The record of a job.

    Attributes:
        job_id: id of the job.
        state: state of the job; one that failed temporarily is ``queued``.
        bucket: bucket of the source, if it is an object that an event named.
        key: key of the source in its store; None if it came with the request.
        etag: ETag of the source, once it was read.
        settings: settings in their canonical form, once they were read.
        folder: folder of the results in their store; empty for the top; None if there are none.
        result_etags: ETag of each result by its name, once all are stored. They distinguish the
            results from those of another job under the same names.
        answer: response of a synchronous crop, without links, which would expire.
        error: error response of a synchronous crop; for a queued job that of its last attempt.
        attempts: number of deliveries by the queue, which counts those that had no time as well.
        total_files: number of files of a batch; None for a job with one picture.
        created_at: time of the job's first record.
        updated_at: time of this record.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    job_id: str
    state: Literal["queued", "done", "failed"]
    bucket: str | None = None
    key: str | None = None
    etag: str | None = None
    settings: str | None = None
    folder: str | None = None
    result_etags: dict[str, str] | None = None
    answer: dict[str, Any] | None = None
    error: dict[str, Any] | None = None
    attempts: int = 0
    total_files: int | None = None
    created_at: datetime = Field(default_factory=_now)
    updated_at: datetime = Field(default_factory=_now)

    @property
    def is_only_planned(self) -> bool:
        """True if only an upload form was made, and no attempt has left its error."""
        return self.state == "queued" and self.error is None and self.key is not None


class JobAlias(BaseModel):
    """The id that a client chose for a job, and the job.

    Attributes:
        job_id: id of the job.
        total_files: number of files of a batch; None for a job with one picture.
        created_at: time at which the job began.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, frozen=True)

    job_id: str
    total_files: int | None = None
    created_at: datetime = Field(default_factory=_now)


Stored = TypeVar("Stored", JobRecord, JobAlias)


class JobStore:
    """The store of job records, and of the ids that clients chose."""

    def __init__(self, store: S3Store | LocalStore) -> None:
        """Wrap the object store of the results."""
        self._store = store

    def save(self, record: JobRecord) -> None:
        """Write a record atomically, over an earlier one.

        Raises:
            StorageUnavailable: the record cannot be written.
        """
        self._write(_key(record.job_id), record)

    def load(self, job_id: str) -> JobRecord | None:
        """Return the record of a job, or None if there is none.

        Raises:
            StorageUnavailable: the store cannot be read.
        """
        return self._read(_key(job_id), JobRecord)

    def save_alias(self, client_id: str, alias: JobAlias) -> None:
        """Write the job of an id that a client chose, over an earlier one.

        Raises:
            StorageUnavailable: the alias cannot be written.
        """
        self._write(_alias_key(client_id), alias)

    def load_alias(self, client_id: str) -> JobAlias | None:
        """Return the job of an id that a client chose, or None if there is none.

        Raises:
            StorageUnavailable: the store cannot be read.
        """
        return self._read(_alias_key(client_id), JobAlias)

    def _write(self, key: str, value: JobRecord | JobAlias) -> None:
        data = value.model_dump_json(by_alias=True, exclude_none=True).encode()
        attributes = None
        if isinstance(self._store, S3Store):
            attributes = {"Content-Type": "application/json"}
        try:
            obstore.put(self._store, key, data, attributes=attributes)
        except (BaseError, OSError) as error:
            raise unavailable("The job record could not be stored", error) from error

    def _read(self, key: str, kind: type[Stored]) -> Stored | None:
        try:
            data = bytes(obstore.get(self._store, key).bytes())
        except (BaseError, OSError) as error:
            is_missing = isinstance(error, NotFoundError | FileNotFoundError)
            if is_missing and not is_gone(self._store, error):
                return None
            raise unavailable("The job record could not be read", error) from error
        try:
            return kind.model_validate_json(data)
        except ValidationError:  # from another version of the service: the job is repeated
            log("unreadable job record", key=key)
            return None


def _key(job_id: str) -> str:
    return f"jobs/{job_id}.json"


def _alias_key(client_id: str) -> str:
    """Return the key of an alias, which is never that of a record: clients choose the ids."""
    return f"jobs/aliases/{client_id}.json"
