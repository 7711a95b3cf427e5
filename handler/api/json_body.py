"""JSON bodies: the key of an uploaded image, or the name of one that is uploaded later."""

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema
from pydantic.alias_generators import to_camel
from starlette.requests import Request

from handler.api.client_job_id import FIELD, PATTERN, keep_client_job_id
from handler.api.form_parser import MAX_PARTS
from handler.errors import InvalidRequest, NoImage
from handler.jobs.deployment import Deployment
from handler.jobs.job import Job
from handler.problems import Expected, FieldProblem, encodable, shown
from handler.settings import validate_settings
from handler.settings.strict_json import parse_json
from handler.settings.validation import problems_of
from handler.storage import Sources, UploadStore

_JSON = "application/json"
# A name and settings have a few hundred bytes.
_MAX_BYTES = 64 * 1024
# Names the body as a whole in errors.
_ROOT = "body"


# The settings are validated separately, because their errors have another code.
_SETTINGS = {"anyOf": [{"$ref": "#/components/schemas/CropSettings"}, {"type": "null"}]}


CLIENT_JOB_ID: dict[str, Any] = {
    "type": "string",
    "maxLength": 128,
    "pattern": PATTERN,
    "description": "Id that the client chooses, by which it can watch the progress of the job: up "
    "to 128 letters, digits, _, - and ., of which the first is a letter or a digit.",
}
"""The JSON schema of an id that a client chooses."""
_CLIENT_JOB_ID_OR_NULL = {
    "anyOf": [
        {key: value for key, value in CLIENT_JOB_ID.items() if key != "description"},
        {"type": "null"},
    ]
}

# Only published: `UploadStore.open` checks keys, with better errors. It rejects control characters,
# and parts of the path that are empty, . or ..
_REJECTED = r"/\u0000-\u001f\u007f-\u009f"
_PART = rf"(\.{{0,2}}[^.{_REJECTED}][^{_REJECTED}]*|\.{{3,}}[^{_REJECTED}]*)"
Key = Annotated[
    str,
    Field(
        json_schema_extra={
            "minLength": 1,
            "maxLength": 900,
            "pattern": rf"^{_PART}(/{_PART})*$",
            "examples": ["uploads/0b9e6a3c-6a51-4a5e-9f0e-4d5b8c0f5a11/portrait.jpg"],
        }
    ),
]


_ALSO_OTHERS = "; with KeysByHttp all, also of any other object in the bucket."
_KEY = f"Key of the object, as POST /api/v1/uploads returns it{_ALSO_OTHERS}"
_KEYS = f"Keys of the objects, as POST /api/v1/uploads returns them{_ALSO_OTHERS}"
# Keys of upload forms begin with it.
_UPLOADED = "uploads/"


class _Body(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, strict=True)

    settings: Annotated[dict[str, Any] | None, WithJsonSchema(_SETTINGS)] = Field(
        default=None,
        description="Settings of the crop. Without it, all settings have their defaults.",
    )


class _JobBody(_Body):
    # Only published: `keep_client_job_id` checks it, with the error of the reference.
    client_job_id: Annotated[Any, WithJsonSchema(_CLIENT_JOB_ID_OR_NULL)] = Field(
        default=None, description=CLIENT_JOB_ID["description"]
    )


class _StoredBody(_JobBody):
    bucket: str | None = Field(
        default=None,
        min_length=3,
        max_length=63,
        description="Bucket of the objects, if it is not that of the uploads. Only deployments "
        "with KeysByHttp all accept it.",
        examples=["my-photos"],
    )


class StoredImage(_StoredBody):
    """An image in the uploads store, or in the other bucket of the deployment."""

    key: Key = Field(description=_KEY)


class StoredImages(_StoredBody):
    """Images in the uploads store, or in the other bucket of the deployment."""

    keys: Annotated[list[Key], Expected(f"a list of 1 to {MAX_PARTS} keys")] = Field(
        min_length=1,
        max_length=MAX_PARTS,
        description=_KEYS,
    )


class UploadRequest(_Body):
    """An image to upload."""

    filename: str = Field(min_length=1, description="Name of the file.", examples=["portrait.jpg"])
    content_type: Annotated[str, Expected("a type of image such as image/jpeg")] = Field(
        pattern=r"^image/[A-Za-z0-9][A-Za-z0-9.+-]{0,99}$",
        description="Content type of the upload.",
        examples=["image/jpeg"],
    )


Body = TypeVar("Body", bound=_Body)


