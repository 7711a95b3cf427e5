"""The store of uploads: files that clients put into a bucket."""

import re
import unicodedata
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import obstore
from msgspec import Struct
from obstore.exceptions import BaseError, NotFoundError

from handler.aws.credentials import ContainerCredentials
from handler.errors import (
    InvalidRequest,
    InvalidSettings,
    NotFound,
    ObjectTooLarge,
    ObjectUnreadable,
    SettingsNotJson,
)
from handler.problems import FieldProblem, shown
from handler.storage.failures import is_gone, refusal_of, unavailable
from handler.storage.object_store import connect
from handler.storage.presigned_post import PresignedPost, presign_post

if TYPE_CHECKING:  # the name is only in the stubs of the library
    from obstore import GetResult

FOLDER_SETTINGS = ".smart-crop.json"
"""Name of the object with the settings of its folder."""

SETTINGS_METADATA = "smart-crop"
"""Name of the user metadata (``x-amz-meta-``) with an object's own settings."""

# In UTF-8. S3's limit is 1,024, and the key of a result is longer than that of its source.
_MAX_KEY_BYTES = 900
# Settings have a few hundred bytes.
_MAX_SETTINGS_BYTES = 64 * 1024
# S3 accepts 2 KiB of user metadata per object, names and values together.
_MAX_METADATA_BYTES = 2_000

_KEY_WITH_JOB_ID = re.compile(r"uploads/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/[^/]+")


class Upload(Struct, frozen=True):
    """An uploaded object, whose bytes are not fetched yet.

    Attributes:
        key: key in the store of uploads.
        size: size in bytes.
        etag: ETag without quotes, which changes with the bytes.
        settings: JSON settings in its metadata, if it has any.
        content_type: content type that its writer declared, if any.
    """

    key: str
    size: int
    etag: str
    settings: str | None
    content_type: str | None
    _found: "GetResult"

    def read(self) -> bytes:
        """Return the bytes of the object.

        Raises:
            StorageUnavailable: the object cannot be read.
        """
        try:
            return bytes(self._found.bytes())
        except (BaseError, OSError) as error:
            raise unavailable("The upload could not be read", error) from error


class UploadStore:
    """A bucket, or a prefix of one, for uploads. Keys are relative to the prefix.

    Attributes:
        bucket: name of the bucket.
        max_bytes: size of the largest accepted object, in bytes.
        results_folder: folder in the store of results for the results of its objects; empty for the
            top.
    """

    results_folder = ""

    def __init__(
        self, url: str, max_bytes: int, credentials: ContainerCredentials | None = None
    ) -> None:
        """Open the store.

        Args:
            url: ``s3://bucket/prefix``.
            max_bytes: size of the largest accepted object.
            credentials: of the deployment; None for those that the usual variables name.
        """
        self._store = connect(url, credentials)
        self._credentials = credentials
        self.bucket = urlsplit(url).netloc
        prefix = urlsplit(url).path.strip("/")
        self._prefix = f"{prefix}/" if prefix else ""
        self.max_bytes = max_bytes

    def relative_key(self, bucket: str, key: str) -> str | None:
        """Return the key of an object relative to this store, or None if it is outside."""
        if bucket != self.bucket or not key.startswith(self._prefix):
            return None
        return key.removeprefix(self._prefix)

    def open(self, key: str, version: str | None = None) -> Upload:
        """Open an object without fetching its bytes.

        Args:
            key: key of the object.
            version: id of a version; None for the current one.

        Raises:
            InvalidRequest: the key is not accepted.
            NotFound: there is no such object.
            ObjectTooLarge: the object is larger than the limit.
            ObjectUnreadable: S3 refuses to return the object.
            StorageUnavailable: the store cannot be read.
        """
        found = self._get(self._checked(key), version)
        size = found.meta["size"]
        if size > self.max_bytes:
            raise ObjectTooLarge(self.max_bytes, size)
        etag = (found.meta["e_tag"] or "").strip('"')
        return Upload(
            key,
            size,
            etag,
            _decoded(found.attributes.get(SETTINGS_METADATA)),
            found.attributes.get("Content-Type"),
            found,
        )

    def folder_settings(self, folder: str) -> str | None:
        """Return the JSON settings of a folder, or None if it has none.

        Args:
            folder: key of the folder, without a slash at its end; empty for the top.

        Raises:
            SettingsNotJson, InvalidSettings: the object is too large or not text.
            ObjectUnreadable: S3 refuses to return the object.
            StorageUnavailable: the store cannot be read.
        """
        try:
            found = self._get(f"{folder}/{FOLDER_SETTINGS}" if folder else FOLDER_SETTINGS, None)
        except NotFound:
            return None
        if found.meta["size"] > _MAX_SETTINGS_BYTES:
            size, expected = found.meta["size"], f"at most {_MAX_SETTINGS_BYTES:,} bytes"
            raise InvalidSettings(FieldProblem(FOLDER_SETTINGS, expected, f"{size:,}"))
        try:
            return bytes(found.bytes()).decode()
        except UnicodeDecodeError as error:
            problem = FieldProblem(FOLDER_SETTINGS, "JSON in UTF-8", "other bytes")
            raise SettingsNotJson(problem) from error
        except (BaseError, OSError) as error:
            raise unavailable("The settings of the folder could not be read", error) from error

    def presign(
        self, key: str, content_type: str, settings: str | None, lifetime: timedelta
    ) -> PresignedPost:
        """Return a presigned form that uploads one object under one key.

        Args:
            key: key of the object.
            content_type: the accepted content type.
            settings: JSON settings for the object's metadata.
            lifetime: time until the form expires.

        Raises:
            InvalidRequest: the key is not accepted.
            InvalidSettings: the settings are too long for metadata.
            StorageUnavailable: there are no credentials.
        """
        if settings is not None and len(settings) > _MAX_METADATA_BYTES:
            expected = f"at most {_MAX_METADATA_BYTES:,} bytes of settings for an upload"
            raise InvalidSettings(FieldProblem("settings", expected, f"{len(settings):,}"))
        fields = {"key": self._prefix + self._checked(key), "Content-Type": content_type}
        if settings is not None:
            fields[f"x-amz-meta-{SETTINGS_METADATA}"] = settings
        return presign_post(self.bucket, fields, self.max_bytes, lifetime, self._credentials)

    def _get(self, key: str, version: str | None) -> "GetResult":
        try:
            return obstore.get(self._store, key, options={"version": version} if version else {})
        except (BaseError, OSError) as error:
            is_missing = isinstance(error, NotFoundError | FileNotFoundError)
            if is_missing and not is_gone(self._store, error):
                raise NotFound("No such object") from error
            if refusal := refusal_of(error):
                raise ObjectUnreadable(refusal) from error
            raise unavailable("The upload could not be read", error) from error

    def _checked(self, key: str) -> str:
        """Return a key.

        Raises:
            InvalidRequest: the key is not accepted.
        """
        # The key of a result is longer than that of its source.
        _check_key(key, _MAX_KEY_BYTES - len(self.results_folder))
        return key


