from collections.abc import Iterator
from uuid import uuid4

import pytest
from mypy_boto3_s3 import S3Client

from handler.aws import credentials
from handler.config import Config
from tests.api.calls import PORTRAIT
from tests.conftest import BUCKET, UPLOADS
from tests.servers import Program
from tests.serving import serving

KEY = "uploads/0b9e6a3c-6a51-4a5e-9f0e-4d5b8c0f5a11/portrait.jpg"


@pytest.fixture(scope="module")
def url(seaweedfs: Program, uploads: S3Client) -> Iterator[str]:
    """Yield the URL of a deployment with uploads, face detection, and a portrait under KEY."""
    credentials.session.cache_clear()
    uploads.put_object(Bucket=UPLOADS, Key=KEY, Body=PORTRAIT)
    store = f"s3://{BUCKET}/openapi-{uuid4()}"
    config = Config(store=store, uploads=f"s3://{UPLOADS}", keys_by_http="all")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in seaweedfs.environment.items():
            patch.setenv(name, value)
        with serving(config) as url:
            yield url
    credentials.session.cache_clear()
