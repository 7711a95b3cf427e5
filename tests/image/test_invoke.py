"""`sam local invoke` of the functions with real events, and an S3 on this machine."""

import json
from collections.abc import Mapping
from typing import Any

import httpx
import pytest
from mypy_boto3_s3 import S3Client

from handler.codec.further_formats import OPTIONAL
from tests.conftest import BUCKET
from tests.image.sam import EVENTS, Build
from tests.pictures import decoded

# Key of the result for the object that the events in EVENTS name.
RESULT = "photos/portrait (café)_smartcrop.jpg"


def invoke_http(build: Build, event: str, aws: Mapping[str, str]) -> tuple[int, Any]:
    """Return status and body of the HTTP function's response."""
    answer = build.invoke("HttpFunction", EVENTS / f"{event}.json", aws)
    return answer["statusCode"], json.loads(answer["body"])


def invoke_events(
    build: Build, event: str, aws: Mapping[str, str], settings: Mapping[str, object]
) -> Any:
    """Return the response of the events function, with these default settings."""
    environment = {**aws, "SMART_CROP_DEFAULT_SETTINGS": json.dumps(settings)}
    return build.invoke("EventsFunction", EVENTS / f"{event}.json", environment)


@pytest.mark.parametrize(
    ("event", "size"), [("http-crop-subject", (160, 90)), ("http-crop-face", (120, 150))]
)
def test_crop_is_stored_and_its_link_serves_it(
    full: Build, aws: Mapping[str, str], event: str, size: tuple[int, int]
) -> None:
    status, answer = invoke_http(full, event, aws)
    assert status == 200, answer
    assert (answer["width"], answer["height"]) == size
    assert answer["plan"]["mode"] == event.removeprefix("http-crop-")
    assert answer["plan"]["fallback"] is None
    assert decoded(httpx.get(answer["downloadUrl"]).content).size == size


def test_health_lists_the_bundle_and_every_format(full: Build, aws: Mapping[str, str]) -> None:
    status, answer = invoke_http(full, "http-health", aws)
    assert status == 200
    assert answer["features"] == {"face-detection": True, "object-detection": True}
    assert answer["evidence"] == ["faces", "objects", "text"]
    # The build argument FORMATS is empty.
    assert {name for name, works in answer["formats"].items() if not works} == OPTIONAL
    assert answer["version"] != "0+unknown"


def test_page_is_in_the_image(full: Build, aws: Mapping[str, str]) -> None:
    answer = full.invoke("HttpFunction", EVENTS / "http-page.json", aws)
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"].startswith("text/html")


@pytest.mark.parametrize(
    ("event", "settings"),
    [
        ("sqs-s3-put", {"mode": "subject", "width": 60, "height": 40}),
        ("batch-operations-2.0", {"mode": "face", "width": 40, "height": 50, "onNoFaces": "error"}),
    ],
)
def test_upload_is_cropped_by_its_event(
    full: Build,
    aws: Mapping[str, str],
    uploads: S3Client,
    event: str,
    settings: Mapping[str, Any],
) -> None:
    answer = invoke_events(full, event, aws, settings)
    if event.startswith("sqs"):
        assert answer == {"batchItemFailures": []}
    else:
        assert [task["resultCode"] for task in answer["results"]] == ["Succeeded"], answer
    stored = uploads.get_object(Bucket=BUCKET, Key=RESULT)["Body"].read()
    assert decoded(stored).size == (settings["width"], settings["height"])


def test_lean_image_returns_501_in_face_mode(lean: Build, aws: Mapping[str, str]) -> None:
    status, answer = invoke_http(lean, "http-crop-face", aws)
    assert status == 501
    assert (answer["code"], answer["feature"]) == ("FEATURE_NOT_INSTALLED", "face-detection")


def test_lean_image_crops_the_subject(lean: Build, aws: Mapping[str, str]) -> None:
    status, answer = invoke_http(lean, "http-crop-subject", aws)
    assert status == 200, answer
    assert decoded(httpx.get(answer["downloadUrl"]).content).size == (160, 90)


def test_lean_image_fails_an_upload_in_face_mode_permanently(
    lean: Build, aws: Mapping[str, str]
) -> None:
    answer = invoke_events(lean, "batch-operations-2.0", aws, {"mode": "face", "width": 30})
    (task,) = answer["results"]
    assert task["resultCode"] == "PermanentFailure"
    assert "ace detection" in task["resultString"]
