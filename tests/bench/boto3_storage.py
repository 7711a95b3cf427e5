"""What `handler.storage` would be on boto3: the peer of the cold start."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import boto3

from handler.filename import content_disposition

if TYPE_CHECKING:  # nobody who deploys on boto3 pays for its types
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Link:
    url: str
    expires_at: datetime | None


class ResultStore:
    """Saves and signs; no more is needed for a first crop."""

    signs_links = True

    def __init__(self, client: "S3Client", bucket: str, link_seconds: int) -> None:
        self._client = client
        self._bucket = bucket
        self._lifetime = timedelta(seconds=link_seconds)

    def save(self, job_id: str, filename: str, data: bytes, content_type: str) -> None:
        self._client.put_object(
            Bucket=self._bucket,
            Key=f"{job_id}/{filename}",
            Body=data,
            ContentType=content_type,
            ContentDisposition=content_disposition(filename),
        )

    def link(self, job_id: str, filename: str) -> Link:
        url = self._client.generate_presigned_url(
            "get_object",
            Params={"Bucket": self._bucket, "Key": f"{job_id}/{filename}"},
            ExpiresIn=round(self._lifetime.total_seconds()),
        )
        return Link(url, datetime.now(UTC).replace(microsecond=0) + self._lifetime)


def open_results(url: str, link_seconds: int) -> ResultStore:
    return ResultStore(boto3.client("s3"), urlsplit(url).netloc, link_seconds)


def __getattr__(name: str) -> type:
    """Whatever else the app imports from here plays no part in a first crop."""
    return type(name, (), {})