class ExistingStore(UploadStore):
    """A bucket that existed before the deployment, which only reads it. Keys are whole.

    Results are in a folder with the name of the bucket, so that they never replace those of uploads
    with the same keys.
    """

    def __init__(
        self, url: str, max_bytes: int, credentials: ContainerCredentials | None = None
    ) -> None:
        """Open the store; see `UploadStore`.

        Args:
            url: ``s3://bucket/beginning``. Objects whose keys begin with another text are outside.
                As in the rules of EventBridge, the text may end within the name of a folder.
            max_bytes: size of the largest accepted object.
            credentials: of the deployment; None for those that the usual variables name.
        """
        bucket, _, beginning = url.removeprefix("s3://").partition("/")
        super().__init__(f"s3://{bucket}", max_bytes, credentials)
        self._beginning = beginning
        self.results_folder = bucket

    def relative_key(self, bucket: str, key: str) -> str | None:
        """Return the key of an object, or None if it is outside."""
        is_inside = bucket == self.bucket and key.startswith(self._beginning)
        return key if is_inside else None

    def folder_settings(self, folder: str) -> str | None:
        """Return the settings of a folder, or None if it has none or is outside.

        Raises:
            SmartCropError: as for `UploadStore`.
        """
        inside = f"{folder}/".startswith(self._beginning) or not self._beginning
        return super().folder_settings(folder) if inside else None


def upload_key(job_id: str, filename: str) -> str:
    """Return the key of an object whose job has an id before the object is uploaded."""
    return f"{upload_folder(job_id)}/{filename}"


def upload_folder(job_id: str) -> str:
    """Return the folder of an object whose job has an id before the object is uploaded."""
    return f"uploads/{job_id}"


def job_id_of(key: str) -> str | None:
    """Return the id of the job in a key of `upload_key`, or None for another key."""
    match = _KEY_WITH_JOB_ID.fullmatch(key)
    return match and match[1]


def _decoded(text: str | None) -> str | None:
    """Return metadata as they were written: S3 encodes those with characters outside ASCII."""
    if text is None or not text.startswith("=?"):
        return text
    from email.errors import HeaderParseError
    from email.header import decode_header, make_header

    try:
        return str(make_header(decode_header(text)))
    except (HeaderParseError, LookupError, UnicodeError):
        return text


def _check_key(key: str, max_bytes: int) -> None:
    """Reject a key.

    Raises:
        InvalidRequest: the key could lead outside the store, or the client cannot request it.
    """
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in key):
        raise _invalid_key("no control characters", shown(key))
    if any(part in ("", ".", "..") for part in key.split("/")):
        raise _invalid_key("no part that is empty, . or ..", shown(key))
    if len(key.encode()) > max_bytes:
        raise _invalid_key(f"at most {max_bytes} bytes", f"{len(key.encode()):,}")


def _invalid_key(expected: str, received: str) -> InvalidRequest:
    return InvalidRequest(FieldProblem("key", expected, received))
