"""Crops of several pictures in one ZIP, one after the other to save memory."""

import time
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from msgspec import Struct
from msgspec.structs import replace

from handler.errors import (
    AllFailed,
    BatchFull,
    DecoderUnavailable,
    FeatureDamaged,
    FeatureMissing,
    OutOfTime,
    SmartCropError,
    Stopped,
    StorageUnavailable,
    UploadsMissing,
)
from handler.filenames import batch_name
from handler.jobs.cancellation import stop_if_cancelled
from handler.jobs.job import FinishedJob, Job, Result
from handler.jobs.service import Service
from handler.storage import TEMPORARY_FILES, unavailable

# A larger ZIP is moved from memory to a temporary file.
_IN_MEMORY_BYTES = 8 << 20
_CHUNK_BYTES = 1 << 20
_PERMISSIONS = 0o644
# Errors that every other file would raise as well.
_DEPLOYMENT_ERRORS = (
    DecoderUnavailable,
    FeatureDamaged,
    FeatureMissing,
    Stopped,
    StorageUnavailable,
    UploadsMissing,
)


class BatchedFile(Struct, frozen=True):
    """The outcome of one file.

    Attributes:
        source: name of the file, as the client gave it.
        filenames: names of its results in the ZIP, one for each size; empty if it failed.
        has_sizes: whether the job has the setting ``sizes``.
        warnings: warnings about the file.
        error: the error of a file that failed, or None.
    """

    source: str | None
    filenames: tuple[str, ...] = ()
    has_sizes: bool = False
    warnings: tuple[str, ...] = ()
    error: SmartCropError | None = None


class Batch:
    """A ZIP of results, and the outcome of each file.

    Attributes:
        job_id: id of the batch, and folder of its ZIP in the store.
        shown_id: id that the client chose, or else ``job_id``; the name of the ZIP has it.
        files: outcomes of the files, in the order in which they were added.
        original_size: bytes of all files.
        warnings: warnings about the request as a whole.
    """

    def __init__(
        self,
        service: Service,
        max_bytes: int,
        deadline: float | None = None,
        job_id: str | None = None,
        shown_id: str | None = None,
    ) -> None:
        """Begin with an empty ZIP.

        Args:
            service: the service that crops.
            max_bytes: size of the largest ZIP; results that exceed it fail.
            deadline: time after which files fail, on the clock of `time.monotonic`; None for no
                deadline.
            job_id: id of the batch; None for a new one.
            shown_id: id that the client chose; None if it chose none.
        """
        self.job_id = job_id or str(uuid.uuid4())
        self.shown_id = shown_id or self.job_id
        self.files: list[BatchedFile] = []
        self.original_size = 0
        self.warnings: list[str] = []
        self._service = service
        self._max_bytes = max_bytes
        self._deadline = deadline
        self._spool = cast(BinaryIO, SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES))  # noqa: SIM115  # closed by `close`
        # Encoded pictures do not compress further.
        self._zip = ZipFile(self._spool, "w", ZIP_STORED)
        self._used_names: set[str] = set()

    @property
    def filename(self) -> str:
        """Name of the ZIP."""
        return batch_name(self.shown_id)

    def add(self, source: str | None, fetch: Callable[[], Job]) -> None:
        """Crop one file and add its results, or its error.

        Args:
            source: name of the file.
            fetch: returns the job of the file.

        Raises:
            Stopped: the batch is cancelled.
            SmartCropError: the error is not the file's, but the deployment's.
        """
        stop_if_cancelled()
        try:
            job = replace(fetch(), deadline=self._deadline)
            self.original_size += len(job.data)
            self.warnings = list(job.warnings)
            finished = self._crop(job)
            names = tuple(self._write(result) for result in finished.results)
        except SmartCropError as error:
            if isinstance(error, _DEPLOYMENT_ERRORS):
                raise
            self.files.append(BatchedFile(source, error=error))
        else:
            warnings = tuple(line for line in finished.warnings if line not in job.warnings)
            has_sizes = bool(job.settings.sizes)
            self.files.append(BatchedFile(source, names, has_sizes, warnings))

    def finish(self) -> int:
        """Write the end of the ZIP, and return its size in bytes.

        Raises:
            AllFailed: every file failed.
            StoreUnavailable: the disk for temporary files is full.
        """
        if not any(each.filenames for each in self.files):
            raise AllFailed([(each.source, each.error) for each in self.files if each.error])
        try:
            self._zip.close()
        except OSError as error:
            raise unavailable("The ZIP could not be written", error, TEMPORARY_FILES) from error
        return self._spool.tell()

    def rewound(self) -> BinaryIO:
        """Return the finished ZIP as an open file, at its beginning."""
        self._spool.seek(0)
        return self._spool

    def chunks(self) -> Iterator[bytes]:
        """Yield the finished ZIP in chunks, and close it afterwards."""
        try:
            file = self.rewound()
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
        finally:
            self.close()

    def close(self) -> None:
        """Close the ZIP, and delete its temporary file."""
        # Nothing more is written: an unfinished ZIP has no reader, and the disk may be full.
        self._zip.fp = None
        with suppress(OSError):
            self._spool.close()

    def _crop(self, job: Job) -> FinishedJob:
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise OutOfTime("The files before this one used all the time of the request")
        try:
            finished = self._service.run(job)
        except SmartCropError:
            raise
        except Exception as error:  # its traceback is in the job's line in the log
            raise SmartCropError from error
        if self._spool.tell() + finished.bytes_out > self._max_bytes:
            raise BatchFull(f"A ZIP has at most {self._max_bytes:,} bytes of results")
        return finished

    def _write(self, result: Result) -> str:
        entry = ZipInfo(self._unique(result.filename), time.gmtime()[:6])
        entry.external_attr = _PERMISSIONS << 16
        try:
            self._zip.writestr(entry, result.data)
        except OSError as error:
            raise unavailable("The ZIP could not be written", error, TEMPORARY_FILES) from error
        return entry.filename

    def _unique(self, name: str) -> str:
        """Return a unique name. A repeated one is numbered as in the reference: ``a_1.jpg``."""
        stem, _, extension = name.rpartition(".")
        unique, number = name, 0
        # Some file systems treat names as equal that differ only in case.
        while unicodedata.normalize("NFC", unique).casefold() in self._used_names:
            number += 1
            unique = f"{stem}_{number}.{extension}"
        self._used_names.add(unicodedata.normalize("NFC", unique).casefold())
        return unique
