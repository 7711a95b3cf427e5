"""The JSON answers about uploads, the states of jobs, and the deployment."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from handler.jobs.plan_response import Count, JobId, Link, Response, is_none
from handler.jobs.responses import BatchError, BatchResult, CropResult, ErrorResponse

_STATE = "State of the job."
_WARNINGS = "Unusual properties of the request or the image, as sentences."


class UploadForm(Response):
    """A form to upload a file with, and the job that crops it."""

    job_id: JobId
    url: Link = Field(description="Address to POST the multipart form to.")
    fields: dict[str, str] = Field(
        description="Fields of the form; the file is the last field, named file."
    )
    key: str = Field(description="Key of the file, for the routes that crop uploaded files.")
    max_bytes: Count = Field(description="Size of the largest file that is accepted, in bytes.")
    expires_at: datetime = Field(description="Time at which the form expires.")
    job_url: Link = Field(description="Address of the job.")
    warnings: list[str] = Field(description=_WARNINGS)


class _JobAnswer(Response):
    bucket: str | None = Field(
        default=None,
        exclude_if=is_none,
        description="Bucket of the file; absent before an event has named it.",
    )
    key: str | None = Field(
        description="Key of the file in its bucket; null if it came with the request."
    )
    created_at: datetime = Field(description="Time at which the job was created.")
    updated_at: datetime = Field(description="Time of the last change.")


class QueuedJob(_JobAnswer):
    """A job whose file is not uploaded yet, or not cropped yet."""

    job_id: JobId
    state: Literal["queued"] = Field(description=_STATE)
    last_error: ErrorResponse | None = Field(
        default=None, description="Error of the last attempt; another one follows."
    )


class DoneJob(CropResult, _JobAnswer):
    """A finished job, with the answer of a synchronous crop and a new link."""

    state: Literal["done"] = Field(description=_STATE)


class FailedJob(ErrorResponse, _JobAnswer):
    """A failed job, and its error."""

    job_id: JobId
    state: Literal["failed"] = Field(description=_STATE)


class DoneBatch(BatchResult, _JobAnswer):
    """A finished batch, with a new link."""

    download_url: Link | None = Field(  # type: ignore[assignment]  # wider than a batch's answer
        description="Link to the ZIP; null if the ZIP was the response."
    )
    state: Literal["done"] = Field(description=_STATE)


class FailedBatch(BatchError, _JobAnswer):
    """A batch without results, and the error of each file."""

    job_id: JobId
    state: Literal["failed"] = Field(description=_STATE)


class Limits(Response):
    """The limits of a deployment."""

    max_body_bytes: Count = Field(description="Largest body of a request, in bytes.")
    max_upload_bytes: Count | None = Field(
        description="Largest file for POST /api/v1/uploads, in bytes; null without uploads."
    )
    max_pixels: Count = Field(description="Largest image, in pixels.")


class StoreStatus(Response):
    """The state of the store of results."""

    status: Literal["ok", "unavailable"] = Field(
        description="unavailable if results cannot be written; it becomes ok by itself."
    )
    reason: str | None = Field(description="Reason in words; null if the store works.")


class Health(Response):
    """The version, state, features and limits of a deployment."""

    status: Literal["ok", "degraded"] = Field(
        description="degraded if results cannot be stored; plans are answered as usual."
    )
    version: str = Field(description="Version of the service.")
    formats: dict[str, bool] = Field(description="Formats by name; true if this build reads them.")
    features: dict[str, bool] = Field(description="Features by name; true if they are installed.")
    evidence: list[str] = Field(
        description="Evidence that auto mode looks for before it chooses a window: faces, objects, "
        "text."
    )
    sandbox: dict[str, bool] = Field(
        description="Parts of the sandbox in which files are decoded, by name; true if the "
        "platform has them."
    )
    store: StoreStatus = Field(description="State of the store of results.")
    limits: Limits = Field(description="Limits of requests.")
