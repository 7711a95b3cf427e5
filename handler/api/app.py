"""The app: routes, error handlers and middleware."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from handler import __version__
from handler.api.aliases import AliasMiddleware
from handler.api.batch_routes import create_batch_router
from handler.api.crop_routes import create_router, download_path
from handler.api.guide import guide_routes
from handler.api.job_queue import JobQueue
from handler.api.middleware import RequestMiddleware, error_response
from handler.api.openapi import DescribedApp
from handler.api.origins import AcceptedOrigins, accept_origins
from handler.api.page import page_headers, page_routes
from handler.api.picture_response import ResponseKind
from handler.api.progress_routes import create_progress_router
from handler.api.tracked_jobs import TrackedJobs
from handler.api.upload_routes import create_uploads_router
from handler.config import Config
from handler.errors import BadForm, InvalidSettings, MethodNotAllowed, NotFound, SmartCropError
from handler.jobs.budget import memory_of
from handler.jobs.deployment import Deployment
from handler.problems import FieldProblem, shown
from handler.settings.validation import described

# Share of the memory that the bodies of running and waiting requests may take.
_BODIES_SHARE = 0.25
# The query parameters that are not booleans.
_PARAMETERS: dict[str, object] = {"response": ResponseKind}
_HTTP_ERRORS: dict[int, type[SmartCropError]] = {404: NotFound, 405: MethodNotAllowed}


def create_app(config: Config, accepted: AcceptedOrigins | None = None) -> FastAPI:
    """Create the app of a deployment.

    Args:
        config: the configuration.
        accepted: hosts and origins that the app accepts; None for all, if what is in front of the
            app checks them.

    Returns:
        The app, with its `JobQueue` as ``state.queue``.

    Raises:
        ValueError: the configured store cannot be opened.
    """
    deployment = Deployment(config, download_path)
    most_bytes = round(_BODIES_SHARE * memory_of(config))
    queue = JobQueue(config.queue, most_bytes, config.max_body_bytes, config.jobs)
    jobs = TrackedJobs(deployment, queue)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await jobs.end()

    app = DescribedApp(
        title="Smart Crop",
        summary="Crop images to their subject.",
        version=__version__,
        # FastAPI's own pages load scripts from other servers.
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.queue = queue
    queue.on_stop = jobs.board.close
    app.include_router(create_router(deployment, queue, jobs))
    app.include_router(create_batch_router(deployment, queue, jobs))
    app.include_router(create_uploads_router(deployment))
    app.include_router(create_progress_router(deployment, jobs.board))
    headers = page_headers(config)
    app.router.routes.extend(page_routes(headers))
    app.include_router(guide_routes(headers))
    app.add_exception_handler(SmartCropError, _answer_error)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid_request)
    app.add_middleware(AliasMiddleware)
    app.add_middleware(RequestMiddleware, max_body_bytes=config.max_body_bytes)
    if accepted is not None:
        accept_origins(app, accepted)
    return app


async def _answer_error(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, SmartCropError):
        raise error
    return error_response(error)


async def _answer_http_error(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, HTTPException):
        raise error
    kind = _HTTP_ERRORS.get(error.status_code)
    answer = await _answer_error(request, kind() if kind else BadForm(str(error.detail)))
    answer.headers.update(error.headers or {})
    return answer


async def _answer_invalid_request(request: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, RequestValidationError):
        raise error
    errors = error.errors()
    if any(each["loc"][0] == "path" for each in errors):  # no resource has such a path
        return await _answer_error(request, NotFound())
    problems = (
        FieldProblem(
            str(each["loc"][-1]),
            described(_PARAMETERS.get(str(each["loc"][-1]), bool)),
            shown(each["input"]),
        )
        for each in errors
    )
    return await _answer_error(request, InvalidSettings(*problems))
