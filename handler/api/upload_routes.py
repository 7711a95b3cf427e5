"""Forms to upload files too large for a request, and the state of the jobs that crop them."""

import uuid
from datetime import timedelta

from anyio import to_thread
from fastapi import APIRouter, Request

from handler.api.job_states import AnyJobId, JobStatus, find_record, job_status
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
from handler.jobs.status_responses import UploadForm
from handler.problems import FieldProblem
from handler.settings import validate_settings
from handler.storage import JobRecord, upload_key

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
        store = deployment.sources.uploads
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
    def job(job_id: AnyJobId) -> JobStatus:
        record = find_record(jobs, results, job_id)
        if record is None:
            raise NotFound("No such job")
        return job_status(record, results)

    return router
