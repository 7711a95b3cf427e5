"""Presigned forms with which a client can post one file to S3.

https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-HTTPPOSTConstructPolicy.html
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from handler.aws.credentials import ContainerCredentials, signer
from handler.aws.endpoints import S3, endpoint, region
from handler.errors import StorageUnavailable


class PresignedPost(Struct, frozen=True):
    """A presigned form: its URL, and the fields that precede the file in the body."""

    url: str
    fields: dict[str, str]
    expires_at: datetime


def presign_post(
    bucket: str,
    fields: Mapping[str, str],
    max_bytes: int,
    lifetime: timedelta,
    credentials: ContainerCredentials | None = None,
) -> PresignedPost:
    """Return a signed form. Its policy fixes the value of every field and limits the file's size.

    Args:
        bucket: name of the bucket.
        fields: fields of the form, with the key of the object.
        max_bytes: size of the largest accepted file. Empty files are rejected as well.
        lifetime: time until the form expires, unless the credentials expire before.
        credentials: of the deployment; None for those that the usual variables name.

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
            "Upload forms need the extra aws: in a clone, pip install '.[aws]'"
        ) from error

    try:
        signing = signer(credentials)
    except (BotoCoreError, OSError) as error:
        raise StorageUnavailable("The upload form could not be signed") from error
    if signing is None:
        raise StorageUnavailable("There are no credentials to sign the upload form")
    expires_at = signing.until(lifetime)
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
        S3SigV4PostAuth(signing.keys, "s3", region()).add_auth(request)
    except BotoCoreError as error:
        raise StorageUnavailable("The upload form could not be signed") from error
    return PresignedPost(url, signed, expires_at)


def bucket_url(bucket: str) -> str:
    """Return the URL of a bucket, to which forms are posted and with which its links begin."""
    return f"{endpoint('s3', *S3)}/{bucket}"
