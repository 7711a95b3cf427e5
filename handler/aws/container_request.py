"""The request for credentials inside an execution environment that starts from a snapshot."""

import json
import os
from datetime import datetime
from http.client import HTTPConnection, HTTPException
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from obstore.store import S3Credential

# The address is inside the execution environment, so that it answers at once.
_TIMEOUT = 3


def fetch(address_variable: str, token_variable: str) -> "S3Credential":
    """Return the credentials at the address that Lambda puts into the environment.

    Args:
        address_variable: name of the variable with the URL.
        token_variable: name of the variable with the request's ``Authorization`` header.

    Raises:
        OSError: they cannot be fetched.
    """
    url = urlsplit(os.environ[address_variable])
    connection = HTTPConnection(url.netloc, timeout=_TIMEOUT)
    try:
        target = f"{url.path}?{url.query}" if url.query else url.path
        connection.request("GET", target, headers={"Authorization": os.environ[token_variable]})
        answer = connection.getresponse()
        text = answer.read()
    except HTTPException as error:
        raise OSError(f"{address_variable} gave no answer") from error
    finally:
        connection.close()
    if answer.status != 200:
        raise OSError(f"{address_variable} answered {answer.status}")
    try:
        found = json.loads(text)
        return {
            "access_key_id": found["AccessKeyId"],
            "secret_access_key": found["SecretAccessKey"],
            "token": found["Token"],
            "expires_at": datetime.fromisoformat(found["Expiration"]),
        }
    except (ValueError, KeyError) as error:
        raise OSError(f"{address_variable} answered without credentials") from error
