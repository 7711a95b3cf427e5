"""The deletion of old results and job records from a store."""

import contextlib
import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from handler.filenames import is_result_name
from handler.storage.failures import unavailable

_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_RESULT = re.compile(rf"{_ID}/([^/]+)")
_RECORD = re.compile(rf"jobs/{_ID}\.json|jobs/aliases/[^/]+\.json")
# S3 deletes at most 1,000 objects with a request.
_AT_ONCE = 1_000


def delete_old(store: S3Store | LocalStore, before: datetime) -> int:
    """Delete the results and job records that were written before a time.

    Objects under other names than those of the service are kept: a store can be a folder or a
    bucket that has other files, too.

    Args:
        store: the object store; see `handler.storage.object_store.connect`.
        before: the time, with a time zone.

    Returns:
        The number of objects that were deleted.

    Raises:
        StorageUnavailable: the store cannot be read or changed.
    """
    deleted = 0
    try:
        for keys in _old_keys(store, before):
            if keys:
                obstore.delete(store, keys)
                _remove_empty_folders(store, keys)
                deleted += len(keys)
    except (BaseError, OSError) as error:
        raise unavailable("Old results could not be deleted", error) from error
    return deleted


def _old_keys(store: S3Store | LocalStore, before: datetime) -> Iterator[list[str]]:
    for found in obstore.list(store, chunk_size=_AT_ONCE):
        yield [
            each["path"]
            for each in found
            if each["last_modified"] < before and _is_ours(each["path"])
        ]


def _is_ours(key: str) -> bool:
    result = _RESULT.fullmatch(key)
    return is_result_name(result[1]) if result else _RECORD.fullmatch(key) is not None


def _remove_empty_folders(store: S3Store | LocalStore, keys: list[str]) -> None:
    """Remove the folders of results in a directory that have no more files."""
    if not isinstance(store, LocalStore) or store.prefix is None:
        return
    for folder in {key.partition("/")[0] for key in keys if _RESULT.fullmatch(key)}:
        with contextlib.suppress(OSError):  # it has other files
            Path(store.prefix, folder).rmdir()
