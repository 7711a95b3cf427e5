"""One attempt at the job of an uploaded object, and its record."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from handler.errors import SmartCropError, StorageUnavailable
from handler.events.messages import UploadedObject
from handler.events.object_names import hashed_job_id, job_id
from handler.storage import JobRecord, JobStore, job_id_of
from handler.telemetry import log

# Writing a record takes a tenth of it.
_SECONDS_TO_RECORD = 3.0

_CUT_OFF = {
    "error": "Processing failed",
    "code": "CUT_OFF",
    "details": "The function ran out of time or memory",
}


class ObjectJob(Struct, frozen=True):
    """The job of an object, as far as it is known.

    An attempt learns about its job in three steps, each of which returns a new value:

    1. Located: the object has a key in one of the stores.
    2. Opened: the object exists, and its ETag is known.
    3. Identified: the settings are known. The id of the job is final from here on.

    A job that fails before the third step has an id that is made of the known parts.

    Attributes:
        source: the object, as the event names it.
        key: key of the object in its store.
        attempt: number of the attempt, from 1.
        results_folder: folder of the store in that of results; empty for uploads.
        etag: ETag of the object; None until it is opened.
        settings: settings in their canonical form; None until the job is identified.
        created_at: time of the job's first record, if an earlier one is known.
    """

    source: UploadedObject
    key: str
    attempt: int
    results_folder: str = ""
    etag: str | None = None
    settings: str | None = None
    created_at: datetime | None = None

    @property
    def is_identified(self) -> bool:
        """True if the id of the job is final."""
        return self.settings is not None

    @property
    def job_id(self) -> str:
        """Id of the job, made of its known parts."""
        version = self.source.version or self.etag or self.source.etag or ""
        # Only keys of uploads have an id that a client knows.
        make = hashed_job_id if self.results_folder else job_id
        return make(self.source.bucket, self.key, version, self.settings or "")

    @property
    def folder(self) -> str:
        """Folder of the results in their store; empty for the top."""
        own = self.key.rpartition("/")[0]
        return "/".join(filter(None, (self.results_folder, own)))

    @property
    def is_of_form(self) -> bool:
        """True if the job has the id of an upload form, by which a client asks for its state."""
        return not self.results_folder and job_id_of(self.key) is not None

    def opened(self, etag: str) -> "ObjectJob":
        """Return the job, now that the object's ETag is known."""
        return replace(self, etag=etag)

    def identified(self, settings: str) -> "ObjectJob":
        """Return the job, now that its settings are known."""
        return replace(self, settings=settings)

    def record(self, state: Literal["queued", "done", "failed"], **values: object) -> JobRecord:
        """Return a record of the job, with further fields."""
        record = JobRecord(
            job_id=self.job_id,
            state=state,
            bucket=self.source.bucket,
            key=self.key,
            etag=self.etag or None,
            settings=self.settings,
            attempts=self.attempt,
        )
        created = {"created_at": self.created_at} if self.created_at else {}
        return record.model_copy(update={**created, **values})


class Attempt:
    """An attempt at a job, which leaves a record even if it fails or is cut off.

    Attributes:
        job: the job, as far as it is known. It is replaced as a whole, because the thread of a
            timer reads it.
        needs_record: whether the end of the job has to be recorded, because an earlier
            record differs from it.
        ended: the final record, once the job has ended, whether it was written or not.
        is_repeated: whether an earlier attempt ended the job.
    """

    def __init__(self, job: ObjectJob, jobs: JobStore, max_attempts: int, request_id: str) -> None:
        """Begin an attempt.

        Args:
            job: the job, located.
            jobs: the store of job records.
            max_attempts: attempts after which the queue gives up a message.
            request_id: id of the invocation.
        """
        self.job = job
        self._jobs = jobs
        self._is_last = job.attempt >= max_attempts
        self._request_id = request_id
        self._lock = threading.Lock()
        self._finished = False
        self.needs_record = False
        self.ended: JobRecord | None = None
        self.is_repeated = False

    def find_earlier(self) -> JobRecord | None:
        """Return the record of an earlier attempt at the job, which must be identified, or None.

        Raises:
            StorageUnavailable: the store cannot be read.
        """
        earlier = self._jobs.load(self.job.job_id)
        if earlier is not None:
            self.job = replace(self.job, created_at=earlier.created_at)
            # The state of a planned upload is seen by its results.
            self.needs_record = not (earlier.is_only_planned and self.job.is_of_form)
        return earlier

    def record_if_last(self) -> None:
        """Record the job as failed if this attempt is the last, in case it is cut off.

        Raises:
            StorageUnavailable: the record cannot be written.
        """
        if self._is_last:
            self.needs_record = True
            self._jobs.save(self.job.record("failed", error=_CUT_OFF))

    def finish(self, record: JobRecord, *, is_kept: bool = False) -> None:
        """End the job. Nothing is recorded after it.

        Args:
            record: the final record of the job.
            is_kept: whether the metadata of the result have the record, so that it is written only
                if an earlier record differs from it.

        Raises:
            StorageUnavailable: the record cannot be written.
        """
        with self._lock:
            if self.needs_record or not is_kept:
                self._jobs.save(record)
            self._finished = True
            self.ended = record

    def repeat(self, record: JobRecord) -> None:
        """End the attempt, because an earlier one ended the job with a record."""
        with self._lock:
            self._finished = True
            self.ended = record
            self.is_repeated = True

    @contextmanager
    def recording(self, seconds: float) -> Iterator[None]:
        """Record an attempt that fails in this context, or that is about to be cut off in it.

        Args:
            seconds: time until the function is ended.
        """
        timer = threading.Timer(max(seconds - _SECONDS_TO_RECORD, 0), self._record_cut_off)
        timer.daemon = True
        timer.start()
        try:
            yield
        except Exception as error:
            self._record_failure(error)
            raise
        finally:
            timer.cancel()

    def _record_cut_off(self) -> None:
        log(
            "function is about to time out",
            job_id=self.job.job_id,
            request_id=self._request_id,
        )
        self._record(_CUT_OFF, is_worthwhile=True)

    def _record_failure(self, error: Exception) -> None:
        known = error if isinstance(error, SmartCropError) else SmartCropError()
        # A store that cannot be read can hardly be written.
        self._record(known.answer(), is_worthwhile=not isinstance(error, StorageUnavailable))

    def _record(self, error: Mapping[str, object], *, is_worthwhile: bool) -> None:
        job = self.job
        # A job that is not identified has another id than its next attempt.
        if not self._is_last and not (is_worthwhile and job.is_identified):
            return
        record = job.record("failed" if self._is_last else "queued", error=error)
        with self._lock:
            if self._finished:
                return
            self.needs_record = True
            if self._is_last:
                self.ended = record
            try:
                self._jobs.save(record)
            except StorageUnavailable as failure:
                log("attempt not recorded", failure=failure, request_id=self._request_id)
