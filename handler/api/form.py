"""The multipart form of a request: one image or several, and their settings."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from handler.api.body_memory import BodyMemory
from handler.api.client_job_id import FIELD, keep_client_job_id
from handler.api.form_parser import FILE_FIELDS, SETTINGS, parse_form
from handler.errors import NoImage, TooManyImages
from handler.jobs.job import Job
from handler.problems import FieldProblem, printable_name, shown
from handler.settings import CropSettings, parse_settings, validate_settings
from handler.settings.text_values import settings_from_text

_MULTIPART = "multipart/form-data"
# A batch can have a hundred files, so larger ones are on disk.
_SMALL_FILE_BYTES = 64 * 1024
# Fields that are no settings: of the reference's clients, and that of RFC 7578 for the charset.
_OTHER_FIELDS = ("clientJobId", "fileId", "_charset_")
_BYTE_ORDER_MARK = "\ufeff"

NamedJob = tuple[str | None, Callable[[], Job]]
"""The name of a file, and a function that returns its job."""


async def read_job(request: Request, memory: BodyMemory) -> Job:
    """Read the file and the settings of a request.

    As in the reference, the field of the file may have any name. A file field of a browser's form
    in which no file is chosen is ignored.

    Args:
        request: the request.
        memory: the memory that the file may use until all of it has arrived.

    Raises:
        NoImage, TooManyImages, BadForm, InvalidClientJobId, SettingsNotJson, InvalidSettings,
            BodyTooLarge: the form is not accepted.
    """
    with memory.reserved(request) as in_memory:
        async with _opened(request, "the image", "file", in_memory) as form:
            return await _job_of(form, request)


async def _job_of(form: FormData, request: Request) -> Job:
    files = [file for file in _files(form) if file.filename or file.size]
    if len(files) > 1:
        raise TooManyImages
    settings, warnings = _settings(form)
    data = await files[0].read() if files else b""
    if not data:
        raise NoImage
    return Job(data, files[0].filename, settings, warnings, request.state.request_id)


@asynccontextmanager
async def read_batch(request: Request) -> AsyncIterator[list[NamedJob]]:
    """Read the files of a request, at least one, and their common settings.

    Every file has a place in the list, also an empty one. Small files are in memory and larger
    ones on disk, until the context is left.

    Raises:
        NoImage, BadForm, InvalidClientJobId, SettingsNotJson, InvalidSettings, BodyTooLarge: the
            form is not accepted.
    """
    async with _opened(request, "the images", "files", _SMALL_FILE_BYTES) as form:
        files = _files(form)
        settings, warnings = _settings(form)

        def read(file: UploadFile) -> Job:
            data = file.file.read()
            return Job(data, file.filename, settings, warnings, request.state.request_id)

        yield [(file.filename, partial(read, file)) for file in files]


@asynccontextmanager
async def _opened(
    request: Request, what: str, field: str, in_memory: int
) -> AsyncIterator[FormData]:
    if not request.headers.get("content-type", "").lower().startswith(_MULTIPART):
        raise NoImage(f"Send {what} as {_MULTIPART}, in a field named {field}")
    form = await parse_form(request, in_memory)
    try:
        keep_client_job_id(request, form.get(FIELD))
        yield form
    finally:
        await form.close()


def _files(form: FormData) -> list[UploadFile]:
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    if not files:
        texts = [problem.message for problem in _texts_for_files(form)]
        raise NoImage("; ".join(texts) or None)
    return files


def _settings(form: FormData) -> tuple[CropSettings, list[str]]:
    """Return the settings of the field for all of them, or of fields of their own."""
    ignored = [f"{problem.message}; ignored" for problem in _texts_for_files(form)]
    fields = [
        (name, value)
        for name, value in form.multi_items()
        if isinstance(value, str) and name not in (SETTINGS, *FILE_FIELDS, *_OTHER_FIELDS)
    ]
    whole = form.get(SETTINGS)
    text = whole.removeprefix(_BYTE_ORDER_MARK) if isinstance(whole, str) else ""
    if not text.strip():
        settings, warnings = validate_settings(settings_from_text(fields))
        return settings, [*warnings, *ignored]
    settings, warnings = parse_settings(text)
    if fields:
        names = ", ".join(dict.fromkeys(printable_name(name) for name, _ in fields))
        ignored.append(f"{names}: ignored, because the form has the field {SETTINGS}")
    return settings, [*warnings, *ignored]


def _texts_for_files(form: FormData) -> Sequence[FieldProblem]:
    """Return a problem for each field of a file that has text, such as the name of the file."""
    return [
        FieldProblem(name, "a file", f"the text {shown(value)}")
        for name, value in form.multi_items()
        if name in FILE_FIELDS and isinstance(value, str)
    ]
