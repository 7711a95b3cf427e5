"""The output of the function for CloudWatch."""

import base64
import json
from typing import Any

import pytest

from tests.api.calls import CROP, PORTRAIT
from tests.lambda_.conftest import Invoke
from tests.lambda_.events import http_event, upload_event
from tests.servers import Program


def objects(function: Program) -> list[dict[str, Any]]:
    """Return the JSON lines of the function's output. The lines of the emulator are not JSON."""
    lines = (line for line in function.written().splitlines() if line.startswith("{"))
    return [json.loads(line) for line in lines]


def line_of(function: Program, request_id: str) -> dict[str, Any]:
    """Return the only line of a request."""
    (line,) = (each for each in objects(function) if each.get("request_id") == request_id)
    return line


@pytest.fixture
def crop(invoke: Invoke) -> dict[str, Any]:
    """The response of a crop."""
    return invoke(upload_event(CROP, PORTRAIT, {"width": 48, "height": 32, "padding": 10}))


def test_a_job_is_one_line_with_the_id_of_its_request(
    crop: dict[str, Any], function: Program
) -> None:
    line = line_of(function, crop["headers"]["x-request-id"])

    assert line["message"] == "job"
    assert (line["level"], line["service"]) == ("INFO", "smart-crop")
    assert (line["mode"], line["strategy"], line["outcome"]) == ("subject", "attention", "done")
    assert (line["source"], line["output"]) == ("480x640", "48x32")
    assert line["bytes_in"] == len(PORTRAIT)
    assert line["bytes_out"] == json.loads(crop["body"])["processedSize"]
    assert line["job_id"] == json.loads(crop["body"])["jobId"]
    assert set(line["steps_ms"]) == {"open", "plan", "render", "encode", "store"}
    # The id is that of Lambda's report of the invocation.
    assert f"RequestId: {line['request_id']}" in function.written()


def test_an_error_has_a_line(invoke: Invoke, function: Program) -> None:
    answer = invoke(upload_event(CROP, b"no picture", {}))

    line = line_of(function, answer["headers"]["x-request-id"])

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


def test_neither_links_nor_pictures_are_logged(
    crop: dict[str, Any], invoke: Invoke, function: Program
) -> None:
    answer = json.loads(crop["body"])
    invoke(http_event("GET", f"/api/v1/download/{answer['jobId']}/{answer['filename']}"))

    written = function.written()
    assert answer["jobId"] in written
    assert "X-Amz-" not in written
    assert base64.b64encode(PORTRAIT)[:60].decode() not in written
    assert "portrait" not in written


def test_the_log_has_no_warnings(crop: dict[str, Any], function: Program) -> None:
    """Everything loads without a home directory."""
    written = function.written()

    assert crop["statusCode"] == 200
    for text in ("Traceback", "Warning", "[ERROR]", "Read-only", "Not a directory"):
        assert text not in written
