"""The route that crops several images, and answers a ZIP of the results."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from functools import partial
from string import printable
from typing import Any
from urllib.parse import quote

from anyio import to_thread
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from handler.api.aliases import TOOL
from handler.api.deadline import deadline_of
from handler.api.form import NamedJob, read_batch
from handler.api.http_errors import InvalidClientJobId, JobIdInUse
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
from handler.api.openapi_jobs import ACCEPTED, JOB_ID_HEADER, PREFER
from handler.api.tracked_jobs import TrackedJobs, ended, prefers_async
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
from handler.jobs.tracking import Tracker
from handler.jobs.zip_batch import Batch
from handler.problems import FieldProblem
from handler.storage import Link, ResultStore

_ZIP = "application/zip"
# Enough to write the ZIP to the store.
_SECONDS_TO_ANSWER = 8.0
# Clients in Node accept 16 KiB of headers in total, API Gateway 10 KiB.
_MAX_HEADER_BYTES = 14_000
_MAX_LAMBDA_HEADER_BYTES = 7_000
# Printable ASCII, without the character that begins an encoded one.
_UNENCODED = "".join(each for each in printable if each.isprintable() and each != "%")

_RESPONSES: Responses = {
    200: {
        "description": "The ZIP, or a link to it for a client that accepts only JSON.",
        "headers": {
            "X-Job-Id": JOB_ID_HEADER,
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
    **ACCEPTED,
    303: {
        "description": "The ZIP is too large for an answer, and is in the object store.",
        "headers": {"X-Job-Id": JOB_ID_HEADER, "Location": text_header("Link to the ZIP.")},
        "model": BatchResult,
    },
    **errors(
        NoImage("Send the images as multipart/form-data, in a field named files"),
        BadForm("Too many files. Maximum number of files is 100."),
        InvalidClientJobId(),
        JobIdInUse(),
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


def create_batch_router(deployment: Deployment, queue: JobQueue, tracked: TrackedJobs) -> APIRouter:
    """Return the route that crops several pictures into one ZIP."""
    config, service, results = deployment.config, deployment.service, deployment.results
    router = APIRouter()

    @router.post(
        f"{TOOL}/batch",
        response_class=Response,
        responses=_RESPONSES,
        openapi_extra={**batch_body(), "parameters": [PREFER]},
        operation_id="batch",
        summary="Crop several images",
        tags=["Crop"],
    )
    async def crop_batch(request: Request) -> Response:
        queue.check(request)
        deadline = deadline_of(request, _SECONDS_TO_ANSWER)
        async with AsyncExitStack() as held:
            jobs = await held.enter_async_context(_jobs(request, deployment))
            place = held.enter_context(tracked.place(request))
            tracker = await tracked.begin(request, len(jobs))
            batch = Batch(service, config.max_zip_bytes, deadline, tracker.job_id, tracker.shown_id)
            closing = held.enter_context(ExitStack())
            closing.callback(batch.close)

            async def crop_all() -> None:
                for source, fetch in jobs:
                    tracker.batch(batch.files, source)
                    await place.run(partial(batch.add, source, fetch))

            async def save_all() -> None:
                await crop_all()
                size = await to_thread.run_sync(batch.finish)
                await to_thread.run_sync(_save, batch, size, results, tracker)

            if prefers_async(request):
                return await tracked.accept(tracker, save_all, held)
            answers: list[Response] = []

            async def answer_all() -> None:
                await crop_all()
                answers.append(await _answer(request, batch, config, results, tracker))

            await ended(tracker, answer_all)
            closing.pop_all()  # the ZIP is sent after this function
        return answers[0]

    return router


@asynccontextmanager
async def _jobs(request: Request, deployment: Deployment) -> AsyncIterator[list[NamedJob]]:
    if is_json(request):
        yield await read_uploaded_batch(request, deployment)
    else:
        async with read_batch(request) as jobs:
            yield jobs


async def _answer(
    request: Request, batch: Batch, config: Config, results: ResultStore, tracker: Tracker
) -> Response:
    size = await to_thread.run_sync(batch.finish)
    headers = {"X-Job-Id": batch.shown_id}
    listed = _file_headers(batch)
    limit = _MAX_HEADER_BYTES if config.max_answer_bytes is None else _MAX_LAMBDA_HEADER_BYTES
    fits = sum(map(len, listed.values())) <= limit
    is_json = _accepts_json_only(request)
    if (
        not is_json
        and fits
        and (config.max_answer_bytes is None or size <= config.max_answer_bytes)
    ):
        headers |= listed | {
            "Content-Disposition": content_disposition(batch.filename),
            "Content-Length": str(size),
        }
        await to_thread.run_sync(tracker.finish_batch, batch, _described(batch, size, None))
        return StreamingResponse(batch.chunks(), headers=headers, media_type=_ZIP)
    answer = await to_thread.run_sync(_save, batch, size, results, tracker)
    if is_json:
        return JSONResponse(_dumped(answer), headers=headers)
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


def _save(batch: Batch, size: int, results: ResultStore, tracker: Tracker) -> BatchResult:
    """Store the finished ZIP, and return its description."""
    results.save(batch.job_id, batch.filename, batch.rewound(), _ZIP)
    batch.close()
    answer = _described(batch, size, results.link(batch.job_id, batch.filename))
    tracker.finish_batch(batch, answer)
    return answer


def _described(batch: Batch, size: int, link: Link | None) -> BatchResult:
    """Describe a finished batch.

    Args:
        batch: the batch.
        size: size of its ZIP in bytes.
        link: link to the ZIP; None if it is the response.
    """
    return BatchResult(
        job_id=batch.job_id,
        download_url=link.url if link else "",
        original_size=batch.original_size,
        processed_size=size,
        filename=batch.filename,
        content_type=_ZIP,
        expires_at=link.expires_at if link else None,
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
