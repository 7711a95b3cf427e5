"""The multipart form of a request: one image or several, and settings as a JSON string."""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from handler.api.client_job_id import FIELD, keep_client_job_id
from handler.errors import BadForm, NoImage, TooManyImages
from handler.jobs.job import Job
from handler.settings import CropSettings, parse_settings
from handler.storage import TEMPORARY_FILES, unavailable

_MULTIPART = "multipart/form-data"
# Settings have a few hundred bytes.
_MAX_FIELD_BYTES = 64 * 1024
MAX_PARTS = 100
# A batch can have a hundred files, so larger ones are on disk.
_SMALL_FILE_BYTES = 64 * 1024
# What the names and the settings of a form are decoded with. The list is explicit, because Python
# has codecs that are no charsets, and what those refuse differs from one version to the next.
_CHARSETS = frozenset(
    {
        *("utf-8", "utf8", "us-ascii", "ascii"),
        *("iso-8859-1", "iso8859-1", "latin-1", "latin1", "iso-8859-15", "iso8859-15"),
        *("windows-1252", "cp1252"),
    }
)

NamedJob = tuple[str | None, Callable[[], Job]]
"""The name of a file, and a function that returns its job."""


async def read_job(request: Request) -> Job:
    """Read the file and the settings of a request.

    As in the reference, the field of the file may have any name.

    Raises:
        NoImage, TooManyImages, BadForm, InvalidClientJobId, SettingsNotJson, InvalidSettings,
            BodyTooLarge: the form is not accepted.
    """
    async with _opened(request, "the image", "file") as form:
        file = _only_file(form)
        settings, warnings = _settings(form)
        data = await file.read()
    if not data:
        raise NoImage
    return Job(data, file.filename, settings, warnings, request.state.request_id)


@asynccontextmanager
async def read_batch(request: Request) -> AsyncIterator[list[NamedJob]]:
    """Read the files of a request, at least one, and their common settings.

    Small files are in memory and larger ones on disk, until the context is left.

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
    request: Request, what: str, field: str, in_memory: int = MultiPartParser.spool_max_size
) -> AsyncIterator[FormData]:
    if not request.headers.get("content-type", "").lower().startswith(_MULTIPART):
        raise NoImage(f"Send {what} as {_MULTIPART}, in a field named {field}")
    form = await _parse(request, in_memory)
    try:
        keep_client_job_id(request, form.get(FIELD))
        yield form
    finally:
        await form.close()


def _settings(form: FormData) -> tuple[CropSettings, list[str]]:
    text = form.get("settings")
    return parse_settings(text if isinstance(text, str) else None)


class _FormParser(MultiPartParser):
    """A form parser that knows whether the form was complete; Starlette's does not."""

    ended = False

    def on_end(self) -> None:
        self.ended = True


def _check_charset(content_type: str) -> None:
    _, options = parse_options_header(content_type)
    charset = options.get(b"charset", b"utf-8").decode("latin-1")
    if charset.strip().lower().replace("_", "-") not in _CHARSETS:
        raise BadForm("The charset of the form is not supported; send it as utf-8")


async def _parse(request: Request, in_memory: int) -> FormData:
    _check_charset(request.headers["content-type"])

    async def stream() -> AsyncGenerator[bytes, None]:
        received = 0
        async for chunk in request.stream():
            received += len(chunk)
            yield chunk
        # An error that is raised here makes the parser close its files.
        if received and not parser.ended:
            raise BadForm("The form ends before its last boundary")

    parser = _FormParser(
        request.headers,
        stream(),
        max_files=MAX_PARTS,
        max_fields=MAX_PARTS,
        max_part_size=_MAX_FIELD_BYTES,
    )
    parser.spool_max_size = in_memory
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise BadForm(error.message) from error
    except OSError as error:
        raise unavailable("The form could not be read", error, TEMPORARY_FILES) from error


def _files(form: FormData) -> list[UploadFile]:
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    if not files:
        raise NoImage
    return files


def _only_file(form: FormData) -> UploadFile:
    files = _files(form)
    if len(files) > 1:
        raise TooManyImages
    return files[0]
