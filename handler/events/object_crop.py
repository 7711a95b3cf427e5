"""One uploaded object: cropped and recorded, or found wanting and that recorded."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Literal

from pydantic.main import IncEx

from handler.errors import SmartCropError, StorageUnavailable
from handler.events.messages import UploadedObject
from handler.events.object_names import job_id, result_filename
from handler.events.object_settings import FoundSettings, ObjectSettings
from handler.jobs.deployment import Deployment
from handler.jobs.job import Job
from handler.jobs.service import Target
from handler.storage import FOLDER_SETTINGS, JobRecord
from handler.telemetry import log

# Enough to write a record, which takes a tenth of it.
_SECONDS_TO_RECORD = 3.0

# What expires, in an answer that is kept.
_LINKS: Mapping[str, IncEx | bool] = {
    "download_url": True,
    "expires_at": True,
    "results": {"__all__": {"download_url": True}},
}
_CUT_OFF = {
    "error": "Processing failed",
    "code": "CUT_OFF",
    "details": "The function ran out of time or memory, every time that this was tried",
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an object.

    Attributes:
        state: one that failed has failed for good; a foreign one is in no store of ours.
        text: key of the result, or the reason.
    """

    state: Literal["done", "failed", "ignored", "foreign"]
    text: str


@dataclass(slots=True)
class _Progress:
    """A job, as far as it is known; more is learned on the way."""

    source: UploadedObject
    key: str
    attempt: int
    etag: str = ""
    settings: str | None = None
    known: JobRecord | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)
    ended: bool = False

    @property
    def job_id(self) -> str:
        version = self.source.version or self.etag or self.source.etag or ""
        return job_id(self.source.bucket, self.key, version, self.settings or "")

    def record(self, state: Literal["queued", "done", "failed"], **values: object) -> JobRecord:
        base = JobRecord(
            job_id=self.job_id,
            state=state,
            key=self.key,
            etag=self.etag or None,
            settings=self.settings,
            attempts=self.attempt,
        )
        created = {"created_at": self.known.created_at} if self.known else {}
        return base.model_copy(update={**created, **values})


class Crops:
    """Crops objects, for one invocation."""

    def __init__(self, deployment: Deployment, default: FoundSettings, request_id: str) -> None:
        """Bind a deployment, the default settings, and the id of the invocation."""
        self._service = deployment.service
        self._results = deployment.results
        self._uploads = deployment.uploads
        self._jobs = deployment.jobs
        self._settings = ObjectSettings(deployment.uploads, default)
        self._max_attempts = deployment.config.max_attempts
        self._request_id = request_id

    def crop(self, object_: UploadedObject, attempt: int, seconds: float) -> Outcome:
        """Deal with an object that was put.

        Args:
            object_: which.
            attempt: how often it has been tried, with this one.
            seconds: until the function is ended.

        Returns:
            What became of it, which is in its record then; trying again would change nothing.

        Raises:
            Exception: trying again may help.
        """
        key = self._uploads.relative_key(object_.bucket, object_.key)
        if key is None:
            return self._ignore("foreign", "not in the uploads store")
        if not key or key.endswith("/"):
            return self._ignore("ignored", "a folder")
        if key.rpartition("/")[2] == FOLDER_SETTINGS:
            return self._ignore("ignored", "settings of a folder")
        progress = _Progress(object_, key, attempt)
        with self._recording(progress, seconds):
            try:
                outcome = self._crop(progress)
            except SmartCropError as error:
                if not _is_final(error):
                    raise
                self._save(progress, progress.record("failed", error=error.answer()))
                outcome = Outcome("failed", f"{error.code}: {error}")
        log(
            "upload",
            job_id=progress.job_id,
            outcome=outcome.state,
            attempt=attempt,
            request_id=self._request_id,
        )
        return outcome

    def _ignore(self, state: Literal["ignored", "foreign"], reason: str) -> Outcome:
        log("upload ignored", reason=reason, request_id=self._request_id)
        return Outcome(state, reason)

    def _crop(self, progress: _Progress) -> Outcome:
        upload = self._uploads.open(progress.key, progress.source.version)
        progress.etag = upload.etag
        settings, warnings = self._settings.of(upload)
        progress.settings = settings.canonical()
        progress.known = self._jobs.load(progress.job_id)
        folder, _, name = progress.key.rpartition("/")
        if done := self._done_before(progress):
            return done
        if progress.attempt >= self._max_attempts:  # whatever ends it now ends it for good
            self._jobs.save(progress.record("failed", error=_CUT_OFF))
        stored = self._service.crop_to(
            Job(upload.read(), name, settings, warnings, self._request_id),
            Target(progress.job_id, folder, partial(result_filename, name)),
        )
        answer = stored.response.model_dump(mode="json", by_alias=True, exclude=_LINKS)
        record = progress.record("done", folder=folder, result_etags=stored.etags, answer=answer)
        self._save(progress, record)
        return Outcome("done", _joined(folder, stored.response.filename))

    def _done_before(self, progress: _Progress) -> Outcome | None:
        """The outcome of the same job, if its results are still there and its own."""
        known = progress.known
        if known is None or (known.state, known.etag, known.settings) != (
            "done",
            progress.etag,
            progress.settings,
        ):
            return None
        folder, filename = known.folder or "", (known.answer or {}).get("filename", "")
        etags = known.result_etags or {}
        if not etags or not all(self._results.has(folder, *each) for each in etags.items()):
            return None
        return Outcome("done", _joined(folder, filename))

    @contextmanager
    def _recording(self, progress: _Progress, seconds: float) -> Iterator[None]:
        """Have a record of an attempt that fails, or that is about to be cut off."""
        timer = threading.Timer(
            max(seconds - _SECONDS_TO_RECORD, 0), self._record_attempt, (progress, None)
        )
        timer.daemon = True
        timer.start()
        try:
            yield
        except Exception as error:
            self._record_attempt(progress, error)
            raise
        finally:
            timer.cancel()

    def _record_attempt(self, progress: _Progress, error: Exception | None) -> None:
        if error is None:
            log("out of time", job_id=progress.job_id, request_id=self._request_id)
        last = progress.attempt >= self._max_attempts
        # Writing would wait for the store as long as reading did, or the job's id is not known yet.
        if not last and (isinstance(error, StorageUnavailable) or progress.settings is None):
            return
        known = error if isinstance(error, SmartCropError) else SmartCropError()
        answer = _CUT_OFF if error is None else known.answer()
        record = progress.record("failed" if last else "queued", error=answer)
        with progress.lock:
            if progress.ended:
                return
            try:
                self._jobs.save(record)
            except StorageUnavailable as failure:
                log("attempt not recorded", failure=failure, request_id=self._request_id)

    def _save(self, progress: _Progress, record: JobRecord) -> None:
        """Write the last word on a job, after which nothing is written."""
        with progress.lock:
            self._jobs.save(record)
            progress.ended = True


def _is_final(error: SmartCropError) -> bool:
    """Whether the same will be wrong the next time; 501 needs another deployment."""
    return error.status < 500 or error.status == 501


def _joined(folder: str, filename: str) -> str:
    return f"{folder}/{filename}" if folder else filename
