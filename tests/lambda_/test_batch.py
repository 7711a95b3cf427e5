"""Batches behind API Gateway, which limits a response to 6 MB with the ZIP as base64."""

import base64
import json
from pathlib import Path
from typing import Any

import httpx

from tests.api.calls import PORTRAIT
from tests.batch.conftest import BATCH, pictures
from tests.lambda_.conftest import Invoke, run
from tests.lambda_.events import HOST, http_event
from tests.pictures import encoded, noise

LAMBDA_BYTES = 6_291_556
NAMES = ["a_smartcrop.jpg", "b_smartcrop.jpg"]


def batch_event(files: dict[str, bytes], settings: object, accept: str = "*/*") -> dict[str, Any]:
    request = httpx.Request(
        "POST",
        f"https://{HOST}{BATCH}",
        data={"settings": json.dumps(settings)},
        files=[("files", file) for file in files.items()],
    )
    headers = {"content-type": request.headers["content-type"], "accept": accept}
    return http_event("POST", BATCH, headers=headers, body=request.read())


def test_a_small_zip_is_the_response(invoke: Invoke) -> None:
    files = {"a.jpg": PORTRAIT, "note.txt": b"text", "b.jpg": PORTRAIT}

    answer = invoke(batch_event(files, {"width": 48, "height": 32}))

    assert (answer["statusCode"], answer["isBase64Encoded"]) == (200, True)
    assert answer["headers"]["content-type"] == "application/zip"
    assert json.loads(answer["headers"]["x-file-results"]) == {"0": NAMES[0], "2": NAMES[1]}
    assert list(pictures(base64.b64decode(answer["body"]))) == NAMES


def test_a_large_zip_is_in_the_bucket(invoke: Invoke) -> None:
    """As the response itself it would fail with 502 at the end."""
    rough = encoded(noise(900, 600), quality=50)
    settings = {"width": 2400, "height": 1600, "format": "png"}

    event = batch_event({"a.jpg": rough, "b.jpg": rough}, settings)
    answer = invoke(event)

    assert (answer["statusCode"], answer["isBase64Encoded"]) == (303, False)
    assert len(json.dumps(answer)) < LAMBDA_BYTES
    body = json.loads(answer["body"])
    assert body["processedSize"] > 4_500_000
    assert answer["headers"]["location"] == body["downloadUrl"]
    zipped = httpx.get(answer["headers"]["location"]).content
    assert len(zipped) == body["processedSize"]
    assert [(name, image.size) for name, image in pictures(zipped).items()] == [
        ("a_smartcrop.png", (2400, 1600)),
        ("b_smartcrop.png", (2400, 1600)),
    ]


def test_a_client_that_accepts_json_gets_a_link_to_the_zip(invoke: Invoke) -> None:
    event = batch_event({"a.jpg": PORTRAIT}, {"width": 48, "height": 32}, "application/json")

    answer = invoke(event)

    assert answer["statusCode"] == 200
    body = json.loads(answer["body"])
    assert body["files"][0]["results"] == NAMES[:1]
    assert list(pictures(httpx.get(body["downloadUrl"]).content)) == NAMES[:1]


_TWO_CALLS = """
import json, sys
from handler.lambda_http import handler
from tests.events.conftest import FakeContext
event = json.load(sys.stdin)
print(json.dumps([handler(event, FakeContext(seconds)) for seconds in (29, 7)]))
"""


def test_files_without_enough_time_left_are_errors(
    tmp_path: Path,
) -> None:
    event = batch_event({"a.jpg": PORTRAIT}, {"width": 48, "height": 32})

    in_time, late = json.loads(run(_TWO_CALLS, event, SMART_CROP_STORE=tmp_path.as_uri()))

    assert in_time["statusCode"] == 200
    assert late["statusCode"] == 422
    assert json.loads(late["body"])["errors"][0]["code"] == "OUT_OF_TIME"
