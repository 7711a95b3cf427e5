"""The route that crops several images, and answers a ZIP of the results."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from string import printable
from typing import Any
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from handler.api.deadline import deadline_of
from handler.api.form import NamedJob, read_batch
from handler.api.job_queue import JobQueue
from handler.api.json_body import is_json, read_uploaded_batch
from handler.api.openapi import Responses, errors, text_header
from handler.api.openapi_bodies import batch_body
from handler.api.openapi_examples import (
    BODY_TOO_LARGE,
    INVALID_SETTINGS,
    NO_CREDENTIALS,
    SETTINGS_NOT_JSON,
    STORE_FULL,
)
from handler.config import Config
from handler.errors import (
    BadForm,
    DecoderUnavailable,
    FeatureDamaged,
    FeatureMissing,
    InvalidRequest,
    NoImage,
    UploadsMissing,
)
from handler.filenames import content_disposition
from handler.jobs.deployment import Deployment
from handler.jobs.responses import BatchError, BatchResult, ErrorResponse, FileResult
from handler.jobs.zip_batch import Batch
from handler.problems import FieldProblem
from handler.storage import ResultStore

_ZIP = "application/zip"
# Enough to write the ZIP to the store.
_SECONDS_TO_ANSWER = 8.0
# Clients in Node accept 16 KiB of headers in total, API Gateway 10 KiB.
_MAX_HEADER_BYTES = 14_000
_MAX_LAMBDA_HEADER_BYTES = 7_000
# Printable ASCII, without the character that begins an encoded one.
_UNENCODED = "".join(each for each in printable if each.isprintable() and each != "%")

_JOB_ID = text_header("Id of the batch.")
_RESPONSES: Responses = {
    200: {
        "description": "The ZIP, or a link to it for a client that accepts only JSON.",
        "headers": {
            "X-Job-Id": _JOB_ID,
            "X-File-Results": text_header(
                "A percent-encoded JSON object: the index of each file, from 0, and the name of "
                "its result in the ZIP, or a list of names if the settings have sizes."
            ),
            "X-File-Errors": text_header(
                "A percent-encoded JSON object: the index of each file that failed, and its "
                "error. Absent if none failed."
            ),
            "Content-Disposition": text_header("Makes a browser save the ZIP under its name."),
        },
        "content": {_ZIP: {"schema": {"type": "string", "format": "binary"}}},
        "model": BatchResult,
    },
    303: {
        "description": "The ZIP is too large for an answer, and is in the object store.",
        "headers": {"X-Job-Id": _JOB_ID, "Location": text_header("Link to the ZIP.")},
        "model": BatchResult,
    },
    **errors(
        NoImage("Send the images as multipart/form-data, in a field named files"),
        BadForm("Too many files. Maximum number of files is 100."),
        SETTINGS_NOT_JSON,
        INVALID_SETTINGS,
        InvalidRequest(FieldProblem("keys", "a list of 1 to 100 keys", "[]")),
        BODY_TOO_LARGE,
        FeatureMissing(),
        UploadsMissing(),
        DecoderUnavailable(),
        NO_CREDENTIALS,
        STORE_FULL,
        FeatureDamaged(),
    ),
    422: {"description": "No file could be cropped.", "model": BatchError},
}


def create_batch_router(deployment: Deployment, queue: JobQueue) -> APIRouter:
    """Return the route that crops several pictures into one ZIP."""
    config, service = deployment.config, deployment.service
    router = APIRouter()

    @router.post(
        "/api/v1/tools/smart-crop/batch",
        response_class=Response,
        responses=_RESPONSES,
        openapi_extra=batch_body(),
        operation_id="batch",
        summary="Crop several images",
        tags=["Crop"],
    )
    async def crop_batch(request: Request) -> Response:
        queue.check()
        batch = Batch(service, config.max_zip_bytes, deadline_of(request, _SECONDS_TO_ANSWER))
        try:
            async with _jobs(request, deployment) as jobs:
                with queue.place(request) as place:
                    for source, fetch in jobs:
                        await place.run(partial(batch.add, source, fetch))
            return await _answer(request, batch, config, deployment.results)
        except BaseException:
            batch.close()
            raise

    return router


@asynccontextmanager
async def _jobs(request: Request, deployment: Deployment) -> AsyncIterator[list[NamedJob]]:
    if is_json(request):
        yield await read_uploaded_batch(request, deployment)
    else:
        async with read_batch(request) as jobs:
            yield jobs


async def _answer(request: Request, batch: Batch, config: Config, results: ResultStore) -> Response:
    size = await to_thread.run_sync(batch.finish)
    headers = {"X-Job-Id": batch.job_id}
    listed = _file_headers(batch)
    limit = _MAX_HEADER_BYTES if config.max_answer_bytes is None else _MAX_LAMBDA_HEADER_BYTES
    fits = sum(map(len, listed.values())) <= limit
    if _accepts_json_only(request):
        answer = await to_thread.run_sync(_save, batch, size, results)
        return JSONResponse(_dumped(answer), headers=headers)
    if fits and (config.max_answer_bytes is None or size <= config.max_answer_bytes):
        headers |= listed | {
            "Content-Disposition": content_disposition(batch.filename),
            "Content-Length": str(size),
        }
        return StreamingResponse(batch.chunks(), headers=headers, media_type=_ZIP)
    answer = await to_thread.run_sync(_save, batch, size, results)
    return JSONResponse(_dumped(answer), 303, {**headers, "Location": answer.download_url})


def _accepts_json_only(request: Request) -> bool:
    accepted = request.headers.get("accept", "*/*")
    return "application/json" in accepted and "*/*" not in accepted and _ZIP not in accepted


def _file_headers(batch: Batch) -> dict[str, str]:
    """Return the outcome of each file, as headers."""
    names: dict[int, str | tuple[str, ...]] = {}
    reasons: dict[int, str] = {}
    for index, file in enumerate(batch.files):
        if file.error is None:
            names[index] = file.filenames if file.has_sizes else file.filenames[0]
        else:
            reasons[index] = file.error.in_words
    listed = {"X-File-Results": _encoded(names)}
    return listed | {"X-File-Errors": _encoded(reasons)} if reasons else listed


def _encoded(values: dict[int, Any]) -> str:
    """Return JSON for a header; the reference encodes more characters than it has to."""
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return quote(text.encode(errors="replace"), safe=_UNENCODED)


def _save(batch: Batch, size: int, results: ResultStore) -> BatchResult:
    results.save(batch.job_id, batch.filename, batch.rewound(), _ZIP)
    batch.close()
    link = results.link(batch.job_id, batch.filename)
    return BatchResult(
        job_id=batch.job_id,
        download_url=link.url,
        original_size=batch.original_size,
        processed_size=size,
        filename=batch.filename,
        content_type=_ZIP,
        expires_at=link.expires_at,
        files=[
            FileResult(
                filename=file.source or "",
                results=list(file.filenames),
                error=ErrorResponse.model_validate(file.error.answer()) if file.error else None,
                warnings=list(file.warnings),
            )
            for file in batch.files
        ],
        warnings=batch.warnings,
    )


def _dumped(answer: BatchResult) -> dict[str, Any]:
    return answer.model_dump(mode="json", by_alias=True)
