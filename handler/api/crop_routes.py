"""The routes that crop one image, fetch results and describe the deployment."""

import uuid
from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, get_args
from urllib.parse import quote

from fastapi import APIRouter, Path, Query, Request
from msgspec.structs import replace
from pydantic import WithJsonSchema
from starlette.responses import Response

from handler import __version__
from handler.api.aliases import TOOL
from handler.api.deadline import deadline_of
from handler.api.form import read_job
from handler.api.http_errors import InvalidClientJobId, NotAcceptable, RangeNotSatisfiable
from handler.api.job_queue import JobQueue
from handler.api.json_body import is_json, read_uploaded
from handler.api.openapi import Responses, errors, link, text_header
from handler.api.openapi_bodies import image_body
from handler.api.openapi_examples import (
    BODY_TOO_LARGE,
    INVALID_SETTINGS,
    NO_CREDENTIALS,
    OBJECT_UNREADABLE,
    SETTINGS_NOT_JSON,
    STORE_FULL,
    STORE_GONE,
)
from handler.api.openapi_jobs import ACCEPTED, JOB_ID_HEADER, PREFER
from handler.api.picture_response import (
    PLAN_HEADER,
    WARNINGS_HEADER,
    PictureRequest,
    ResponseKind,
    picture_request,
    picture_response,
)
from handler.api.stored_file import stored_file
from handler.api.tracked_jobs import TrackedJobs
from handler.codec import FORMATS, available_formats, sandbox_parts
from handler.errors import (
    BadForm,
    DecoderUnavailable,
    FeatureDamaged,
    FeatureMissing,
    InvalidImage,
    InvalidRequest,
    NoFaces,
    NoImage,
    NotFound,
    ObjectTooLarge,
    OutOfTime,
    OverBudget,
    ProcessingFailed,
    TooManyImages,
    UploadsMissing,
)
from handler.filenames import is_result_name
from handler.jobs.deployment import Deployment
from handler.jobs.job import Job
from handler.jobs.responses import AnalyzeResult, CropResult
from handler.jobs.status_responses import Health, Limits, StoreStatus
from handler.problems import FieldProblem

Picture = Annotated[
    ResponseKind | None,
    # A parameter of a URL cannot be null.
    WithJsonSchema({"type": "string", "enum": list(get_args(ResponseKind))}),
    Query(
        alias="response",
        description="image for the picture itself as the response, json for JSON; without it, the "
        "header Accept decides.",
    ),
]
Overlay = Annotated[bool, Query(description="Also draw the plan on the picture.")]
JobIdInPath = Annotated[uuid.UUID, Path(alias="jobId", description="Id of the job.")]
FilenameInPath = Annotated[str, Path(description="Name of the result, as in the answer.")]

# Enough to render, to encode and to store the results.
_SECONDS_TO_ANSWER = 5.0
_ERRORS = errors(
    NoImage("Send the image as multipart/form-data, in a field named file"),
    TooManyImages(),
    BadForm("The form ends before its last boundary"),
    InvalidClientJobId(),
    InvalidImage("unrecognised format"),
    SETTINGS_NOT_JSON,
    INVALID_SETTINGS,
    InvalidRequest(FieldProblem("key", "text", "null")),
    NotFound("No such object"),
    OBJECT_UNREADABLE,
    BODY_TOO_LARGE,
    ObjectTooLarge(100_000_000, 123_456_789),
    OverBudget(
        "memory: expected at most 1,586 MB, received a job that needs up to 2,063 MB; an image of "
        "9,872 × 7,404 pixels fits; HttpMemory would have to be 2,224 MB"
    ),
    ProcessingFailed("The JPEG data are damaged or incomplete"),
    NoFaces("No face was found at this sensitivity"),
    FeatureMissing(),
    UploadsMissing(),
    DecoderUnavailable(),
    OutOfTime("The image could not be decoded in the time that was left"),
    NO_CREDENTIALS,
    STORE_FULL,
    FeatureDamaged(),
)
_BINARY = {"type": "string", "format": "binary"}
_CROPPED: Responses = {
    200: {
        **link("download", "Fetch the result.", "jobId", "filename"),
        "content": {"image/*": {"schema": _BINARY}},
        "headers": {
            PLAN_HEADER: text_header(
                "The plan as JSON in ASCII, if the response is the picture. A plan of more than "
                "4 KB is shortened, and has the field shortened."
            ),
            WARNINGS_HEADER: text_header(
                "The warnings as a JSON list in ASCII, if the response is the picture and there "
                "are any."
            ),
            "Content-Disposition": text_header("Makes a browser save the picture under its name."),
            "X-Job-Id": JOB_ID_HEADER,
        },
    },
    303: {
        "description": "The picture is too large for an answer, and is in the object store.",
        "headers": {"Location": text_header("Link to the picture.")},
        "model": CropResult,
    },
    **errors(
        NotAcceptable(
            'Accept: expected application/json for a request with several sizes, received "image/*"'
        )
    ),
}
_DOWNLOAD: Responses = {
    200: {
        "content": {type_: {"schema": _BINARY} for type_ in ("image/*", "application/zip")},
        "description": "The image, or the ZIP of a batch.",
        "headers": {
            "Content-Disposition": text_header("Makes a browser save the file under its name."),
            "ETag": text_header("Identifies the content, for If-None-Match and If-Range."),
            "Last-Modified": text_header("Time of the crop, for If-Modified-Since and If-Range."),
            "Accept-Ranges": text_header("The unit of ranges, which is bytes."),
        },
    },
    206: {
        "content": {type_: {"schema": _BINARY} for type_ in ("image/*", "application/zip")},
        "description": "The bytes of the header Range. Several ranges are answered with 200.",
        "headers": {"Content-Range": text_header("Position of the bytes, and size of the file.")},
    },
    304: {"description": "The client has the current file."},
    307: {
        "description": "The file is in the object store; the link to it is new.",
        "headers": {"Location": text_header("Link to the file.")},
    },
    **errors(
        NotFound("No such result"),
        RangeNotSatisfiable(
            'Range: expected bytes of a file of 2,048 bytes, received "bytes=2048-"'
        ),
        NO_CREDENTIALS,
        STORE_GONE,
    ),
}


