"""Events about the objects of a test, made from the JSON files in this folder."""

import copy
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus
from uuid import uuid4

from tests.conftest import UPLOADS as UPLOADS

KEY = "photos/portrait (café).jpg"
"""Key of the object in the files."""

FILES = {
    "s3-put",
    "sqs-s3-put",
    "sqs-eventbridge",
    "eventbridge-object-created",
    "batch-operations-1.0",
    "batch-operations-2.0",
}
"""Names of the files."""


@cache
def _read(name: str) -> Any:
    return json.loads(Path(__file__).with_name(f"{name}.json").read_text())


def load(name: str) -> dict[str, Any]:
    """Return a copy of the event in a file."""
    loaded: dict[str, Any] = copy.deepcopy(_read(name))
    return loaded


def s3_put(*keys: str, bucket: str = UPLOADS, name: str = "ObjectCreated:Put") -> dict[str, Any]:
    """Return a notification of S3 about new objects."""
    event = load("s3-put")
    (pattern,) = event["Records"]
    event["Records"] = []
    for key in keys:
        record = copy.deepcopy(pattern)
        record["eventName"] = name
        record["s3"]["bucket"] = {"name": bucket, "arn": f"arn:aws:s3:::{bucket}"}
        record["s3"]["object"]["key"] = quote_plus(key, safe="/")
        event["Records"].append(record)
    return event


def event_bridge(key: str, detail_type: str = "Object Created") -> dict[str, Any]:
    """Return an event of EventBridge about an object."""
    event = load("eventbridge-object-created")
    event["detail-type"] = detail_type
    event["detail"]["object"]["key"] = key
    return event


def batch_task(key: str, schema: str = "2.0", bucket: str = UPLOADS) -> dict[str, Any]:
    """Return an invocation by S3 Batch Operations with one task."""
    event = load(f"batch-operations-{schema}")
    (task,) = event["tasks"]
    task["s3Key"] = quote_plus(key, safe="/")
    if schema == "1.0":
        task["s3BucketArn"] = f"arn:aws:s3:::{bucket}"
    else:
        task["s3Bucket"] = bucket
    return event


def messages(bodies: Sequence[object], attempt: int = 1) -> dict[str, Any]:
    """Return a batch of SQS, whose message ids count from 0. Other bodies than text become JSON."""
    event = load("sqs-s3-put")
    (pattern,) = event["Records"]
    event["Records"] = []
    for number, body in enumerate(bodies):
        record = copy.deepcopy(pattern)
        record["messageId"] = str(number)
        record["receiptHandle"] = str(uuid4())
        record["body"] = body if isinstance(body, str) else json.dumps(body)
        record["attributes"]["ApproximateReceiveCount"] = str(attempt)
        event["Records"].append(record)
    return event


def again(*numbers: int) -> dict[str, Any]:
    """Return the response that makes SQS redeliver these messages."""
    return {"batchItemFailures": [{"itemIdentifier": str(number)} for number in numbers]}
