"""Finished pictures, one object each, in the folder of their job or of their source."""

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

# A slow client keeps one of these in memory, not the whole result.
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Link:
    """Where a result can be fetched, and until when (None: for as long as it is kept)."""

    url: str
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class StoredResult:
    """A result that is read from the store."""

    size: int
    etag: str
    chunks: Iterator[bytes]


class ResultStore:
    """Keeps results and hands out links to them."""

    def __init__(
        self,
        store: S3Store | LocalStore,
        link_seconds: int,
        url_for: Callable[[str, str], str] | None = None,
    ) -> None:
        """Wrap an object store.

        Args:
            store: the object store; see `handler.storage.object_store.connect`.
            link_seconds: lifetime of links to S3.
            url_for: returns the URL of a result in a directory by its folder and its name; None
                for ``file:`` URLs.
        """
        self._store = store
        self._lifetime = timedelta(seconds=link_seconds)
        self._url_for = url_for

    @property
    def signs_links(self) -> bool:
        """Whether links lead to the store itself; if not, results are streamed from here."""
        return isinstance(self._store, S3Store)

    def save(self, folder: str, filename: str, data: bytes | BinaryIO, content_type: str) -> str:
        """Write a result over an earlier one; it appears whole or not at all.

        Args:
            folder: its job's id, or the folder of its source; empty for the top.
            filename: in that folder, and in the header that has a browser save it.
            data: the file, whole or to be read.
            content_type: of the file.

        Returns:
            Its tag, which `check` gives too.

        Raises:
            StorageUnavailable: the store did not take it.
        """
        attributes = None
        if isinstance(self._store, S3Store):
            attributes = {
                "Content-Type": content_type,
                "Content-Disposition": content_disposition(filename),
            }
        try:
            put = obstore.put(self._store, _key(folder, filename), data, attributes=attributes)
        except (BaseError, OSError) as error:
            raise StorageUnavailable("The result could not be stored") from error
        return _bare(put["e_tag"])

    def link(self, folder: str, filename: str) -> Link:
        """Return a link to a result: a presigned URL on S3, that of ``url_for`` for a directory.

        Raises:
            StorageUnavailable: there are no credentials to sign with.
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
            raise StorageUnavailable("The link could not be signed") from error
        return Link(url, expires_at)

    def check(self, folder: str, filename: str) -> str:
        """Make sure that a result is there.

        Returns:
            Its tag; another result under the same name has another.

        Raises:
            NotFound: it is not.
            StorageUnavailable: the store did not say.
        """
        try:
            found = obstore.head(self._store, _key(folder, filename))
        except (NotFoundError, FileNotFoundError) as error:
            raise NotFound("No such result") from error
        except (BaseError, OSError) as error:
            raise StorageUnavailable("The result could not be looked up") from error
        return _bare(found["e_tag"])

    def has(self, folder: str, filename: str, etag: str | None) -> bool:
        """Whether a result is there, and is the one that `save` gave the tag of.

        Raises:
            StorageUnavailable: the store did not say.
        """
        try:
            return self.check(folder, filename) == etag
        except NotFound:
            return False

    def read(self, folder: str, filename: str) -> StoredResult:
        """Open a result for streaming.

        Raises:
            NotFound: it is not there.
            StorageUnavailable: the store did not give it.
        """
        try:
            found = obstore.get(self._store, _key(folder, filename))
        except (NotFoundError, FileNotFoundError) as error:
            raise NotFound("No such result") from error
        except (BaseError, OSError) as error:
            raise StorageUnavailable("The result could not be read") from error
        meta = found.meta
        etag = _bare(meta["e_tag"]) or folder
        chunks = map(bytes, found.stream(min_chunk_size=_CHUNK_BYTES))
        return StoredResult(meta["size"], etag, chunks)


def _key(folder: str, filename: str) -> str:
    return f"{folder}/{filename}" if folder else filename


def _bare(etag: str | None) -> str:
    return (etag or "").strip('"')
