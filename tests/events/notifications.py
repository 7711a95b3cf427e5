"""Events about objects of a test's own, made from the files beside this one."""

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
"""The object that the files tell of."""

FILES = {
    "s3-put",
    "sqs-s3-put",
    "sqs-eventbridge",
    "eventbridge-object-created",
    "batch-operations-1.0",
    "batch-operations-2.0",
}
"""The files that tell of it."""


@cache
def _read(name: str) -> Any:
    return json.loads(Path(__file__).with_name(f"{name}.json").read_text())


def load(name: str) -> dict[str, Any]:
    """A file's event, to be changed at will."""
    loaded: dict[str, Any] = copy.deepcopy(_read(name))
    return loaded


def s3_put(*keys: str, bucket: str = UPLOADS, name: str = "ObjectCreated:Put") -> dict[str, Any]:
    """S3's notification of objects that were put."""
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
    """EventBridge's, of one."""
    event = load("eventbridge-object-created")
    event["detail-type"] = detail_type
    event["detail"]["object"]["key"] = key
    return event


def batch_task(key: str, schema: str = "2.0", bucket: str = UPLOADS) -> dict[str, Any]:
    """A task of S3 Batch Operations."""
    event = load(f"batch-operations-{schema}")
    (task,) = event["tasks"]
    task["s3Key"] = quote_plus(key, safe="/")
    if schema == "1.0":
        task["s3BucketArn"] = f"arn:aws:s3:::{bucket}"
    else:
        task["s3Bucket"] = bucket
    return event


def messages(bodies: Sequence[object], attempt: int = 1) -> dict[str, Any]:
    """A batch of SQS: texts as they are, anything else as JSON; their ids are their numbers."""
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
    """The answer that has these messages delivered again."""
    return {"batchItemFailures": [{"itemIdentifier": str(number)} for number in numbers]}
