"""The routes of the API."""

import os
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Annotated, Any, TypeVar

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Query, Request
from starlette.datastructures import Headers
from starlette.responses import RedirectResponse, Response, StreamingResponse

from handler import __version__
from handler.answers import AnalyzeAnswer, CropAnswer, ErrorAnswer, HealthAnswer, LimitsAnswer
from handler.api.form import read_job
from handler.api.json_body import (
    UploadedImage,
    describe,
    is_json,
    read_uploaded,
    settings_schema,
)
from handler.codec.formats import FORMATS, available_formats, content_type_of
from handler.config import Config
from handler.errors import NotFound
from handler.filename import content_disposition, is_result_name
from handler.service import Job, Service
from handler.storage import ResultStore, UploadStore

Result = TypeVar("Result")
Overlay = Annotated[bool, Query(description="Draw the plan on the picture, too.")]

_TOOL = "/api/v1/tools/smart-crop"
_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorAnswer, "description": text}
    for status, text in (
        (400, "No image, more than one, not an image, or invalid settings."),
        (413, "The body, or the uploaded object, is larger than is taken here."),
        (422, "The picture is damaged."),
        (501, "The feature is not installed."),
        (503, "The object store did not answer."),
    )
}
_NO_OBJECT: dict[int | str, dict[str, Any]] = {
    404: {"model": ErrorAnswer, "description": "There is no uploaded object of that key."}
}
_DOWNLOAD: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/*": {}}, "description": "The picture."},
    304: {"description": "The client has it already."},
    307: {"description": "The picture is at the object store, under a fresh link."},
    404: {"model": ErrorAnswer, "description": "There is no such result."},
}


def _image_schema() -> dict[str, Any]:
    properties = {
        "file": {"type": "string", "format": "binary", "description": "The image."},
        "settings": {
            "type": "string",
            "description": "Settings as a JSON object.",
            "contentMediaType": "application/json",
            "contentSchema": settings_schema(),
            "examples": ['{"mode":"subject","width":1080,"height":1080}'],
        },
    }
    schema = {"type": "object", "required": ["file"], "properties": properties}
    content = {"multipart/form-data": {"schema": schema}, **describe(UploadedImage)}
    return {"requestBody": {"required": True, "content": content}}


@cache
def _workers() -> CapacityLimiter:
    """A crop keeps a core busy and a decoded picture in memory: no more at once than cores."""
    return CapacityLimiter(os.cpu_count() or 1)


async def _work(call: Callable[[], Result]) -> Result:
    return await to_thread.run_sync(call, limiter=_workers())


def create_router(
    config: Config, service: Service, uploads: Callable[[], UploadStore]
) -> APIRouter:
    """The API's routes, bound to a deployment, its service and what opens its uploads store."""
    router = APIRouter(responses=_ERRORS)
    described: Any = {"openapi_extra": _image_schema(), "responses": _NO_OBJECT}

    async def read(request: Request) -> Callable[[], Job]:
        if is_json(request):
            return await read_uploaded(request, uploads)
        job = await read_job(request)
        return lambda: job

    @router.post(_TOOL, summary="Crop an image", **described)
    async def crop(request: Request, overlay: Overlay = False) -> CropAnswer:
        job = await read(request)
        return await _work(lambda: service.crop(replace(job(), overlay=overlay)))

    @router.post(f"{_TOOL}/analyze", summary="Plan a crop", **described)
    async def analyze(request: Request, overlay: Overlay = False) -> AnalyzeAnswer:
        job = await read(request)
        return await _work(lambda: service.analyze(replace(job(), overlay=overlay)))

    @router.get(
        "/api/v1/download/{job_id}/{filename}",
        response_class=Response,
        responses=_DOWNLOAD,
        summary="Fetch a result",
    )
    def download(request: Request, job_id: uuid.UUID, filename: str) -> Response:
        if not is_result_name(filename):  # no store has to be asked
            raise NotFound("No such result")
        return _download(service.results, str(job_id), filename, request.headers)

    @router.get("/api/v1/health", summary="What this deployment can do")
    def health() -> HealthAnswer:
        return HealthAnswer(
            status="ok",
            version=__version__,
            formats={name: name in available_formats() for name in FORMATS},
            features={"face-detection": service.finds_faces},
            limits=LimitsAnswer(
                max_body_bytes=config.max_body_bytes,
                max_upload_bytes=config.max_object_bytes if config.uploads else None,
                max_pixels=config.max_pixels,
            ),
        )

    return router


def _download(results: ResultStore, job_id: str, filename: str, asked: Headers) -> Response:
    if results.signs_links:
        results.check(job_id, filename)
        return RedirectResponse(results.link(job_id, filename).url, status_code=307)
    found = results.read(job_id, filename)
    headers = {
        "Content-Disposition": content_disposition(filename),
        "Cache-Control": "private, max-age=31536000, immutable",
        "ETag": f'"{found.etag}"',
    }
    if _is_known(headers["ETag"], asked.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    headers["Content-Length"] = str(found.size)
    return StreamingResponse(found.chunks, headers=headers, media_type=content_type_of(filename))


def _is_known(etag: str, condition: str) -> bool:
    """Whether If-None-Match names a tag; proxies that compress make strong tags weak."""
    tags = {tag.strip().removeprefix("W/") for tag in condition.split(",")}
    return bool(tags & {etag, "*"})
