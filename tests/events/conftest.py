import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from mypy_boto3_s3 import S3Client

from handler.config import Config
from handler.events import create_handler
from handler.storage import object_store
from tests.conftest import BUCKET, UPLOADS
from tests.faulty_store import FaultyStore, in_front_of
from tests.pictures import encoded, photo
from tests.servers import Program

PHOTO = encoded(photo("astronaut.png", (96, 96)))
SMALL = {"width": 24, "height": 16}


class FakeContext:
    """The context object of an invocation with some seconds left."""

    aws_request_id = "request"

    def __init__(self, seconds: float = 300) -> None:
        self._end = time.monotonic() + seconds

    def get_remaining_time_in_millis(self) -> int:
        return int((self._end - time.monotonic()) * 1000)


class Bucket:
    """The uploads bucket, and the results under a prefix, as another client sees them."""

    def __init__(self, client: S3Client, prefix: str) -> None:
        self._client = client
        self._prefix = f"{prefix}/"
        self.environment = {
            "SMART_CROP_STORE": f"s3://{BUCKET}/{prefix}",
            "SMART_CROP_UPLOADS": f"s3://{UPLOADS}",
            "SMART_CROP_DEFAULT_SETTINGS": json.dumps(SMALL),
            "SMART_CROP_JOB_RECORDS": "all",
        }

    def put(
        self,
        key: str,
        data: bytes = PHOTO,
        settings: object = None,
        content_type: str = "binary/octet-stream",
    ) -> str:
        """Upload an object, and return its ETag."""
        metadata = {} if settings is None else {"smart-crop": _text(settings)}
        put = self._client.put_object(
            Bucket=UPLOADS, Key=key, Body=data, Metadata=metadata, ContentType=content_type
        )
        return put["ETag"].strip('"')

    def delete(self, key: str) -> None:
        self._client.delete_object(Bucket=UPLOADS, Key=key)

    def result(self, key: str) -> bytes | None:
        """Return the bytes of a result, or None if there is none."""
        try:
            return self._client.get_object(Bucket=BUCKET, Key=self._prefix + key)["Body"].read()
        except self._client.exceptions.NoSuchKey:
            return None

    def put_result(self, key: str, data: bytes) -> None:
        self._client.put_object(Bucket=BUCKET, Key=self._prefix + key, Body=data)

    def delete_result(self, key: str) -> None:
        self._client.delete_object(Bucket=BUCKET, Key=self._prefix + key)

    def results(self) -> dict[str, datetime]:
        """Return the keys of all results and job records, with their times."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=BUCKET, Prefix=self._prefix
        )
        return {
            each["Key"].removeprefix(self._prefix): each["LastModified"]
            for page in pages
            for each in page.get("Contents", [])
        }

    def records(self) -> list[dict[str, Any]]:
        """Return all job records."""
        keys = (key for key in self.results() if key.startswith("jobs/"))
        return [json.loads(self.result(key) or b"") for key in keys]

    def record(self) -> dict[str, Any]:
        """Return the only job record."""
        (record,) = self.records()
        return record


def _text(settings: object) -> str:
    return settings if isinstance(settings, str) else json.dumps(settings)


@pytest.fixture
def folder() -> str:
    """The folder of a test's uploads."""
    return f"folder-{uuid4()}"


@pytest.fixture
def bucket(uploads: S3Client) -> Bucket:
    """The uploads, and the results of this test only."""
    return Bucket(uploads, f"results-{uuid4()}")


@pytest.fixture
def store(seaweedfs: Program, s3: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyStore]:
    """The store of the function, which counts and disturbs its requests, with short retries."""
    monkeypatch.setattr(object_store, "_RETRY_TIMEOUT", timedelta(milliseconds=500))
    with in_front_of(seaweedfs.url) as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL", store.url)
        yield store


Handle = Callable[..., Any]


@pytest.fixture
def make_handler(s3: str, bucket: Bucket) -> Callable[..., Handle]:
    """Create the handler of a deployment, whose context is optional."""

    def make(**config: object) -> Handle:
        given = Config.from_environment(bucket.environment)
        handler = create_handler(Config.model_validate({**given.model_dump(), **config}))
        return lambda event, context=None: handler(event, context or FakeContext())

    return make


@pytest.fixture
def handle(make_handler: Callable[..., Handle]) -> Handle:
    """The handler in this process, on stores that check signatures."""
    return make_handler()
