"""The OpenAPI document: what FastAPI does not know. It is made at the first request for it."""

from collections.abc import Iterable, Iterator, Mapping
from copy import deepcopy
from typing import Any, Literal, get_args

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from handler.api.json_body import StoredImage, StoredImages, UploadRequest
from handler.api.openapi_bodies import SCHEMAS, forms, reference
from handler.api.openapi_examples import ANSWERS, OF_ALL_ROUTES, REQUESTS, SETTINGS
from handler.core.request import FaceChoice, FacePreset, Mode, Strategy
from handler.errors import SmartCropError
from handler.jobs.progress_responses import AcceptedJob, BatchProgress, SingleProgress
from handler.jobs.responses import ErrorResponse
from handler.settings import (
    COLOUR_NAMES,
    PRESETS,
    CropSettings,
    Effort,
    NoFacesAction,
    OutputFormat,
    OutputSize,
)

_JSON = "application/json"
_DESCRIPTION = """\
Crops images to their subject, to faces, or to the content inside a uniform border.

- Coordinates are pixels of the upright image, after its EXIF orientation is applied.
- Every error is a JSON object with `error` and `code`. A `code` never changes its meaning.
- Unknown settings are ignored, and so are settings without effect in the chosen mode or format;
  `warnings` names them.
- In a form, each setting can be a field of its own, in place of the field `settings`.
- With `Accept: image/*` or `?response=image`, the response of a crop is the picture itself.
- All routes below `/api/v1/tools/smart-crop` are also below `/api/v1/tools/image/smart-crop`.
- Every answer has the header `X-Request-Id`, which identifies the request in the log.
- A deployment may require requests signed with AWS Signature Version 4, or a bearer token.
"""
_TAGS = {
    "Crop": "Crop one image or several, or get only the plan.",
    "Large files": "Upload an image that is too large for a request, and get the state of its job.",
    "Results": "Fetch results.",
    "Deployment": "Version, features and limits.",
}
_RAISED_IF = "Raised if "
_REQUEST_ID = "Identifies the request in the log."
# Schemas that generated clients need a name for, by that name.
_NAMED: dict[str, dict[str, Any]] = {
    **{
        name: {"type": "string", "enum": list(values)}
        for name, values in {
            "Mode": get_args(Mode),
            "Strategy": get_args(Strategy),
            "FacePreset": get_args(FacePreset),
            "FaceChoice": get_args(FaceChoice),
            "NoFacesAction": get_args(NoFacesAction),
            "OutputFormat": get_args(OutputFormat),
            "Effort": get_args(Effort),
            "SizePreset": PRESETS,
            "ColourName": COLOUR_NAMES,
        }.items()
    },
    "InterestWeights": {"type": "object", "additionalProperties": {"type": "number"}},
}
_NAMED_DESCRIPTIONS = {
    "Mode": "Method that chooses the window.",
    "Strategy": "Method of subject mode: sharp's attention or entropy, or saliency.",
    "FacePreset": "Size of the window of face mode, relative to the face.",
    "FaceChoice": "The faces that the window is built around.",
    "NoFacesAction": "Action of face mode if the image has no face: subject mode, or an error.",
    "OutputFormat": "Format of the result; auto keeps the input's.",
    "Effort": "Effort of the encoder; high writes a smaller file of about the same quality.",
    "SizePreset": "A size by its aspect ratio, or by its use on a social network.",
    "ColourName": "A colour name of CSS. Upper case is accepted, too.",
    "InterestWeights": "Weight of each map of interest, by its name.",
}
# A deployment has one of them, or none: see AuthMode in template.yaml.
_SECURITY_SCHEMES = {
    "awsSigV4": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": "AWS Signature Version 4 for the service execute-api (AuthMode IAM).",
        "x-amazon-apigateway-authtype": "awsSigv4",
    },
    "bearerJwt": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of the issuer that the deployment trusts (AuthMode JWT).",
    },
}

Responses = dict[int | str, dict[str, Any]]


def text_header(description: str) -> dict[str, Any]:
    """Return the description of a header of a response."""
    return {"description": description, "schema": {"type": "string"}}


def errors(*examples: SmartCropError) -> Responses:
    """Return the description of the errors of a route, from one example of each."""
    by_status: dict[int, list[SmartCropError]] = {}
    for each in sorted(examples, key=lambda error: error.status):
        by_status.setdefault(each.status, []).append(each)
    return {
        status: {
            "description": " ".join(map(condition_of, listed)),
            "content": {
                _JSON: {
                    "schema": reference(ErrorResponse),
                    "examples": {
                        each.code: {"summary": condition_of(each), "value": each.answer()}
                        for each in listed
                    },
                }
            },
        }
        for status, listed in by_status.items()
    }


def link(operation: str, description: str, *parameters: str) -> dict[str, Any]:
    """Return the description of an operation whose parameters are fields of the answer."""
    expressions = {name: f"$response.body#/{name}" for name in parameters}
    return {
        "links": {
            operation: {
                "operationId": operation,
                "parameters": expressions,
                "description": description,
            }
        }
    }


