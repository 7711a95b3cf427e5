"""Crops of uploaded objects: one job and one result for each, however often it is delivered."""

import time
from collections.abc import Mapping
from functools import partial
from typing import Literal

from msgspec.structs import replace
from pydantic.main import IncEx

from handler.errors import ObjectUnreadable, SmartCropError
from handler.events.attempt import Attempt, ObjectJob
from handler.events.messages import UploadedObject
from handler.events.notices import NoticeNotSent, Notices
from handler.events.object_kind import other_kind
from handler.events.object_names import result_filename
from handler.events.object_outcome import Outcome
from handler.events.object_settings import DefaultSettings, ObjectSettings
from handler.jobs.deployment import Deployment
from handler.jobs.job import Job
from handler.jobs.responses import CropResult
from handler.jobs.service import Target
from handler.storage import (
    ARCHIVED,
    FOLDER_SETTINGS,
    RECORD,
    JobRecord,
    ResultMetadata,
    UploadStore,
    identity_of,
)
from handler.telemetry import log

# Enough to render, to encode and to store the results, and to record a failure.
_SECONDS_TO_STORE = 8.0
# Links expire, so that the response in a record has none.
_LINKS: Mapping[str, IncEx | bool] = {
    "download_url": True,
    "expires_at": True,
    "results": {"__all__": {"download_url": True}},
}


class _Tags:
    """The metadata of the results of a job.

    Attributes:
        have_record: whether those of the first result have the record of the job.
    """

    def __init__(self, job: ObjectJob) -> None:
        """Bind the job, identified."""
        self.have_record = False
        self._job = job

    def of(self, response: CropResult) -> list[Mapping[str, str]]:
        """Return the metadata of each result."""
        record = _done(self._job, response)
        source = identity_of(record)
        first = ResultMetadata(source, record).attributes()
        self.have_record = RECORD in first
        others = len(response.results or [None]) - 1
        return [first, *[ResultMetadata(source).attributes()] * others]


