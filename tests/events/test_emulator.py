"""The function for events on the runtime client of AWS."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from mypy_boto3_s3 import S3Client

from tests.emulator import Function, emulated
from tests.events.conftest import PHOTO, SMALL, Bucket
from tests.events.notifications import FILES, KEY, again, load, s3_put
from tests.pictures import decoded
from tests.servers import Program

RESULT = "photos/portrait (café)_smartcrop.jpg"
DONE = {"outcomes": [{"state": "done", "text": RESULT}]}
TASK = {"taskId": "dGFza2lkZ29lc2hlcmUK", "resultCode": "Succeeded", "resultString": RESULT}
ANSWERS: dict[str, Any] = {
    "s3-put": DONE,
    "eventbridge-object-created": DONE,
    "sqs-s3-put": again(),
    "sqs-eventbridge": again(),
    **{
        f"batch-operations-{schema}": {
            "invocationSchemaVersion": schema,
            "treatMissingKeysAs": "TemporaryFailure",
            "invocationId": "YXNkbGZqYWRmaiBhc2RmdW9hZHNmZGpmaGFzbGtkaGZza2RmaAo",
            "results": [TASK],
        }
        for schema in ("1.0", "2.0")
    },
}


@pytest.fixture(scope="module")
def results(uploads: S3Client) -> Bucket:
    """The uploads, and the results of all tests here."""
    return Bucket(uploads, f"emulator-{uuid4()}")


@pytest.fixture(scope="module")
def function(
    seaweedfs: Program, results: Bucket, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Function]:
    environment = {**seaweedfs.environment, **results.environment}
    log = tmp_path_factory.mktemp("events") / "function.log"
    with emulated("handler.lambda_events.handler", environment, log) as function:
        yield function


def test_every_file_is_tested() -> None:
    assert set(ANSWERS) == FILES


@pytest.mark.parametrize("name", ANSWERS)
def test_events_of_every_source_are_processed_and_answered(
    function: Function, results: Bucket, name: str
) -> None:
    results.put(KEY)
    for key in results.results():
        results.delete_result(key)

    assert function.invoke(load(name)) == ANSWERS[name]

    result = results.result(RESULT)
    assert result is not None
    assert decoded(result).size == (SMALL["width"], SMALL["height"])
    assert results.record()["state"] == "done"


def test_the_test_event_of_a_new_configuration_is_ignored(function: Function) -> None:
    assert function.invoke(load("s3-test")) == {"outcomes": []}


def test_an_unknown_event_is_an_error_of_the_function(function: Function) -> None:
    assert function.invoke({"some": "thing"})["errorType"] == "MalformedEvent"


def test_each_job_has_its_lines_and_its_metrics(function: Function, results: Bucket) -> None:
    key = f"{uuid4()}/secret-name.jpg"
    results.put(key)
    function.invoke(s3_put(key))

    written = function.program.written()
    lines = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    (record,) = (each for each in results.records() if each["key"] == key)
    job, upload = (each for each in lines if each.get("job_id") == record["jobId"])
    assert (job["message"], job["outcome"], job["bytes_in"]) == ("job", "done", len(PHOTO))
    assert (upload["message"], upload["outcome"]) == ("upload", "done")
    assert job["request_id"] == upload["request_id"]
    assert f"RequestId: {job['request_id']}" in written
    assert [each["Crops"] for each in lines if "_aws" in each][-1] == [1.0]
    # The log has no names of files.
    assert "secret-name" not in written
    assert "X-Amz-" not in written


def test_the_log_has_no_warnings(function: Function) -> None:
    function.invoke(load("s3-test"))

    for text in ("Warning", "Read-only", "Not a directory"):
        assert text not in function.program.written()


def test_a_start_loads_no_web_framework_and_no_sdk_and_no_bundle() -> None:
    program = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
import handler.lambda_events
heavy = {"fastapi", "starlette", "mangum", "boto3", "botocore.session", "onnxruntime", "asyncio"}
print(*heavy & set(sys.modules), *(path for path in opened if "-detection" in path))
"""
    environment = {
        "SMART_CROP_STORE": "s3://results",
        "SMART_CROP_UPLOADS": "s3://uploads",
        "AWS_REGION": "us-east-1",
    }
    done = subprocess.run(
        [sys.executable, "-c", program], check=True, capture_output=True, text=True, env=environment
    )

    assert done.stdout.split() == []