class DescribedApp(FastAPI):
    """A FastAPI app whose OpenAPI document is complete."""

    def openapi(self) -> dict[str, Any]:
        """Return the document, which is made once."""
        if not self.openapi_schema:
            self.openapi_schema = _document(self)
        return self.openapi_schema


def _document(app: FastAPI) -> dict[str, Any]:
    document: dict[str, Any] = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=_DESCRIPTION,
        license_info={"name": "MIT", "identifier": "MIT"},
        tags=[{"name": name, "description": text} for name, text in _TAGS.items()],
        servers=[{"url": "/", "description": "The server of this document."}],
        routes=app.routes,
    )
    schemas = document["components"]["schemas"]
    schemas.update(_schemas([CropSettings, OutputSize, UploadRequest, StoredImage, StoredImages]))
    answers: list[type[BaseModel]] = [ErrorResponse, AcceptedJob, SingleProgress, BatchProgress]
    schemas.update(_schemas(answers, "serialization") | forms())
    for name, example in (REQUESTS | ANSWERS).items():
        schemas[name]["examples"] = [example]
    schemas["CropSettings"]["examples"] = SETTINGS
    _drop_validation_errors(document)
    _add_errors_of_all_routes(document)
    for response in _responses(document):
        response.setdefault("headers", {})["X-Request-Id"] = text_header(_REQUEST_ID)
    _drop_titles(document["paths"])
    _drop_titles(document["components"])
    _name_schemas(schemas)
    document["components"]["securitySchemes"] = _SECURITY_SCHEMES
    document["security"] = [{}, *({name: []} for name in _SECURITY_SCHEMES)]
    return document


def _add_errors_of_all_routes(document: Mapping[str, Any]) -> None:
    for operations in document["paths"].values():
        for operation in operations.values():
            described = deepcopy(operation["responses"])  # routes share descriptions
            for status, added in errors(*OF_ALL_ROUTES).items():
                known = described.setdefault(str(status), {"description": "", "content": {}})
                known["description"] = f"{known['description']} {added['description']}".strip()
                content = known["content"].setdefault(_JSON, added["content"][_JSON])
                content["examples"].update(added["content"][_JSON]["examples"])
            operation["responses"] = dict(sorted(described.items()))


def condition_of(error: SmartCropError | type[SmartCropError]) -> str:
    """Return the first line of the error's class without "Raised if": a sentence."""
    kind = error if isinstance(error, type) else type(error)
    line = (kind.__doc__ or "").partition("\n")[0].removeprefix(_RAISED_IF)
    return line[:1].upper() + line[1:]


def _schemas(
    models: Iterable[type[BaseModel]], mode: Literal["validation", "serialization"] = "validation"
) -> dict[str, Any]:
    pairs = [(model, mode) for model in models]
    _, made = models_json_schema(pairs, ref_template=SCHEMAS)
    definitions: dict[str, Any] = made["$defs"]
    return definitions


def _responses(document: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for operations in document["paths"].values():
        for operation in operations.values():
            yield from operation["responses"].values()


def _drop_validation_errors(document: dict[str, Any]) -> None:
    """Drop FastAPI's validation errors; `handler.api.app` answers others in their place."""
    own = document["components"]["schemas"]
    for name in ("HTTPValidationError", "ValidationError"):
        own.pop(name, None)
    for operations in document["paths"].values():
        for operation in operations.values():
            responses = operation["responses"]
            if responses.get("422", {}).get("description") == "Validation Error":
                del responses["422"]
            operation["responses"] = dict(sorted(responses.items()))


def _name_schemas(schemas: dict[str, Any]) -> None:
    """Move the enums to schemas of their own.

    Generators of clients name a class after each; without, they use the path of a field.
    """
    for name, named in _NAMED.items():
        _replace(schemas, named, {"$ref": SCHEMAS.format(model=name)})
    for name, named in _NAMED.items():
        schemas[name] = {**named, "description": _NAMED_DESCRIPTIONS[name]}


def _replace(schema: Any, named: Mapping[str, Any], reference: Mapping[str, Any]) -> None:
    if isinstance(schema, list):
        for each in schema:
            _replace(each, named, reference)
    elif isinstance(schema, dict):
        if all(schema.get(key) == value for key, value in named.items()):
            for key in named:
                del schema[key]
            schema.update(reference)
        for each in schema.values():
            _replace(each, named, reference)


def _drop_titles(schema: Any) -> None:
    """Drop the titles that pydantic makes of names, which repeat them."""
    if isinstance(schema, list):
        for each in schema:
            _drop_titles(each)
    elif isinstance(schema, dict):
        if isinstance(schema.get("title"), str):
            del schema["title"]
        for key, each in schema.items():
            if key not in ("examples", "default", "enum"):
                _drop_titles(each)
