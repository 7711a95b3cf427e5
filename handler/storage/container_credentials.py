"""Credentials of a function that was started from a snapshot.

Keys in the environment would expire in the snapshot. Lambda gives such a function an address to
fetch them from, and a token to show there, both in the environment; the object store's client reads
that address only where the token is in a file, as EKS has it.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-best-practices.html
"""

import json
import os
from datetime import datetime
from http.client import HTTPConnection
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from obstore.store import S3Credential, S3CredentialProvider

_ADDRESS = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
_TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105 - the name of a variable
# The address is in the sandbox itself.
_SECONDS = 3


def container_credentials() -> "S3CredentialProvider | None":
    """What fetches credentials when they are needed; None where they are in the environment."""
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
