"""Crops of uploaded objects: one job and one record for each, however often it is delivered."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Literal

from pydantic.main import IncEx

from handler.errors import SmartCropError
from handler.events.attempt import Attempt, ObjectJob
from handler.events.messages import UploadedObject
from handler.events.object_names import result_filename
from handler.events.object_settings import FoundSettings, ObjectSettings
from handler.jobs.deployment import Deployment
from handler.jobs.job import Job
from handler.jobs.service import Target
from handler.storage import FOLDER_SETTINGS, JobRecord
from handler.telemetry import log

# Links expire, so that the response in a record has none.
# Enough to render, to encode and to store the results, and to record a failure.
_SECONDS_TO_STORE = 8.0
_LINKS: Mapping[str, IncEx | bool] = {
    "download_url": True,
    "expires_at": True,
    "results": {"__all__": {"download_url": True}},
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of an object's job, which another attempt would not change.

    Attributes:
        state: ``ignored`` for an object that is no picture by its key; ``outside_store`` for one
            that is not in the uploads store.
        text: key of the result, or the reason for another outcome.
    """

    state: Literal["done", "failed", "ignored", "outside_store"]
    text: str


class ObjectCropper:
    """The crops of objects in one invocation."""

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
        """Crop an object, unless an earlier attempt did.

        Args:
            object_: the object, as the event names it.
            attempt: number of the attempt, from 1.
            seconds: time until the function is ended.

        Returns:
            The outcome, which is also in the job's record. Another attempt would not change it.

        Raises:
            Exception: another attempt may succeed.
        """
        key = self._uploads.relative_key(object_.bucket, object_.key)
        if key is None:
            return self._ignore("outside_store", "not in the uploads store")
        if not key or key.endswith("/"):
            return self._ignore("ignored", "a folder")
        if key.rpartition("/")[2] == FOLDER_SETTINGS:
            return self._ignore("ignored", "settings of a folder")
        located = ObjectJob(object_, key, attempt)
        current = Attempt(located, self._jobs, self._max_attempts, self._request_id)
        with current.recording(seconds):
            try:
                outcome = self._crop(current, time.monotonic() + seconds - _SECONDS_TO_STORE)
            except SmartCropError as error:
                if not _is_final(error):
                    raise
                current.finish(current.job.record("failed", error=error.answer()))
                outcome = Outcome("failed", f"{error.code}: {error}")
        log(
            "upload",
            job_id=current.job.job_id,
            outcome=outcome.state,
            attempt=attempt,
            request_id=self._request_id,
        )
        return outcome

    def _ignore(self, state: Literal["ignored", "outside_store"], reason: str) -> Outcome:
        log("upload ignored", reason=reason, request_id=self._request_id)
        return Outcome(state, reason)

    def _crop(self, attempt: Attempt, deadline: float) -> Outcome:
        located = attempt.job
        upload = self._uploads.open(located.key, located.source.version)
        attempt.job = opened = located.opened(upload.etag)
        settings, warnings = self._settings.of(upload)
        attempt.job = opened.identified(settings.canonical())
        earlier = attempt.find_earlier()
        job = attempt.job
        folder, _, name = job.key.rpartition("/")
        if earlier is not None and (outcome := self._outcome_of(earlier, job)):
            return outcome
        attempt.record_if_last()
        stored = self._service.crop_to(
            Job(upload.read(), name, settings, warnings, self._request_id, deadline=deadline),
            Target(job.job_id, folder, partial(result_filename, name)),
        )
        answer = stored.response.model_dump(mode="json", by_alias=True, exclude=_LINKS)
        attempt.finish(job.record("done", folder=folder, result_etags=stored.etags, answer=answer))
        return Outcome("done", _joined(folder, stored.response.filename))

    def _outcome_of(self, earlier: JobRecord, job: ObjectJob) -> Outcome | None:
        """Return the outcome of an earlier attempt, or None if its results are gone or replaced.

        Results are replaced by those of another job under the same names.
        """
        if (earlier.state, earlier.etag, earlier.settings) != ("done", job.etag, job.settings):
            return None
        folder, filename = earlier.folder or "", (earlier.answer or {}).get("filename", "")
        etags = earlier.result_etags or {}
        if not etags or not all(self._results.has(folder, *each) for each in etags.items()):
            return None
        return Outcome("done", _joined(folder, filename))


def _is_final(error: SmartCropError) -> bool:
    """Return whether the error will recur. 501 lasts until another deployment."""
    return error.status < 500 or error.status == 501


def _joined(folder: str, filename: str) -> str:
    return f"{folder}/{filename}" if folder else filename
