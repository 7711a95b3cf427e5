"""The bodies of requests in the OpenAPI document: forms and JSON."""

from typing import Any

from pydantic import BaseModel

from handler.api.form_parser import MAX_PARTS
from handler.api.json_body import CLIENT_JOB_ID, StoredImage, StoredImages
from handler.codec import FORMATS
from handler.settings import CropSettings

SCHEMAS = "#/components/schemas/{model}"
"""Reference to a schema of the document."""

_JSON = "application/json"
_FIELDS = (
    "Without the field settings, each setting can be a field of its own: numbers and booleans as "
    "text, lists as JSON, as names separated by commas or as several fields, objects as JSON."
)


def reference(model: type[BaseModel]) -> dict[str, str]:
    """Return a reference to the schema of a model in the document."""
    return {"$ref": SCHEMAS.format(model=model.__name__)}


def image_body() -> dict[str, Any]:
    """Return the description of a crop's body: a form with an image, or the key of one."""
    return _body({**_form_content("CropForm", "file"), **_json_content(StoredImage)})


def batch_body() -> dict[str, Any]:
    """Return the description of a batch's body: a form with images, or their keys."""
    return _body({**_form_content("BatchForm", "files"), **_json_content(StoredImages)})


def json_body(model: type[BaseModel]) -> dict[str, Any]:
    """Return the description of a body that is a JSON object."""
    return _body(_json_content(model))


def forms() -> dict[str, Any]:
    """Return the schemas of the forms, by their names."""
    image = {"type": "string", "format": "binary"}
    images = {"type": "array", "minItems": 1, "maxItems": MAX_PARTS, "items": image}
    settings = {
        **reference(CropSettings),
        "description": "Settings as a JSON object, also as a file or Blob.",
    }
    file = {**image, "description": "The image. The field may have any name."}
    files = {**images, "description": "The images. The results are in the same order."}
    return {
        "CropForm": {
            "description": f"An image and its settings. {_FIELDS}",
            "type": "object",
            "properties": {"file": file, "settings": settings, "clientJobId": CLIENT_JOB_ID},
            "required": ["file"],
        },
        "BatchForm": {
            "description": f"Images and their common settings. {_FIELDS}",
            "type": "object",
            "properties": {"files": files, "settings": settings, "clientJobId": CLIENT_JOB_ID},
            "required": ["files"],
        },
    }


def _form_content(form: str, files: str) -> dict[str, Any]:
    encoding = {
        files: {"contentType": ", ".join(each.content_type for each in FORMATS.values())},
        "settings": {"contentType": _JSON},
    }
    schema = {"$ref": SCHEMAS.format(model=form)}
    return {"multipart/form-data": {"schema": schema, "encoding": encoding}}


def _json_content(model: type[BaseModel]) -> dict[str, Any]:
    return {_JSON: {"schema": reference(model)}}


def _body(content: dict[str, Any]) -> dict[str, Any]:
    return {"requestBody": {"required": True, "content": content}}
