"""What the function writes for CloudWatch."""

import base64
import json
from typing import Any

import pytest

from tests.api.calls import CROP, PORTRAIT
from tests.lambda_.conftest import Invoke
from tests.lambda_.events import http_event, upload_event
from tests.servers import Program


def objects(function: Program) -> list[dict[str, Any]]:
    """The JSON lines that the function has written; the emulator's own are no JSON."""
    lines = (line for line in function.written().splitlines() if line.startswith("{"))
    return [json.loads(line) for line in lines]


def told(function: Program, request_id: str) -> dict[str, Any]:
    """The one line about a request."""
    (line,) = (each for each in objects(function) if each.get("request_id") == request_id)
    return line


@pytest.fixture
def crop(invoke: Invoke) -> dict[str, Any]:
    """The answer to a crop."""
    return invoke(upload_event(CROP, PORTRAIT, {"width": 48, "height": 32, "padding": 10}))


def test_a_job_is_one_line_that_carries_the_id_of_its_request(
    crop: dict[str, Any], function: Program
) -> None:
    line = told(function, crop["headers"]["x-request-id"])

    assert line["message"] == "job"
    assert (line["level"], line["service"]) == ("INFO", "smart-crop")
    assert (line["mode"], line["strategy"], line["outcome"]) == ("subject", "attention", "done")
    assert (line["source"], line["output"]) == ("480x640", "48x32")
    assert line["bytes_in"] == len(PORTRAIT)
    assert line["bytes_out"] == json.loads(crop["body"])["processedSize"]
    assert line["job_id"] == json.loads(crop["body"])["jobId"]
    assert set(line["steps_ms"]) == {"open", "plan", "render", "encode", "store"}
    # It is Lambda's own id, which its report of the invocation has too.
    assert f"RequestId: {line['request_id']}" in function.written()


def test_a_refusal_has_its_line_too(invoke: Invoke, function: Program) -> None:
    answer = invoke(upload_event(CROP, b"no picture", {}))

    line = told(function, answer["headers"]["x-request-id"])

    assert (line["level"], line["outcome"]) == ("INFO", "INVALID_IMAGE")


def test_each_job_has_its_metrics_and_the_first_is_the_cold_start(
    crop: dict[str, Any], invoke: Invoke, function: Program
) -> None:
    invoke(upload_event(CROP, PORTRAIT, {"width": 48, "height": 32}))

    jobs = [each for each in objects(function) if each.get("message") == "job"]
    metrics = [each for each in objects(function) if "_aws" in each]
    assert len(metrics) == len(jobs) >= 2
    assert [each.get("ColdStarts") for each in metrics] == [[1.0]] + [None] * (len(metrics) - 1)
    assert (metrics[-1]["service"], metrics[-1]["mode"]) == ("smart-crop", "subject")
    assert metrics[-1]["Crops"] == [1.0]
    assert metrics[-1]["BytesIn"] == [float(len(PORTRAIT))]


def test_neither_links_nor_pictures_are_written(
    crop: dict[str, Any], invoke: Invoke, function: Program
) -> None:
    answer = json.loads(crop["body"])
    invoke(http_event("GET", f"/api/v1/download/{answer['jobId']}/{answer['filename']}"))

    written = function.written()
    assert answer["jobId"] in written
    assert "X-Amz-" not in written
    assert base64.b64encode(PORTRAIT)[:60].decode() not in written
    assert "portrait" not in written


def test_nothing_went_wrong_unseen(crop: dict[str, Any], function: Program) -> None:
    """Neither warnings nor tracebacks, and all that is loaded loads without a home directory."""
    written = function.written()

    assert crop["statusCode"] == 200
    for sign in ("Traceback", "Warning", "[ERROR]", "Read-only", "Not a directory"):
        assert sign not in written
