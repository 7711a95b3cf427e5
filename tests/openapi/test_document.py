from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from starlette.testclient import TestClient

from tests.api.calls import ANALYZE, CROP, small, upload


@pytest.fixture(scope="module")
def document(client: TestClient) -> dict[str, Any]:
    described: dict[str, Any] = client.get("/openapi.json").json()
    return described


def test_the_document_is_valid_openapi(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert [str(error) for error in OpenAPIV31SpecValidator(document).iter_errors()] == []


def test_every_route_of_the_api_is_described(document: dict[str, Any]) -> None:
    described = {(method, path) for path, routes in document["paths"].items() for method in routes}

    assert described >= {
        ("post", CROP),
        ("post", ANALYZE),
        ("get", "/api/v1/download/{job_id}/{filename}"),
        ("get", "/api/v1/health"),
    }


@pytest.mark.parametrize("path", [CROP, ANALYZE])
def test_answers_are_as_described(client: TestClient, document: dict[str, Any], path: str) -> None:
    answers = [
        client.post(path, **small()),
        client.post(path),
        client.post(path, **upload({"width": 0})),
        client.post(path, **upload({"mode": "face"}, b"x")),
    ]

    for answer in answers:
        described = document["paths"][path]["post"]["responses"][str(answer.status_code)]
        schema = described["content"]["application/json"]["schema"]
        rooted = {**schema, "components": document["components"]}
        OAS31Validator(rooted).validate(answer.json())


def test_a_download_is_described_as_a_picture(document: dict[str, Any]) -> None:
    answers = document["paths"]["/api/v1/download/{job_id}/{filename}"]["get"]["responses"]

    assert list(answers["200"]["content"]) == ["image/*"]
    assert {"304", "307", "404"} <= set(answers)


def test_the_settings_are_described_one_by_one(document: dict[str, Any]) -> None:
    settings = document["components"]["schemas"]["CropSettings"]

    properties = settings["properties"]
    assert properties["facePreset"]["default"] == "head-shoulders"
    assert (properties["padding"]["minimum"], properties["padding"]["maximum"]) == (0, 50)
    assert all("description" in each for each in properties.values())
    OAS31Validator.check_schema(settings)