class ObjectCropper:
    """The crops of objects in one invocation."""

    def __init__(
        self, deployment: Deployment, default: DefaultSettings, notices: Notices, request_id: str
    ) -> None:
        """Bind a deployment, the default settings, the notices, and the id of the invocation."""
        self._service = deployment.service
        self._results = deployment.results
        self._sources = deployment.sources
        self._jobs = deployment.jobs
        self._settings = ObjectSettings(default)
        self._notices = notices
        self._max_attempts = deployment.config.max_attempts
        # Without a record, a finished job is recognised by the metadata of its results.
        self._are_tagged = (
            deployment.config.job_records == "failed" and deployment.results.keeps_metadata
        )
        self._request_id = request_id

    def crop(self, object_: UploadedObject, attempt: int, seconds: float) -> Outcome:
        """Crop an object, unless an earlier attempt did.

        Args:
            object_: the object, as the event names it.
            attempt: number of the attempt, from 1.
            seconds: time until the function is ended.

        Returns:
            The outcome. Another attempt would not change it.

        Raises:
            NoticeNotSent: the job has ended, and only the notice of it is missing.
            Exception: another attempt may succeed.
        """
        found = self._sources.find(object_.bucket, object_.key)
        if found is None:
            return self._ignore("outside_store", "not in the uploads store")
        store, key = found
        located = ObjectJob(object_, key, attempt, store.results_folder)
        if reason := _ignored(located):
            return self._ignore("ignored", reason)
        current = Attempt(located, self._jobs, self._max_attempts, self._request_id)
        # A last delivery may begin with less time than is kept for storing.
        deadline = time.monotonic() + max(seconds - _SECONDS_TO_STORE, seconds / 2)
        try:
            with current.recording(seconds):
                outcome = self._attempt(current, store, deadline)
        except Exception:
            # The last attempt has failed, so that no other one sends the notice.
            if current.ended is not None:
                self._notices.send(current.ended)
            raise
        self._log(current, outcome)
        ended = current.ended
        # An event that is delivered again, because the notice was not sent or the function was
        # killed, sends it. A second event about the object sends none.
        is_due = ended is not None and (attempt > 1 or not current.is_repeated)
        if ended is not None and is_due and not self._notices.send(ended):
            raise NoticeNotSent(outcome)
        return outcome

    def _log(self, current: Attempt, outcome: Outcome) -> None:
        log(
            "upload",
            job_id=current.job.job_id,
            outcome=outcome.state,
            attempt=current.job.attempt,
            request_id=self._request_id,
        )

    def _ignore(self, state: Literal["ignored", "outside_store"], reason: str) -> Outcome:
        log("upload ignored", reason=reason, request_id=self._request_id)
        return Outcome(state, reason)

    def _attempt(self, attempt: Attempt, store: UploadStore, deadline: float) -> Outcome:
        try:
            return self._crop(attempt, store, deadline)
        except SmartCropError as error:
            if not _is_final(error):
                raise
            if isinstance(error, ObjectUnreadable) and error.details != ARCHIVED:
                # A person has to change a policy: the failure counts for the alarm.
                log("object refused by S3", failure=error, request_id=self._request_id)
            attempt.finish(attempt.job.record("failed", error=error.answer()))
            return Outcome("failed", f"{error.code}: {error}")

    def _crop(self, attempt: Attempt, store: UploadStore, deadline: float) -> Outcome:
        located = attempt.job
        upload = store.open(located.key, located.source.version)
        if not located.is_of_form and (reason := other_kind(upload.key, upload.content_type)):
            return self._ignore("ignored", reason)
        attempt.job = opened = located.opened(upload.etag)
        settings, warnings = self._settings.of(store, upload)
        attempt.job = opened.identified(settings.canonical())
        earlier = attempt.find_earlier()
        job = attempt.job
        if earlier is not None and self._is_done(earlier, job):
            return _ended_earlier(attempt, earlier)
        name = job.key.rpartition("/")[2]
        picture = Job(upload.read(), name, settings, warnings, self._request_id, deadline=deadline)
        target = Target(job.job_id, job.folder, partial(result_filename, name))
        tags = _Tags(job)
        if self._are_tagged:
            target = replace(target, metadata=tags.of)
            if found := self._found(picture, target, job):
                if earlier is None or not attempt.needs_record or earlier.state == "done":
                    return _ended_earlier(attempt, found)
                # The function was killed before it could replace the record of a failure.
                attempt.finish(found)
                return _outcome(found)
        attempt.record_if_last()
        stored = self._service.crop_to(picture, target)
        record = _done(job, stored.response, stored.etags)
        attempt.finish(record, is_kept=tags.have_record)
        return _outcome(record)

    def _is_done(self, earlier: JobRecord, job: ObjectJob) -> bool:
        """Return whether the results of a record exist, and are those of the job.

        Results are replaced by those of another job under the same names.
        """
        if (earlier.state, earlier.etag, earlier.settings) != ("done", job.etag, job.settings):
            return False
        etags = earlier.result_etags or {}
        return bool(etags) and all(
            self._results.has(earlier.folder or "", *each) for each in etags.items()
        )

    def _found(self, picture: Job, target: Target, job: ObjectJob) -> JobRecord | None:
        """Return the record in the metadata of the results, if these exist and are the job's."""
        source = identity_of(job.record("done"))
        record = None
        for name in reversed(self._service.names(picture, target)):
            found = self._results.metadata(target.folder, name)
            if found is None or found.source != source:
                return None
            record = found.record
        return record


def _ignored(located: ObjectJob) -> str | None:
    """Return why an object is ignored without a request for it; None if it is not."""
    key = located.key
    if not key or key.endswith("/"):
        return "a folder"
    if key.rpartition("/")[2] == FOLDER_SETTINGS:
        return "settings of a folder"
    return None if located.is_of_form else other_kind(key)


def _ended_earlier(attempt: Attempt, record: JobRecord) -> Outcome:
    attempt.repeat(record)
    return _outcome(record)


def _done(
    job: ObjectJob, response: CropResult, etags: Mapping[str, str] | None = None
) -> JobRecord:
    answer = response.model_dump(mode="json", by_alias=True, exclude=_LINKS)
    return job.record("done", folder=job.folder, result_etags=etags, answer=answer)


def _outcome(record: JobRecord) -> Outcome:
    filename = (record.answer or {}).get("filename", "")
    return Outcome("done", f"{record.folder}/{filename}" if record.folder else filename)


def _is_final(error: SmartCropError) -> bool:
    """Return whether the error will recur. 501 lasts until another deployment."""
    return error.status < 500 or error.status == 501