def download_path(folder: str, filename: str) -> str:
    """Return the path of the route that serves a result from a directory."""
    return f"/api/v1/download/{folder}/{quote(filename)}"


def _drawn(
    picture: PictureRequest, job: Callable[[], Job], overlay: bool, deployment: Deployment
) -> Response:
    """Crop a picture, and return it as the response."""
    prepared = picture.prepared(replace(job(), overlay=overlay))
    limit = deployment.config.max_answer_bytes
    return picture_response(deployment.service.crop_within(prepared, limit))


def create_router(deployment: Deployment, queue: JobQueue, jobs: TrackedJobs) -> APIRouter:
    """Return the routes that crop, analyze, serve results and report health."""
    config, service = deployment.config, deployment.service
    router = APIRouter()
    described: Any = {"openapi_extra": image_body(), "tags": ["Crop"]}

    async def read(request: Request) -> Callable[[], Job]:
        queue.check(request)
        deadline = deadline_of(request, _SECONDS_TO_ANSWER)
        if is_json(request):
            fetch = await read_uploaded(request, deployment)
            return lambda: replace(fetch(), deadline=deadline)
        job = await read_job(request, queue.received)
        return lambda: replace(job, deadline=deadline)

    @router.post(
        TOOL,
        operation_id="crop",
        summary="Crop an image",
        response_description="The result, and the plan that it follows.",
        response_model=CropResult,
        responses={**_CROPPED, **ACCEPTED, **_ERRORS},
        openapi_extra={**image_body(), "parameters": [PREFER]},
        tags=["Crop"],
    )
    async def crop(
        request: Request, answer: Response, overlay: Overlay = False, response: Picture = None
    ) -> CropResult | Response:
        picture = picture_request(request.headers, response)
        job = await read(request)
        if picture is not None:
            draw = partial(_drawn, picture, job, overlay, deployment)
            with queue.place(request) as place:
                return await place.run(draw)

        def call(job_id: str) -> CropResult:
            return service.crop(replace(job(), overlay=overlay, job_id=job_id, preview=True))

        return await jobs.crop(request, answer, call)

    @router.post(
        f"{TOOL}/analyze",
        operation_id="analyze",
        summary="Plan a crop",
        response_description="The plan that a crop with the same settings follows.",
        responses=_ERRORS,
        **described,
    )
    async def analyze(request: Request, overlay: Overlay = False) -> AnalyzeResult:
        job = await read(request)
        with queue.place(request) as place:
            return await place.run(lambda: service.analyze(replace(job(), overlay=overlay)))

    @router.get(
        "/api/v1/download/{jobId}/{filename}",
        response_class=Response,
        responses=_DOWNLOAD,
        operation_id="download",
        summary="Fetch a result",
        tags=["Results"],
    )
    def download(request: Request, job_id: JobIdInPath, filename: FilenameInPath) -> Response:
        if not is_result_name(filename):  # needs no request to the store
            raise NotFound("No such result")
        return stored_file(deployment.results, str(job_id), filename, request)

    @router.get(
        "/api/v1/health",
        operation_id="health",
        summary="Describe the deployment",
        response_description="Version, state, formats, features and limits.",
        tags=["Deployment"],
    )
    def health() -> Health:
        failure = deployment.results.health.failure()
        return Health(
            status="ok" if failure is None else "degraded",
            version=__version__,
            formats={name: name in available_formats() for name in FORMATS},
            features={
                "face-detection": service.finds_faces,
                "object-detection": service.finds_objects,
            },
            evidence=service.evidence,
            sandbox=sandbox_parts(),
            store=StoreStatus(status="unavailable" if failure else "ok", reason=failure),
            limits=Limits(
                max_body_bytes=config.max_body_bytes,
                max_upload_bytes=config.max_object_bytes if config.uploads else None,
                max_pixels=config.max_pixels,
            ),
        )

    return router
