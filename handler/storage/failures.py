"""Failures of an object store, in words for clients.

The library reports a failure as text. Clients get none of it, because it has paths and addresses.
"""

import errno
import re
from collections.abc import Callable
from pathlib import Path

from obstore.store import LocalStore, S3Store

from handler.errors import StorageUnavailable, StoreUnavailable

TEMPORARY_FILES = "the disk for temporary files"

_STORE = "the store"
SLOW = "the store does not answer in time"
UNKNOWN = "the store reports an error"
_FULL = "the store is full"
_READ_ONLY = "the store is read-only"
_DENIED = "the store denies access"
_MISSING = "the folder or bucket of the store is missing"
_UNREACHABLE = "the store cannot be reached"
_OVERLOADED = "the store is overloaded"
_BROKEN = "the store does not work"

_BY_ERRNO = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EFBIG: "the store is full, or limits the size of files",
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _DENIED,
    errno.EPERM: _DENIED,
    errno.ENOENT: _MISSING,
    errno.ENOTDIR: _MISSING,
    errno.EIO: _BROKEN,
    errno.ENODEV: _BROKEN,
    errno.ENXIO: _BROKEN,
    errno.ESTALE: _BROKEN,
    errno.ECONNREFUSED: _UNREACHABLE,
    errno.ECONNRESET: _UNREACHABLE,
    errno.EHOSTUNREACH: _UNREACHABLE,
    errno.ENETUNREACH: _UNREACHABLE,
    errno.ETIMEDOUT: SLOW,
}
_BY_STATUS = {
    "403": _DENIED,
    "404": _MISSING,
    "429": _OVERLOADED,
    "503": _OVERLOADED,
    "504": SLOW,
    "507": _FULL,
}
_BY_KIND = {"Timeout": SLOW, "Connect": _UNREACHABLE, "Interrupted": _UNREACHABLE}
# Patterns of the library's texts, the clearest first. Servers with S3's interface name a full disk
# in the body of an error.
_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[str], str | None]], ...] = (
    (re.compile(r"<Code>\w*(StorageFull|QuotaExceeded)"), lambda _: _FULL),
    (re.compile(r"status code: (\d{3})"), _BY_STATUS.get),
    (re.compile(r"kind: (Timeout|Connect|Interrupted)\b"), _BY_KIND.get),
    (re.compile(r"\(os error (\d+)\)"), lambda number: _BY_ERRNO.get(int(number))),
)

ARCHIVED = "The object cannot be read: it is archived; restore it first"
"""Details of the error for an object in a storage class that has to be restored."""

_REFUSED = "The object cannot be read: "
_CODE = re.compile(r"<Code>([\w.]+)</Code>")
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_REFUSALS = {
    "AccessDenied": f"{_REFUSED}S3 denies access to it",
    "AllAccessDisabled": f"{_REFUSED}S3 denies access to it",
    "AccountProblem": f"{_REFUSED}S3 denies access to it",
    "InvalidObjectState": ARCHIVED,
}

# The address at which machines in the cloud find their credentials. Without credentials, a laptop
# cannot reach it, but this is no sign of a failure of the store.
_CREDENTIALS = re.compile(r"https?://169\.254\.\d+\.\d+/")


def unavailable(what: str, error: Exception, place: str = _STORE) -> StorageUnavailable:
    """Return the error of a request whose use of a store or a disk failed.

    Args:
        what: the operation that failed, as a sentence without its full stop.
        error: the failure.
        place: the name of the store or the disk.
    """
    reason = reason_of(error)
    if reason is None:
        return StorageUnavailable(what)
    return StoreUnavailable(f"{what}: {reason.replace(_STORE, place)}")


def reason_of(error: Exception) -> str | None:
    """Return why a store failed, or None if the reason is not known."""
    if isinstance(error, OSError) and error.errno is not None:
        return _BY_ERRNO.get(error.errno)
    text = str(error)
    if _CREDENTIALS.search(text):
        return None
    for pattern, reason in _PATTERNS:
        match = pattern.search(text)
        if match is not None and (found := reason(match[1])) is not None:
            return found
    return None


def refusal_of(error: Exception) -> str | None:
    """Return that S3 refuses to return an object, and why, if no other attempt helps; or None.

    Wrong or expired credentials are no refusal: those of another attempt may be valid.
    """
    text = str(error)
    if "contained non UTF-8 characters" in text:
        return f"{_REFUSED}its metadata have characters outside ASCII"
    match = _CODE.search(text)
    if match is None:
        return None
    if match[1].startswith("KMS."):
        return f"{_REFUSED}the key that encrypts it cannot be used"
    if match[1] == "AccessDenied" and "kms:" in text:
        return f"{_REFUSED}the service may not use the key that encrypts it"
    return _REFUSALS.get(match[1])


def is_gone(store: S3Store | LocalStore, error: Exception) -> bool:
    """Return whether an object was not found because the whole store is missing."""
    if isinstance(store, LocalStore):
        return not Path(store.prefix or "/").is_dir()
    return "NoSuchBucket" in str(error)
