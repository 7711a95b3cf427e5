"""The object store of a URL: S3, or a directory.

A function that starts from a snapshot fetches its credentials itself, because keys in the
environment would expire with the snapshot. Lambda gives such a function an address to fetch them
from, and a token to send there, both in the environment. The client of the object store supports
that address only with a token in a file, as on EKS.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-best-practices.html
"""

import json
import os
from datetime import datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from obstore.store import LocalStore, S3Store

from handler.problems import shown

if TYPE_CHECKING:
    from obstore.store import S3Credential, S3CredentialProvider

# A stalled store must fail while the client still waits: API Gateway gives up after 30 s.
_CONNECT_TIMEOUT = timedelta(seconds=3)
_REQUEST_TIMEOUT = timedelta(seconds=10)
_RETRIES = 3
_RETRY_TIMEOUT = timedelta(seconds=20)

# The AWS SDKs' variables for the endpoint of another S3 store, which may use plain HTTP.
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


_ADDRESS = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
_TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105 - the name of a variable
# The address is inside the execution environment, so that it answers at once.
_SECONDS = 3


def connect(url: str) -> S3Store | LocalStore:
    """Open a store.

    Credentials, region and endpoint of S3 come from the usual environment variables (``AWS_*``).
    Credentials are fetched at their first use.

    Args:
        url: ``s3://bucket/prefix`` or ``file:///directory``; the directory is created if necessary.

    Raises:
        ValueError: the URL has another form.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path:
        return LocalStore(Path(unquote(parts.path)), mkdir=True)
    if parts.scheme == "s3" and parts.netloc:
        plain = any(os.environ.get(name, "").startswith("http://") for name in ENDPOINTS)
        return S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            credential_provider=_container_credentials(),
            client_options={
                "connect_timeout": _CONNECT_TIMEOUT,
                "timeout": _REQUEST_TIMEOUT,
                "allow_http": plain,
            },
            retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRY_TIMEOUT},
        )
    raise ValueError(f"expected s3://bucket/prefix or file:///directory, received {shown(url)}")


def _container_credentials() -> "S3CredentialProvider | None":
    """Return the function that fetches credentials, or None if the client finds them itself."""
    return _fetch if os.environ.get(_ADDRESS) and os.environ.get(_TOKEN) else None


def _fetch() -> "S3Credential":
    address = urlsplit(os.environ[_ADDRESS])
    connection = HTTPConnection(address.netloc, timeout=_SECONDS)
    try:
        target = f"{address.path}?{address.query}" if address.query else address.path
        connection.request("GET", target, headers={"Authorization": os.environ[_TOKEN]})
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise OSError(f"{_ADDRESS} answered {answer.status}")
    found = json.loads(text)
    return {
        "access_key_id": found["AccessKeyId"],
        "secret_access_key": found["SecretAccessKey"],
        "token": found["Token"],
        "expires_at": datetime.fromisoformat(found["Expiration"]),
    }
