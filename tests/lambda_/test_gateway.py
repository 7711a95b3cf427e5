"""The API behind API Gateway, on the runtime client of Lambda."""

import base64
import json
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from tests.api.calls import ANALYZE, CROP, PORTRAIT
from tests.lambda_.conftest import Invoke
from tests.lambda_.events import http_event, upload_event
from tests.pictures import decoded

LIMIT = 4_500_000
SMALL = {"width": 48, "height": 32}


def test_the_page_is_served_as_text(invoke: Invoke) -> None:
    answer = invoke(http_event("GET", "/"))

    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert answer["headers"]["content-type"] == "text/html; charset=utf-8"
    assert "default-src 'none'" in answer["headers"]["content-security-policy"]
    assert answer["body"].startswith("<!doctype html>")


def test_an_upload_is_cropped_and_its_link_serves_the_picture(invoke: Invoke) -> None:
    answer = invoke(upload_event(CROP, PORTRAIT, {"width": 200, "height": 150}))

    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, False)
    assert answer["headers"]["content-type"] == "application/json"
    crop = json.loads(answer["body"])
    assert crop["originalSize"] == len(PORTRAIT)
    response = httpx.get(crop["downloadUrl"])
    assert response.status_code == 200
    assert response.headers["content-type"] == "image/jpeg"
    assert (
        response.headers["content-disposition"] == 'attachment; filename="portrait_smartcrop.jpg"'
    )
    assert len(response.content) == crop["processedSize"]
    assert decoded(response.content).size == (200, 150)
    lifetime = datetime.fromisoformat(crop["expiresAt"]) - datetime.now(UTC)
    assert timedelta(minutes=59) < lifetime <= timedelta(hours=1)


def test_a_changed_link_is_rejected(invoke: Invoke) -> None:
    crop = json.loads(invoke(upload_event(CROP, PORTRAIT, SMALL))["body"])

    tampered = crop["downloadUrl"].replace(crop["jobId"], crop["jobId"][::-1])
    assert httpx.get(tampered).status_code == 403


def test_the_download_route_redirects_to_a_fresh_link(invoke: Invoke) -> None:
    crop = json.loads(invoke(upload_event(CROP, PORTRAIT, SMALL))["body"])

    answer = invoke(http_event("GET", f"/api/v1/download/{crop['jobId']}/{crop['filename']}"))

    assert answer["statusCode"] == 307
    assert httpx.get(answer["headers"]["location"]).status_code == 200


def test_analyze_returns_the_plan(invoke: Invoke) -> None:
    settings = {**SMALL, "strategy": "entropy"}

    analyzed = json.loads(invoke(upload_event(ANALYZE, PORTRAIT, settings))["body"])
    cropped = json.loads(invoke(upload_event(CROP, PORTRAIT, settings))["body"])

    assert analyzed == {"plan": cropped["plan"], "overlayUrl": None, "warnings": []}


@pytest.mark.parametrize(
    ("event", "status", "error"),
    [
        (http_event("GET", "/nowhere"), 404, "Not found"),
        (http_event("GET", CROP), 405, "Method not allowed"),
        (http_event("POST", CROP), 400, "No image file provided"),
        (upload_event(CROP, b"", {}), 400, "No image file provided"),
        (upload_event(CROP, PORTRAIT, {"width": 0}), 400, "Invalid settings"),
        (upload_event(CROP, PORTRAIT[:2000], {}), 422, "Processing failed"),
    ],
)
def test_an_invalid_request_is_rejected(
    invoke: Invoke, event: dict[str, object], status: int, error: str
) -> None:
    answer = invoke(event)

    assert answer["statusCode"] == status
    assert answer["headers"]["content-type"] == "application/json"
    assert answer["headers"]["x-content-type-options"] == "nosniff"
    assert json.loads(answer["body"])["error"] == error


def test_a_body_of_exactly_the_limit_is_accepted(invoke: Invoke) -> None:
    event = upload_event(CROP, PORTRAIT, SMALL, size=LIMIT)
    assert len(base64.b64decode(event["body"])) == LIMIT
    assert len(json.dumps(event)) < 6_291_556  # the limit of Lambda

    answer = invoke(event)

    assert answer["statusCode"] == 200
    assert httpx.get(json.loads(answer["body"])["downloadUrl"]).status_code == 200


@pytest.mark.parametrize("declared", [True, False])
def test_the_error_of_one_byte_more_names_the_uploads_route(invoke: Invoke, declared: bool) -> None:
    event = upload_event(CROP, PORTRAIT, SMALL, size=LIMIT + 1)
    if not declared:
        del event["headers"]["content-length"]

    answer = invoke(event)

    assert answer["statusCode"] == 413
    assert json.loads(answer["body"]) == {
        "error": "Request body too large",
        "code": "BODY_TOO_LARGE",
        "details": "body: expected at most 4,500,000 bytes, "
        f"received {f'{LIMIT + 1:,}' if declared else 'more'}; "
        "upload larger files with POST /api/v1/uploads",
    }


def test_head_is_answered_without_a_body(invoke: Invoke) -> None:
    answer = invoke(http_event("HEAD", "/"))

    assert (answer["statusCode"], answer["body"]) == (200, "")
    assert int(answer["headers"]["content-length"]) > 0
