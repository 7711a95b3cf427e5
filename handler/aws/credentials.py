"""Credentials, and the time at which they expire.

A function that starts from a snapshot fetches its credentials itself, because keys in the
environment would expire with the snapshot. Lambda gives such a function an address to fetch them
from, and a token to send there, both in the environment. The client of the object store supports
that address only with a token in a file, as on EKS.
https://docs.aws.amazon.com/lambda/latest/dg/snapstart-best-practices.html
"""

import os
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from botocore.credentials import ReadOnlyCredentials
    from botocore.session import Session
    from obstore.store import S3Credential

_ADDRESS = "AWS_CONTAINER_CREDENTIALS_FULL_URI"
_TOKEN = "AWS_CONTAINER_AUTHORIZATION_TOKEN"  # noqa: S105 - the name of a variable
# Credentials with less time left are fetched again for each use. The AWS SDKs use the same time.
_LEAST = timedelta(minutes=5)
# Shortest interval between two requests for credentials, some of which expire before a link would.
_SECONDS_BETWEEN = 60.0
_MARGIN = timedelta(minutes=1)


class Signer(Struct, frozen=True):
    """Credentials that sign a request, a link or a form.

    Attributes:
        keys: the credentials, as botocore's signers read them.
        expires_at: time at which they expire, and what they signed with them; None if it is not
            known.
    """

    keys: "ReadOnlyCredentials"
    expires_at: datetime | None

    def until(self, lifetime: timedelta) -> datetime:
        """Return the time at which a link or a form expires, in whole seconds.

        Args:
            lifetime: of the link, unless the credentials expire before.
        """
        return _earlier(lifetime, self.expires_at)


class ContainerCredentials:
    """The credentials at the address that Lambda names, as the object store's client calls them.

    They are fetched at their first use, and again before a link would expire later than they do.

    Attributes:
        refresh_threshold: time before the expiry at which the object store's client begins to ask
            for new credentials.
    """

    def __init__(self, lifetime: timedelta, fetch: "Callable[[], S3Credential]") -> None:
        """Set how long links and forms last, and where their credentials come from.

        Args:
            lifetime: of the links and forms that are signed.
            fetch: function that returns the credentials; it raises OSError if it cannot.
        """
        self.refresh_threshold = max(lifetime + _MARGIN, _LEAST)
        self._fetch = fetch
        self._lock = threading.Lock()
        self._current: S3Credential | None = None
        self._fetched = 0.0

    def __call__(self) -> "S3Credential":
        """Return the credentials with the latest known expiry.

        Raises:
            OSError: they cannot be fetched.
        """
        with self._lock:
            current = self._current
            if current is None or self._is_due(current):
                current = self._current = self._fetch()
                self._fetched = time.monotonic()
            return current

    def until(self, lifetime: timedelta) -> datetime:
        """Return the time at which a link that is signed now expires; see `Signer.until`.

        Raises:
            OSError: they cannot be fetched.
        """
        return _earlier(lifetime, self()["expires_at"])

    def _is_due(self, current: "S3Credential") -> bool:
        expiry = current["expires_at"]
        if expiry is None:
            return False
        left = expiry - datetime.now(UTC)
        is_recent = time.monotonic() - self._fetched < _SECONDS_BETWEEN
        return left < _LEAST or (left < self.refresh_threshold and not is_recent)


def container_credentials(lifetime: timedelta) -> ContainerCredentials | None:
    """Return the credentials at the address in the environment, or None if there is none.

    Args:
        lifetime: of the links and forms that are signed.
    """
    if not (os.environ.get(_ADDRESS) and os.environ.get(_TOKEN)):
        return None
    # Only a start that ends with a snapshot has an address: other starts load no HTTP client.
    from handler.aws.container_request import fetch

    return ContainerCredentials(lifetime, partial(fetch, _ADDRESS, _TOKEN))


def signer(container: ContainerCredentials | None = None) -> Signer | None:
    """Return credentials for botocore's signers, or None if there are none.

    Args:
        container: the credentials at the address in the environment; without them, they are found
            as the AWS SDKs find them.

    Raises:
        botocore.exceptions.BotoCoreError, OSError: they cannot be fetched.
    """
    # Few requests need botocore, and a cold start would wait for it.
    from botocore.credentials import ReadOnlyCredentials

    if container is not None:
        found = container()
        keys = ReadOnlyCredentials(
            found["access_key_id"], found["secret_access_key"], found.get("token")
        )
        return Signer(keys, found["expires_at"])
    credentials = session().get_credentials()
    if credentials is None:
        return None
    # Those of a role or a single sign-on have a time; botocore shows it in no other way.
    expiry = getattr(credentials, "_expiry_time", None)
    return Signer(credentials.get_frozen_credentials(), expiry)


def _earlier(lifetime: timedelta, expiry: datetime | None) -> datetime:
    until = datetime.now(UTC) + lifetime
    return (until if expiry is None else min(until, expiry)).replace(microsecond=0)


@cache
def session() -> "Session":
    """Return the session that finds and renews credentials: environment, container, profile."""
    from botocore.session import Session

    return Session()
