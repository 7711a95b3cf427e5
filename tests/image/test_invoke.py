"""`sam local invoke` of the functions on real events, against an S3 on this machine."""

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

import pytest

from tests.image.sam import EVENTS, Build
from tests.pictures import decoded


def invoke(build: Build, event: str, aws: Mapping[str, str]) -> tuple[int, Any]:
    """Status and body of the HTTP function's answer."""
    answer = build.invoke("HttpFunction", EVENTS / f"{event}.json", aws)
    return answer["statusCode"], json.loads(answer["body"])


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        return bytes(answer.read())


@pytest.mark.parametrize(
    ("event", "size"), [("http-crop-subject", (160, 90)), ("http-crop-face", (120, 150))]
)
def test_crop_is_stored_and_its_link_serves_it(
    full: Build, aws: Mapping[str, str], event: str, size: tuple[int, int]
) -> None:
    status, answer = invoke(full, event, aws)
    assert status == 200, answer
    assert (answer["width"], answer["height"]) == size
    assert answer["plan"]["mode"] == event.removeprefix("http-crop-")
    assert answer["plan"]["fallback"] is None
    assert decoded(fetch(answer["downloadUrl"])).size == size


def test_health_tells_of_the_bundle_and_of_every_format(
    full: Build, aws: Mapping[str, str]
) -> None:
    status, answer = invoke(full, "http-health", aws)
    assert status == 200
    assert answer["features"] == {"face-detection": True}
    assert all(answer["formats"].values()), answer["formats"]
    assert answer["version"] != "0+unknown"


def test_page_is_in_the_image(full: Build, aws: Mapping[str, str]) -> None:
    answer = full.invoke("HttpFunction", EVENTS / "http-page.json", aws)
    assert answer["statusCode"] == 200
    assert answer["headers"]["content-type"].startswith("text/html")


def test_lean_image_answers_501_in_face_mode(lean: Build, aws: Mapping[str, str]) -> None:
    status, answer = invoke(lean, "http-crop-face", aws)
    assert status == 501
    assert (answer["code"], answer["feature"]) == ("FEATURE_NOT_INSTALLED", "face-detection")


def test_lean_image_crops_the_subject(lean: Build, aws: Mapping[str, str]) -> None:
    status, answer = invoke(lean, "http-crop-subject", aws)
    assert status == 200, answer
    assert decoded(fetch(answer["downloadUrl"])).size == (160, 90)
