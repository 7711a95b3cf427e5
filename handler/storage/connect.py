"""Opening an object store by its URL."""

import os
from datetime import timedelta
from pathlib import Path
from urllib.parse import unquote, urlsplit

from obstore.store import LocalStore, S3Store

from handler.storage.container_credentials import container_credentials

# A stalled store must fail while the client still waits: API Gateway gives up after 30 s.
_CONNECT_TIMEOUT = timedelta(seconds=3)
_REQUEST_TIMEOUT = timedelta(seconds=10)
_RETRIES = 3
_RETRY_TIMEOUT = timedelta(seconds=20)

# The SDKs' names for the endpoint of a store that is not AWS's own, and may speak plain HTTP.
ENDPOINTS = ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL")


def connect(url: str) -> S3Store | LocalStore:
    """Open a store.

    Credentials, region and endpoint of S3 are the environment's (``AWS_*``), as everywhere; none
    are fetched before they are used.

    Args:
        url: ``s3://bucket/prefix`` or ``file:///directory``; a directory is made if need be.

    Raises:
        ValueError: any other URL.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path:
        return LocalStore(Path(unquote(parts.path)), mkdir=True)
    if parts.scheme == "s3" and parts.netloc:
        plain = any(os.environ.get(name, "").startswith("http://") for name in ENDPOINTS)
        return S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            credential_provider=container_credentials(),
            client_options={
                "connect_timeout": _CONNECT_TIMEOUT,
                "timeout": _REQUEST_TIMEOUT,
                "allow_http": plain,
            },
            retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRY_TIMEOUT},
        )
    raise ValueError(f"Expected s3://bucket/prefix or file:///directory but received {url!r}")
