"""Signed calls of AWS services with a JSON protocol, such as SQS and EventBridge.

The image has botocore for its signatures, without the descriptions of services that its clients
need, and without boto3. A call needs neither: botocore's signer signs it and botocore's HTTP
session, with the certificates that botocore brings, sends it. Both are imported by the first call.
"""

import json
import threading
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from handler.aws.credentials import ContainerCredentials, signer
from handler.aws.endpoints import region

if TYPE_CHECKING:
    from botocore.httpsession import URLLib3Session

# To connect, and to wait for an answer. All attempts together must end while an invocation has
# time left.
_TIMEOUT = 2
_ATTEMPTS = 3
# Before the second attempt; the next one waits twice as long.
_SECONDS_TO_WAIT = 0.2
# The part of an answer that the log shows.
_MAX_SHOWN = 200


class CallFailed(Exception):
    """Raised if a service cannot be reached or rejects a call."""


class Service:
    """A service of AWS with a JSON protocol."""

    def __init__(
        self,
        name: str,
        url: str,
        target: str,
        version: str,
        credentials: ContainerCredentials | None = None,
    ) -> None:
        """Describe a service. Nothing is imported or connected.

        Args:
            name: of the service, in signatures.
            url: its address.
            target: its name in the header of calls.
            version: of the JSON protocol.
            credentials: of the deployment; None for those that the usual variables name.
        """
        self._name = name
        self._url = url
        self._target = target
        self._version = version
        self._credentials = credentials
        self._lock = threading.Lock()
        self._session: URLLib3Session | None = None

    def call(self, operation: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Call an operation, and return its answer. Failures that may pass are retried.

        Raises:
            CallFailed: there was no answer, or it is an error.
        """
        seconds = _SECONDS_TO_WAIT
        for left in reversed(range(_ATTEMPTS)):
            try:
                return self._call(operation, values)
            except _Temporary as error:
                if not left:
                    raise CallFailed(str(error)) from error
            time.sleep(seconds)
            seconds *= 2
        raise AssertionError

    def _call(self, operation: str, values: Mapping[str, Any]) -> dict[str, Any]:
        from botocore.auth import SigV4Auth
        from botocore.awsrequest import AWSRequest
        from botocore.exceptions import BotoCoreError, HTTPClientError

        headers = {
            "Content-Type": f"application/x-amz-json-{self._version}",
            "X-Amz-Target": f"{self._target}.{operation}",
        }
        request = AWSRequest("POST", self._url, headers, json.dumps(values).encode())
        try:
            signing = signer(self._credentials)
            if signing is None:
                raise CallFailed("there are no credentials")
            SigV4Auth(signing.keys, self._name, region()).add_auth(request)
            answer = self._connection().send(request.prepare())
            status, text = answer.status_code, answer.text
        except (BotoCoreError, HTTPClientError, OSError) as error:
            raise _Temporary(f"{self._name} {operation}: {error}") from error
        if status == 200:
            try:
                return dict(json.loads(text or "{}"))
            except ValueError as error:
                raise CallFailed(f"{self._name} {operation} answered without JSON") from error
        problem = f"{self._name} {operation} answered {status}: {text[:_MAX_SHOWN]}"
        raise _Temporary(problem) if status in (429, 500, 502, 503, 504) else CallFailed(problem)

    def _connection(self) -> "URLLib3Session":
        from botocore.httpsession import URLLib3Session

        with self._lock:
            if self._session is None:
                self._session = URLLib3Session(timeout=_TIMEOUT)
            return self._session


class _Temporary(Exception):
    """Raised if another attempt may succeed."""