def is_json(request: Request) -> bool:
    """Return whether the body of a request is declared as JSON."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower() == _JSON


async def read_body(request: Request, kind: type[Body]) -> Body:
    """Read and validate a JSON body.

    Raises:
        InvalidRequest: it is not JSON, or a field is not accepted.
        BodyTooLarge: it is larger than the deployment accepts.
    """
    return _validated(await _read_object(request), kind)


async def read_uploaded(request: Request, deployment: Deployment) -> Callable[[], Job]:
    """Read the key and settings of an uploaded image.

    Returns:
        A function that fetches the image and makes a job of it. It raises the errors of
        `UploadStore.open`.

    Raises:
        NoImage, InvalidRequest, InvalidClientJobId, InvalidSettings, BodyTooLarge: the body is not
            accepted.
        UploadsMissing: there is no uploads store.
    """
    values = await _read_object(request)
    if "key" not in values:
        raise NoImage("Send the image as multipart/form-data, or the key of an uploaded one")
    keep_client_job_id(request, values.get(FIELD))
    body = _validated(values, StoredImage)
    return partial(_job_maker(request, body, deployment), body.key)


async def read_uploaded_batch(
    request: Request, deployment: Deployment
) -> list[tuple[str | None, Callable[[], Job]]]:
    """Read the keys and settings of uploaded images.

    Returns:
        For each image its name, and a function that fetches it and makes a job of it. The
        functions raise the errors of `UploadStore.open`.

    Raises:
        NoImage, InvalidRequest, InvalidClientJobId, InvalidSettings, BodyTooLarge: the body is not
            accepted.
        UploadsMissing: there is no uploads store.
    """
    values = await _read_object(request)
    if "keys" not in values:
        raise NoImage("Send the images as multipart/form-data, or the keys of uploaded ones")
    keep_client_job_id(request, values.get(FIELD))
    body = _validated(values, StoredImages)
    fetch = _job_maker(request, body, deployment)
    return [(_name_of(key), partial(fetch, key)) for key in body.keys]


def _job_maker(request: Request, body: _StoredBody, deployment: Deployment) -> Callable[[str], Job]:
    settings, warnings = validate_settings(body.settings or {})
    sources = deployment.sources
    any_key = deployment.config.keys_by_http == "all"

    def fetch(key: str) -> Job:
        store, relative = _locate(sources, body.bucket, key, any_key=any_key)
        data = store.open(relative).read()
        return Job(data, _name_of(key), settings, warnings, request.state.request_id)

    return fetch


def _locate(
    sources: Sources, bucket: str | None, key: str, *, any_key: bool
) -> tuple[UploadStore, str]:
    """Return the store of an object that a request names, and its key there.

    Errors do not depend on the existence of the object.

    Raises:
        InvalidRequest: the request may not name the object.
    """
    if not any_key:
        if bucket is not None:
            raise _not_accepted("bucket", "no bucket other than that of the uploads", bucket)
        if not key.startswith(_UPLOADED):
            expected = "a key that POST /api/v1/uploads answered, which begins with uploads/"
            raise _not_accepted("key", expected, key)
    if bucket is None:
        return sources.uploads, key
    found = sources.find(bucket, key)
    if found is not None:
        return found
    if sources.has(bucket):
        raise _not_accepted("key", "a key in the part of the bucket that is read", key)
    raise _not_accepted("bucket", "a bucket of this deployment", bucket)


def _not_accepted(field: str, expected: str, received: str) -> InvalidRequest:
    return InvalidRequest(FieldProblem(field, expected, shown(received)))


def _name_of(key: str) -> str:
    """Return the name in a key, which may have lone surrogates that no answer can contain."""
    return encodable(key.rpartition("/")[2])


async def _read_object(request: Request) -> dict[str, Any]:
    data = await request.body()
    if len(data) > _MAX_BYTES:
        expected = f"at most {_MAX_BYTES:,} bytes of JSON"
        raise InvalidRequest(FieldProblem(_ROOT, expected, f"{len(data):,}"))
    try:
        values = parse_json(data)
    except ValueError as error:
        text = shown(data.decode(errors="replace"))
        raise InvalidRequest(FieldProblem(_ROOT, "valid JSON", text)) from error
    if not isinstance(values, dict):
        raise InvalidRequest(FieldProblem(_ROOT, "an object", shown(values)))
    return values


def _validated(values: dict[str, Any], kind: type[Body]) -> Body:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise InvalidRequest(*problems_of(error, kind, _ROOT)) from error
