"""The store of results, each in the folder of its job or of its source."""

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

import obstore
from msgspec import Struct
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, S3Store

from handler.aws.credentials import ContainerCredentials
from handler.errors import NotFound, StorageUnavailable
from handler.filenames import content_disposition
from handler.storage.failures import is_gone, reason_of, unavailable
from handler.storage.job_records import JobRecord
from handler.storage.result_metadata import ResultMetadata
from handler.storage.store_health import StoreHealth
from handler.storage.uploads import upload_folder
from handler.telemetry import on_lambda

if TYPE_CHECKING:  # the names are only in the stubs of the library
    from obstore import GetOptions, GetResult

# A slow client keeps one chunk in memory, and not the whole result.
_CHUNK_BYTES = 1 << 20
# S3 rejects a link that expires at once; one of expired credentials is rejected for another reason.
_SHORTEST = timedelta(seconds=1)
# More than a job has sizes, and previews of them.
_MAX_LISTED = 200
_NOT_READ = "The result could not be read"


class Link(Struct, frozen=True):
    """The URL of a result and its expiry; None if it is valid while the result exists."""

    url: str
    expires_at: datetime | None


class StoredResult(Struct, frozen=True):
    """A result in a store, whose bytes are not read yet.

    Attributes:
        size: size in bytes.
        etag: ETag without quotes.
        modified: time of its writing, in whole seconds.
    """

    size: int
    etag: str
    modified: datetime
    _store: S3Store | LocalStore
    _key: str
    _found: "GetResult"

    def chunks(self, part: range | None = None) -> Iterator[bytes]:
        """Return an iterator over the bytes, or over a part of them.

        Raises:
            StorageUnavailable: the part cannot be read, or another result has replaced this one.
        """
        found = self._found if part is None else self._get(part)
        return map(bytes, found.stream(min_chunk_size=_CHUNK_BYTES))

    def _get(self, part: range) -> "GetResult":
        options: GetOptions = {
            "range": (part.start, part.stop),
            "if_match": self._found.meta["e_tag"],
        }
        try:
            return obstore.get(self._store, self._key, options=options)
        except (BaseError, OSError) as error:
            raise unavailable(_NOT_READ, error) from error


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
        credentials: ContainerCredentials | None = None,
    ) -> None:
        """Wrap an object store.

        Args:
            store: the object store; see `handler.storage.object_store.connect`.
            link_seconds: lifetime of links to S3, in seconds.
            url_for: returns the URL of a result in a directory by its folder and its name; None
                for ``file:`` URLs.
            credentials: of the store, whose expiry ends links; None if it is not known.
        """
        self._store = store
        self._credentials = credentials
        # On Lambda, monitors would write an object for each of their checks.
        self.health = StoreHealth(store, probes_always=not on_lambda())
        self._lifetime = timedelta(seconds=link_seconds)
        self._url_for = url_for

    @property
    def signs_links(self) -> bool:
        """True if links lead to the store itself. Otherwise the service streams the results."""
        return isinstance(self._store, S3Store)

    def save(
        self,
        folder: str,
        filename: str,
        data: bytes | BinaryIO,
        content_type: str,
        metadata: Mapping[str, str] | None = None,
    ) -> str:
        """Write a result atomically, over an earlier one.

        Args:
            folder: id of the job, or folder of the source; empty for the top.
            filename: name in that folder, under which a browser saves the result.
            data: bytes of the file, or an open file.
            content_type: content type of the file.
            metadata: further metadata; a directory keeps none.

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
                **(metadata or {}),
            }
        try:
            put = obstore.put(self._store, _key(folder, filename), data, attributes=attributes)
        except (BaseError, OSError) as error:
            self.health.failed(reason_of(error), size)
            raise unavailable("The result could not be stored", error) from error
        self.health.succeeded(size)
        return _bare(put["e_tag"])

    def link(self, folder: str, filename: str, method: Literal["GET", "HEAD"] = "GET") -> Link:
        """Return a link to a result: a presigned URL on S3, that of ``url_for`` for a directory.

        Args:
            folder: folder of the result.
            filename: name in that folder.
            method: method of the requests that a presigned URL is for.

        Raises:
            StorageUnavailable: there are no credentials.
        """
        if not isinstance(self._store, S3Store):
            if self._url_for is not None:
                return Link(self._url_for(folder, filename), None)
            return Link(Path(self._store.prefix or "/", folder, filename).as_uri(), None)
        try:
            # Before the link is signed, so that the credentials that sign it do not expire earlier.
            expires_at, lifetime = self._expiry()
            url = obstore.sign(self._store, method, _key(folder, filename), expires_in=lifetime)
        except (BaseError, OSError) as error:
            raise unavailable("The link could not be signed", error) from error
        return Link(url, expires_at)

    def _expiry(self) -> tuple[datetime, timedelta]:
        """Return when a link expires that is signed now, and the time until then."""
        now = datetime.now(UTC)
        if self._credentials is None:
            return (now + self._lifetime).replace(microsecond=0), self._lifetime
        until = self._credentials.until(self._lifetime)
        return until, max(until - now, _SHORTEST)

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

    def metadata(self, folder: str, filename: str) -> ResultMetadata | None:
        """Return the metadata of a result of an event's job; None if there is no such result.

        Raises:
            StorageUnavailable: the store cannot be read.
        """
        return self._metadata(_key(folder, filename)) if self.keeps_metadata else None

    def finished_job(self, job_id: str) -> JobRecord | None:
        """Return the record of the job of an upload form, by its results; None if there are none.

        Raises:
            StorageUnavailable: the store cannot be read.
        """
        if not self.keeps_metadata:
            return None
        try:
            # The results of one job, which are a few.
            listed = obstore.list(self._store, upload_folder(job_id), chunk_size=_MAX_LISTED)
            keys = [each["path"] for each in next(iter(listed), ())]
        except (BaseError, OSError) as error:
            raise unavailable("The results could not be listed", error) from error
        for key in keys:
            found = self._metadata(key)
            if found is not None and found.record is not None and found.record.job_id == job_id:
                return found.record
        return None

    @property
    def keeps_metadata(self) -> bool:
        """True if the store keeps metadata of results."""
        return isinstance(self._store, S3Store)

    def _metadata(self, key: str) -> ResultMetadata | None:
        try:
            found = obstore.get(self._store, key, options={"head": True})
        except (BaseError, OSError) as error:
            failure = self._failure("The result could not be looked up", error)
            if isinstance(failure, NotFound):
                return None
            raise failure from error
        return ResultMetadata.read(
            {str(name): str(value) for name, value in found.attributes.items()}
        )

    def read(self, folder: str, filename: str) -> StoredResult:
        """Open a result, without reading its bytes.

        Raises:
            NotFound: there is no such result.
            StorageUnavailable: the store cannot be read.
        """
        key = _key(folder, filename)
        try:
            found = obstore.get(self._store, key)
        except (BaseError, OSError) as error:
            raise self._failure(_NOT_READ, error) from error
        meta = found.meta
        etag = _bare(meta["e_tag"]) or folder
        modified = meta["last_modified"].replace(microsecond=0)
        return StoredResult(meta["size"], etag, modified, self._store, key, found)

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
