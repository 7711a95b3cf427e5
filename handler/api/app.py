"""The app: routes, error answers and what is wrapped around every request."""

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from handler import __version__
from handler.api.batch_routes import create_batch_router
from handler.api.crop_routes import create_router, download_path
from handler.api.middleware import Boundary
from handler.api.openapi import DescribedApp
from handler.api.page import page_routes
from handler.api.upload_routes import create_uploads_router
from handler.config import Config
from handler.errors import BadForm, InvalidSettings, MethodNotAllowed, NotFound, SmartCropError
from handler.jobs.deployment import Deployment

_HTTP_ERRORS: dict[int, type[SmartCropError]] = {404: NotFound, 405: MethodNotAllowed}


def create_app(config: Config) -> FastAPI:
    """Build the app for a deployment.

    Raises:
        ValueError: the configured store cannot be opened.
    """
    deployment = Deployment(config, download_path)
    app = DescribedApp(
        title="Smart Crop",
        summary="One photograph in, the right part of it out.",
        version=__version__,
        # FastAPI's own load scripts from elsewhere.
        docs_url=None,
        redoc_url=None,
    )
    app.include_router(create_router(deployment))
    app.include_router(create_batch_router(deployment))
    app.include_router(create_uploads_router(deployment))
    app.include_router(page_routes(config))
    app.add_exception_handler(SmartCropError, _answer_error)
    app.add_exception_handler(HTTPException, _answer_http_error)
    app.add_exception_handler(RequestValidationError, _answer_invalid_request)
    app.add_middleware(Boundary, max_body_bytes=config.max_body_bytes)
    return app


async def _answer_error(_: Request, error: Exception) -> JSONResponse:
    if not isinstance(error, SmartCropError):
        raise error
    return JSONResponse(error.answer(), error.status)


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
    places = [problem["loc"] for problem in error.errors()]
    if any(place[0] == "path" for place in places):  # it names nothing
        return await _answer_error(request, NotFound())
    names = ", ".join(str(place[-1]) for place in places)
    return await _answer_error(request, InvalidSettings(f"{names}: not taken in the URL"))
