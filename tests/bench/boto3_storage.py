"""`handler.storage` with boto3: the peer of the cold start."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3
from pydantic import BaseModel, ConfigDict

from handler.filenames import content_disposition

if TYPE_CHECKING:  # types are not imported at run time
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Bucket:
    client: "S3Client"
    name: str


class ResultStore:
    """Saving and signing, which a first crop needs."""

    signs_links = True

    def __init__(
        self,
        bucket: Bucket,
        link_seconds: int,
        url_for: Callable[[str, str], str] | None = None,
        credentials: object = None,
    ) -> None:
        self._client = bucket.client
        self._bucket = bucket.name
        self._lifetime = timedelta(seconds=link_seconds)

    def save(
        self,
        job_id: str,
        filename: str,
        data: bytes,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        self._client.put_object(
            Bucket=self._bucket,
            Key=f"{job_id}/{filename}",
            Body=data,
            ContentType=content_type,
            ContentDisposition=content_disposition(filename),
            Metadata=metadata or {},
        )

    def link(self, job_id: str, filename: str) -> Link:
        url = self._client.generate_presigned_url(
            "get_object",
            Params={"Bucket": self._bucket, "Key": f"{job_id}/{filename}"},
            ExpiresIn=round(self._lifetime.total_seconds()),
        )
        return Link(url, datetime.now(UTC).replace(microsecond=0) + self._lifetime)


class JobRecord(BaseModel):
    """The record that each job begins with. A first crop does not store it."""

    model_config = ConfigDict(extra="allow")


class JobStore:
    """Required by the app, and unused by a first crop."""

    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket


def connect(url: str, credentials: object = None) -> Bucket:
    return Bucket(boto3.client("s3"), urlsplit(url).netloc)


def bucket_url(bucket: str) -> str:
    return f"https://s3.eu-west-1.amazonaws.com/{bucket}"


def __getattr__(name: str) -> type:
    """Return a class for any other name that the app imports; a first crop uses none."""
    return type(name, (), {})


def replace_storage() -> None:
    """Replace `handler.storage` with this module. Call it before anything imports the original."""
    for name in ("", ".object_store", ".presigned_post"):
        sys.modules[f"handler.storage{name}"] = sys.modules[__name__]
