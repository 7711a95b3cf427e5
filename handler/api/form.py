"""The multipart form of a request: one image, and settings as a JSON string."""

from collections.abc import AsyncGenerator

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from handler.errors import BadForm, NoImage, TooManyImages
from handler.service import Job
from handler.settings import parse_settings

_MULTIPART = "multipart/form-data"
# Settings are a few hundred bytes.
_MAX_FIELD_BYTES = 64 * 1024
_MAX_PARTS = 100


async def read_job(request: Request) -> Job:
    """Read the file and the settings out of a request.

    As in the reference, a file is taken under any field name.

    Raises:
        NoImage, TooManyImages, BadForm, SettingsNotJson, InvalidSettings, BodyTooLarge: the form
            is not as it should be.
    """
    if not request.headers.get("content-type", "").lower().startswith(_MULTIPART):
        raise NoImage(f"Send the image as {_MULTIPART}, in a field named file")
    form = await _parse(request)
    try:
        file = _only_file(form)
        text = form.get("settings")
        settings, warnings = parse_settings(text if isinstance(text, str) else None)
        data = await file.read()
    finally:
        await form.close()
    if not data:
        raise NoImage
    return Job(data, file.filename, settings, warnings, request.state.request_id)


class _FormParser(MultiPartParser):
    """Starlette's, which takes a form that breaks off for a whole one."""

    ended = False

    def on_end(self) -> None:
        self.ended = True


async def _parse(request: Request) -> FormData:
    async def stream() -> AsyncGenerator[bytes, None]:
        taken = 0
        async for chunk in request.stream():
            taken += len(chunk)
            yield chunk
        # Raised in here, it has the parser close its files.
        if taken and not parser.ended:
            raise BadForm("The form breaks off before its end")

    parser = _FormParser(
        request.headers,
        stream(),
        max_files=_MAX_PARTS,
        max_fields=_MAX_PARTS,
        max_part_size=_MAX_FIELD_BYTES,
    )
    try:
        return await parser.parse()
    except MultiPartException as error:
        raise BadForm(error.message) from error
    except ValueError as error:
        raise BadForm("The charset that is named is not that of the form") from error


def _only_file(form: FormData) -> UploadFile:
    files = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
    if not files:
        raise NoImage
    if len(files) > 1:
        raise TooManyImages
    return files[0]
