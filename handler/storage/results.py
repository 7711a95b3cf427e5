"""The store of results, each in the folder of its job or of its source."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, S3Store

from handler.errors import NotFound, StorageUnavailable
from handler.filenames import content_disposition
from handler.storage.failures import is_gone, reason_of, unavailable
from handler.storage.store_health import StoreHealth
from handler.telemetry import on_lambda

# A slow client keeps one chunk in memory, and not the whole result.
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Link:
    """The URL of a result and its expiry; None if it is valid while the result exists."""

    url: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A result that is streamed from the store."""

    size: int
    etag: str
    chunks: Iterator[bytes]


class ResultStore:
    """The store of results, and links to them.

    Attributes:
        health: the health of the store.
    """

    def __init__(
        self,
        store: S3Store | LocalStore,
        link_seconds: int,
        url_for: Callable[[str, str], str] | None = None,
    ) -> None:
        """Wrap an object store.

        Args:
            store: the object store; see `handler.storage.object_store.connect`.
            link_seconds: lifetime of links to S3, in seconds.
            url_for: returns the URL of a result in a directory by its folder and its name; None
                for ``file:`` URLs.
        """
        self._store = store
        # On Lambda, monitors would write an object for each of their checks.
        self.health = StoreHealth(store, probes_always=not on_lambda())
        self._lifetime = timedelta(seconds=link_seconds)
        self._url_for = url_for

    @property
    def signs_links(self) -> bool:
        """True if links lead to the store itself. Otherwise the service streams the results."""
        return isinstance(self._store, S3Store)

    def save(self, folder: str, filename: str, data: bytes | BinaryIO, content_type: str) -> str:
        """Write a result atomically, over an earlier one.

        Args:
            folder: id of the job, or folder of the source; empty for the top.
            filename: name in that folder, under which a browser saves the result.
            data: bytes of the file, or an open file.
            content_type: content type of the file.

        Returns:
            The ETag, which `check` returns as well.

        Raises:
            StorageUnavailable: the result cannot be written.
        """
        size = len(data) if isinstance(data, bytes) else _size_of(data)
        attributes = None
        if isinstance(self._store, S3Store):
            attributes = {
                "Content-Type": content_type,
                "Content-Disposition": content_disposition(filename),
            }
        try:
            put = obstore.put(self._store, _key(folder, filename), data, attributes=attributes)
        except (BaseError, OSError) as error:
            self.health.failed(reason_of(error), size)
            raise unavailable("The result could not be stored", error) from error
        self.health.succeeded(size)
        return _bare(put["e_tag"])

    def link(self, folder: str, filename: str) -> Link:
        """Return a link to a result: a presigned URL on S3, that of ``url_for`` for a directory.

        Raises:
            StorageUnavailable: there are no credentials.
        """
        if not isinstance(self._store, S3Store):
            if self._url_for is not None:
                return Link(self._url_for(folder, filename), None)
            return Link(Path(self._store.prefix or "/", folder, filename).as_uri(), None)
        expires_at = datetime.now(UTC).replace(microsecond=0) + self._lifetime
        try:
            url = obstore.sign(
                self._store, "GET", _key(folder, filename), expires_in=self._lifetime
            )
        except (BaseError, OSError) as error:
            raise unavailable("The link could not be signed", error) from error
        return Link(url, expires_at)

    def check(self, folder: str, filename: str) -> str:
        """Return the ETag of a result. Another result under the same name has another one.

        Raises:
            NotFound: there is no such result.
            StorageUnavailable: the store cannot be read.
        """
        try:
            found = obstore.head(self._store, _key(folder, filename))
        except (BaseError, OSError) as error:
            raise self._failure("The result could not be looked up", error) from error
        return _bare(found["e_tag"])

    def has(self, folder: str, filename: str, etag: str | None) -> bool:
        """Return whether a result exists and has the ETag that `save` returned.

        Raises:
            StorageUnavailable: the store cannot be read.
        """
        try:
            return self.check(folder, filename) == etag
        except NotFound:
            return False

    def read(self, folder: str, filename: str) -> StoredResult:
        """Open a result for streaming.

        Raises:
            NotFound: there is no such result.
            StorageUnavailable: the store cannot be read.
        """
        try:
            found = obstore.get(self._store, _key(folder, filename))
        except (BaseError, OSError) as error:
            raise self._failure("The result could not be read", error) from error
        meta = found.meta
        etag = _bare(meta["e_tag"]) or folder
        chunks = map(bytes, found.stream(min_chunk_size=_CHUNK_BYTES))
        return StoredResult(meta["size"], etag, chunks)

    def _failure(self, what: str, error: Exception) -> NotFound | StorageUnavailable:
        if not isinstance(error, NotFoundError | FileNotFoundError):
            return unavailable(what, error)
        return (
            unavailable(what, error) if is_gone(self._store, error) else NotFound("No such result")
        )


def _key(folder: str, filename: str) -> str:
    return f"{folder}/{filename}" if folder else filename


def _size_of(file: BinaryIO) -> int:
    position = file.tell()
    size = file.seek(0, os.SEEK_END)
    file.seek(position)
    return size


def _bare(etag: str | None) -> str:
    return (etag or "").strip('"')
