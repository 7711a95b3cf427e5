"""The object store of a URL: S3, or a directory."""

import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from obstore.store import LocalStore, S3Store

from handler.aws.endpoints import S3, endpoint, is_commercial
from handler.problems import shown

if TYPE_CHECKING:
    from obstore.store import S3Config, S3CredentialProvider

# A stalled store must fail while the client still waits: API Gateway gives up after 30 s.
_CONNECT_TIMEOUT = timedelta(seconds=3)
_REQUEST_TIMEOUT = timedelta(seconds=10)
_RETRIES = 3
_RETRY_TIMEOUT = timedelta(seconds=20)


def connect(url: str, credentials: "S3CredentialProvider | None" = None) -> S3Store | LocalStore:
    """Open a store.

    Region and endpoint of S3 come from the usual environment variables (``AWS_*``).

    Args:
        url: ``s3://bucket/prefix`` or ``file:///directory``; the directory is created if necessary.
        credentials: returns credentials for S3, when they are used first and again before they
            expire; None for those that the usual environment variables name.

    Raises:
        ValueError: the URL has another form.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path:
        return LocalStore(Path(unquote(parts.path)), mkdir=True)
    if parts.scheme == "s3" and parts.netloc:
        plain = any(os.environ.get(name, "").startswith("http://") for name in S3)
        # The client assumes the domain of commercial regions.
        config: S3Config = {} if is_commercial() else {"endpoint": endpoint("s3", *S3)}
        return S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            config=config,
            credential_provider=credentials,
            client_options={
                "connect_timeout": _CONNECT_TIMEOUT,
                "timeout": _REQUEST_TIMEOUT,
                "allow_http": plain,
            },
            retry_config={"max_retries": _RETRIES, "retry_timeout": _RETRY_TIMEOUT},
        )
    raise ValueError(f"expected s3://bucket/prefix or file:///directory, received {shown(url)}")
