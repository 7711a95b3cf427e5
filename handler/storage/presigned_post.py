"""Presigned forms with which a client can post one file to S3.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from handler.errors import StorageUnavailable
from handler.storage.object_store import ENDPOINTS

if TYPE_CHECKING:
    from botocore.session import Session


@dataclass(frozen=True, slots=True)
class PresignedPost:
    """A presigned form: its URL, and the fields that precede the file in the body."""

    url: str
    fields: dict[str, str]
    expires_at: datetime


def presign_post(
    bucket: str, fields: Mapping[str, str], max_bytes: int, lifetime: timedelta
) -> PresignedPost:
    """Return a signed form. Its policy fixes the value of every field and limits the file's size.

    Args:
        bucket: name of the bucket.
        fields: fields of the form, with the key of the object.
        max_bytes: size of the largest accepted file. Empty files are rejected as well.
        lifetime: time until the form expires.

    Raises:
        StorageUnavailable: there are no credentials, or the extra ``aws`` is not installed.
    """
    # Few requests need botocore, and a cold start would wait for it.
    try:
        from botocore.auth import S3SigV4PostAuth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise StorageUnavailable(
            "Upload forms need the packages for AWS: pip install smart-crop[aws]"
        ) from error

    expires_at = datetime.now(UTC).replace(microsecond=0) + lifetime
    signed = dict(fields)
    policy = {
        "expiration": f"{expires_at:%Y-%m-%dT%H:%M:%SZ}",
        "conditions": [
            {"bucket": bucket},
            *({name: value} for name, value in fields.items()),
            ["content-length-range", 1, max_bytes],
        ],
    }
    url = bucket_url(bucket)
    request = AWSRequest("POST", url)
    request.context["s3-presign-post-fields"] = signed
    request.context["s3-presign-post-policy"] = policy
    try:
        credentials = _session().get_credentials()
        if credentials is None:
            raise StorageUnavailable("There are no credentials to sign the upload form")
        frozen = credentials.get_frozen_credentials()
        S3SigV4PostAuth(frozen, "s3", _region()).add_auth(request)
    except BotoCoreError as error:
        raise StorageUnavailable("The upload form could not be signed") from error
    return PresignedPost(url, signed, expires_at)


@cache
def _session() -> "Session":
    """Return the session that finds and renews credentials: environment, container, profile."""
    from botocore.session import Session

    return Session()


def bucket_url(bucket: str) -> str:
    """Return the URL of a bucket, to which forms are posted and with which its links begin."""
    named = next(filter(None, map(os.environ.get, ENDPOINTS)), None)
    endpoint = named or f"https://s3.{_region()}.amazonaws.com"
    return f"{endpoint.rstrip('/')}/{bucket}"


def _region() -> str:
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or "us-east-1"
