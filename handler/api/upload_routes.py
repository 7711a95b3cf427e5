"""Forms to upload files too large for a request, and the state of the jobs that crop them."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Request
from pydantic import Field

from handler.api.crop_routes import JobIdInPath
from handler.api.json_body import UploadRequest, read_body
from handler.api.openapi import errors, link
from handler.api.openapi_bodies import json_body
from handler.api.openapi_examples import (
    BODY_TOO_LARGE,
    INVALID_SETTINGS,
    NO_CREDENTIALS,
    STORE_GONE,
)
from handler.errors import (
    InvalidRequest,
    NotFound,
    UploadsMissing,
)
from handler.filenames import upload_name
from handler.jobs.deployment import Deployment
from handler.jobs.responses import ErrorResponse
from handler.jobs.status_responses import DoneJob, FailedJob, QueuedJob, UploadForm
from handler.problems import FieldProblem
from handler.settings import validate_settings
from handler.storage import JobRecord, ResultStore, upload_key

JobStatus = Annotated[QueuedJob | DoneJob | FailedJob, Field(discriminator="state")]

_PREPARED = link("job", "Get the state of the job.", "jobId")
_ERRORS = errors(
    InvalidRequest(
        FieldProblem("contentType", "a type of image such as image/jpeg", '"text/html"')
    ),
    INVALID_SETTINGS,
    BODY_TOO_LARGE,
    UploadsMissing(),
    NO_CREDENTIALS,
    STORE_GONE,
)


def create_uploads_router(deployment: Deployment) -> APIRouter:
    """Return the routes of uploads and jobs."""
    router = APIRouter()
    results, jobs = deployment.results, deployment.jobs
    lifetime = timedelta(seconds=deployment.config.link_seconds)

    def prepare(planned: UploadRequest) -> UploadForm:
        store = deployment.uploads
        job_id = str(uuid.uuid4())
        key = upload_key(job_id, upload_name(planned.filename))
        settings, warnings = None, list[str]()
        if planned.settings is not None:
            chosen, warnings = validate_settings(planned.settings)
            settings = chosen.as_given()
        form = store.presign(key, planned.content_type, settings, lifetime)
        jobs.save(JobRecord(job_id=job_id, state="queued", key=key, settings=settings))
        return UploadForm(
            job_id=job_id,
            url=form.url,
            fields=form.fields,
            key=key,
            max_bytes=store.max_bytes,
            expires_at=form.expires_at,
            job_url=f"/api/v1/jobs/{job_id}",
            warnings=warnings,
        )

    @router.post(
        "/api/v1/uploads",
        status_code=201,
        responses={201: _PREPARED, **_ERRORS},
        openapi_extra=json_body(UploadRequest),
        operation_id="prepareUpload",
        summary="Prepare an upload",
        response_description="A form to upload the image with, and the address of its job.",
        tags=["Large files"],
    )
    async def upload(request: Request) -> UploadForm:
        planned = await read_body(request, UploadRequest)
        return await to_thread.run_sync(prepare, planned)

    @router.get(
        "/api/v1/jobs/{jobId}",
        responses=errors(NotFound("No such job"), NO_CREDENTIALS, STORE_GONE),
        operation_id="job",
        summary="Get the state of a job",
        response_description="The job: queued, done or failed.",
        tags=["Large files"],
    )
    def job(job_id: JobIdInPath) -> JobStatus:
        record = jobs.load(str(job_id))
        if record is None:
            raise NotFound("No such job")
        return _ANSWERS[record.state](record, results)

    return router


def _queued(record: JobRecord, _: ResultStore) -> QueuedJob:
    last_error = ErrorResponse.model_validate(record.error) if record.error else None
    return QueuedJob(**_common(record), state="queued", last_error=last_error)


def _failed(record: JobRecord, _: ResultStore) -> FailedJob:
    return FailedJob.model_validate({**(record.error or {}), **_common(record), "state": "failed"})


def _done(record: JobRecord, results: ResultStore) -> DoneJob:
    answer = record.answer or {}
    folder = record.folder or ""
    link = results.link(folder, answer["filename"])
    fresh: dict[str, Any] = {"downloadUrl": link.url, "expiresAt": link.expires_at}
    if "results" in answer:
        fresh["results"] = [
            {**each, "downloadUrl": results.link(folder, each["filename"]).url}
            for each in answer["results"]
        ]
    return DoneJob.model_validate({**answer, **fresh, **_common(record), "state": "done"})


def _common(record: JobRecord) -> dict[str, Any]:
    return {
        "job_id": record.job_id,
        "key": record.key,
        "created_at": record.created_at,
        "updated_at": record.updated_at,
    }


_ANSWERS: dict[str, Callable[[JobRecord, ResultStore], QueuedJob | FailedJob | DoneJob]] = {
    "queued": _queued,
    "failed": _failed,
    "done": _done,
}
