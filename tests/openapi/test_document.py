"""The OpenAPI document is valid, complete, and has valid examples."""

from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from handler.settings import PRESETS, validate_settings
from tests.openapi.document import DOCUMENT

SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS = {
    operation["operationId"]: operation
    for operations in DOCUMENT["paths"].values()
    for operation in operations.values()
}


def validate(value: object, schema: dict[str, Any]) -> None:
    rooted = {**schema, "components": DOCUMENT["components"]}
    OAS31Validator(rooted, format_checker=OAS31Validator.FORMAT_CHECKER).validate(value)


def test_the_document_is_valid_openapi() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    assert [str(error) for error in OpenAPIV31SpecValidator(DOCUMENT).iter_errors()] == []


def test_every_route_of_the_api_is_described() -> None:
    described = {
        operation["operationId"]: f"{method} {path}"
        for path, operations in DOCUMENT["paths"].items()
        for method, operation in operations.items()
    }

    assert described == {
        "crop": "post /api/v1/tools/smart-crop",
        "analyze": "post /api/v1/tools/smart-crop/analyze",
        "batch": "post /api/v1/tools/smart-crop/batch",
        "download": "get /api/v1/download/{jobId}/{filename}",
        "prepareUpload": "post /api/v1/uploads",
        "job": "get /api/v1/jobs/{jobId}",
        "progress": "get /api/v1/jobs/{jobId}/progress",
        "health": "get /api/v1/health",
    }


@pytest.mark.parametrize("name", OPERATIONS)
def test_every_answer_is_described_and_every_error_has_an_example(name: str) -> None:
    for status, response in OPERATIONS[name]["responses"].items():
        assert response["description"] not in ("", "Successful Response", "Validation Error")
        assert "X-Request-Id" in response["headers"]
        content = response.get("content", {}).get("application/json", {})
        if "ErrorResponse" in str(content.get("schema")):
            assert content["examples"]
            for code, example in content["examples"].items():
                assert example["value"]["code"] == code
                validate(example["value"], SCHEMAS["ErrorResponse"])
        else:
            assert status[0] in "23" or "BatchError" in str(content)


FIELDS = [
    (model, name, described)
    for model, schema in SCHEMAS.items()
    for name, described in schema.get("properties", {}).items()
]


@pytest.mark.parametrize(("model", "name", "schema"), FIELDS)
def test_every_field_is_described(model: str, name: str, schema: dict[str, Any]) -> None:
    assert schema.get("description")
    assert "title" not in schema
    types = [schema, *schema.get("anyOf", [])]
    assert any({"type", "$ref", "enum", "const"} & set(each) for each in types), (model, name)
    if "default" in schema:
        validate(schema["default"], schema)


def test_every_request_and_answer_has_an_example() -> None:
    parts = {"InterestWeights", "Box", "DetectedFace", "Limits", "CropPlan", "Point", "Size"}
    parts |= {"StoreStatus"}
    parts |= {
        "CropForm",
        "BatchForm",
        "FileProblem",
        "FileResult",
        "FileError",
        "FieldError",
        "SizeResult",
        "FocusPoint",
        "ConstraintBox",
        "SizePlan",
    }
    without = {name for name, schema in SCHEMAS.items() if not {"examples", "enum"} & set(schema)}

    assert without == parts | {"ErrorResponse", "OutputSize"}


@pytest.mark.parametrize("name", [name for name, each in SCHEMAS.items() if "examples" in each])
def test_examples_are_valid(name: str) -> None:
    for example in SCHEMAS[name]["examples"]:
        validate(example, SCHEMAS[name])
        assert set(example) <= set(SCHEMAS[name]["properties"])


def test_the_settings_are_described_one_by_one() -> None:
    settings = SCHEMAS["CropSettings"]["properties"]

    assert settings["facePreset"]["default"] == "head-shoulders"
    assert (settings["padding"]["minimum"], settings["padding"]["maximum"]) == (0, 50)
    assert settings["mode"]["$ref"].endswith("/Mode")
    assert SCHEMAS["Mode"]["enum"] == ["subject", "face", "trim", "auto"]
    names, *_ = settings["sizes"]["items"]["anyOf"]
    assert names == {"$ref": "#/components/schemas/SizePreset"}
    assert SCHEMAS["SizePreset"]["enum"] == list(PRESETS)


def test_colours_are_described_by_their_forms_and_names() -> None:
    for name, words in (("padColor", []), ("background", ["corner", "auto"])):
        schema = SCHEMAS["CropSettings"]["properties"][name]
        assert schema["anyOf"][1] == {"$ref": "#/components/schemas/ColourName"}
        accepted = ["#fff", "#FFFFFF80", "rgb(255, 0, 7)", "rebeccapurple", "transparent", *words]
        for colour in accepted:
            validate(colour, schema)
            validate_settings({"mode": "trim", name: colour})
        rooted = {**schema, "components": DOCUMENT["components"]}
        for other in ("#ff", "rgb(256, 0, 0)", "reddish", 7):
            assert not OAS31Validator(rooted).is_valid(other)


def test_a_download_is_described_as_a_picture_or_a_zip() -> None:
    answers = OPERATIONS["download"]["responses"]

    assert list(answers["200"]["content"]) == ["image/*", "application/zip"]
    assert {"304", "307", "404"} <= set(answers)


def test_the_document_is_small_enough_to_be_read() -> None:
    # The settings are the largest part, and occur only once.
    assert str(DOCUMENT).count("Face mode: size of the window") == 1
