"""Pictures as the response behind API Gateway, which limits it to 6 MB with the bytes as base64."""

import base64
import json
from typing import Any

import httpx

from tests.api.calls import CROP, PORTRAIT
from tests.lambda_.conftest import Invoke
from tests.lambda_.events import upload_event
from tests.pictures import decoded, encoded, noise

LAMBDA_BYTES = 6_291_556


def picture_event(data: bytes, settings: dict[str, object]) -> dict[str, Any]:
    event = upload_event(CROP, data, settings)
    event["headers"]["accept"] = "image/*"
    return event


def test_a_picture_is_the_response(invoke: Invoke) -> None:
    answer = invoke(picture_event(PORTRAIT, {"width": 48, "height": 32}))

    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, True)
    assert answer["headers"]["content-type"] == "image/jpeg"
    assert json.loads(answer["headers"]["x-smart-crop-plan"])["mode"] == "subject"
    assert decoded(base64.b64decode(answer["body"])).size == (48, 32)


def test_a_large_picture_is_behind_a_link(invoke: Invoke) -> None:
    """As the response itself it would fail with 502 at the end."""
    rough = encoded(noise(900, 600), quality=50)

    answer = invoke(picture_event(rough, {"width": 2400, "height": 1600, "format": "png"}))

    assert answer["statusCode"] == 303
    assert len(json.dumps(answer)) < LAMBDA_BYTES
    found = httpx.get(answer["headers"]["location"])
    assert found.headers["content-type"] == "image/png"
    assert len(found.content) == json.loads(answer["body"])["processedSize"] > 4_500_000
