"""Several pictures in one ZIP: one after the other, so that memory holds one of them."""

import time
import unicodedata
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from tempfile import SpooledTemporaryFile
from typing import BinaryIO, cast
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from handler.errors import (
    AllFailed,
    BatchFull,
    FeatureDamaged,
    FeatureMissing,
    OutOfTime,
    SmartCropError,
    StorageUnavailable,
    UploadsMissing,
)
from handler.filenames import batch_name
from handler.jobs.job import FinishedJob, Job, Result
from handler.jobs.service import Service

# A ZIP of this size is still in memory; a larger one is on disk.
_IN_MEMORY_BYTES = 8 << 20
_CHUNK_BYTES = 1 << 20
_PERMISSIONS = 0o644
# What would be wrong with every other file, too.
_DEPLOYMENT_ERRORS = (FeatureMissing, FeatureDamaged, StorageUnavailable, UploadsMissing)


@dataclass(frozen=True, slots=True)
class BatchedFile:
    """What became of one file.

    Attributes:
        source: its name, as the client gave it.
        filenames: of its results in the ZIP, one for each size; empty when it failed.
        has_sizes: whether it was to have results of several sizes.
        warnings: what the client should know of them.
        error: why it failed; None when it did not.
    """

    source: str | None
    filenames: tuple[str, ...] = ()
    has_sizes: bool = False
    warnings: tuple[str, ...] = ()
    error: SmartCropError | None = None


class Batch:
    """A ZIP that results are added to, and what became of each file.

    Attributes:
        job_id: of the batch.
        files: what became of them, in the order in which they were added.
        original_size: bytes of all of them.
        warnings: about the request as a whole.
    """

    def __init__(self, service: Service, max_bytes: int, deadline: float | None = None) -> None:
        """Begin with an empty ZIP.

        Args:
            service: what crops.
            max_bytes: of the ZIP; files past that fail.
            deadline: on the clock of `time.monotonic`; files that come later fail.
        """
        self.job_id = str(uuid.uuid4())
        self.files: list[BatchedFile] = []
        self.original_size = 0
        self.warnings: list[str] = []
        self._service = service
        self._max_bytes = max_bytes
        self._deadline = deadline
        self._spool = cast(BinaryIO, SpooledTemporaryFile(max_size=_IN_MEMORY_BYTES))  # noqa: SIM115  # closed by `close`
        # Pictures do not get any smaller.
        self._zip = ZipFile(self._spool, "w", ZIP_STORED)
        self._used_names: set[str] = set()

    @property
    def filename(self) -> str:
        """Name of the ZIP."""
        return batch_name(self.job_id)

    def add(self, source: str | None, fetch: Callable[[], Job]) -> None:
        """Crop one file, or note why that cannot be.

        Args:
            source: name of the file.
            fetch: gets it.

        Raises:
            SmartCropError: what is wrong is not the file, but the deployment.
        """
        try:
            job = fetch()
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
        """Write the end of the ZIP.

        Returns:
            Its size in bytes.

        Raises:
            AllFailed: it has nothing in it.
        """
        if not any(each.filenames for each in self.files):
            raise AllFailed([(each.source, each.error) for each in self.files if each.error])
        self._zip.close()
        return self._spool.tell()

    def rewound(self) -> BinaryIO:
        """The finished ZIP, from its beginning."""
        self._spool.seek(0)
        return self._spool

    def chunks(self) -> Iterator[bytes]:
        """The finished ZIP, piece by piece; it is gone afterwards."""
        try:
            file = self.rewound()
            while chunk := file.read(_CHUNK_BYTES):
                yield chunk
        finally:
            self.close()

    def close(self) -> None:
        """Let go of the ZIP."""
        self._zip.close()
        self._spool.close()

    def _crop(self, job: Job) -> FinishedJob:
        if self._deadline is not None and time.monotonic() > self._deadline:
            raise OutOfTime("The files before this one took all of it")
        try:
            finished = self._service.run(job)
        except SmartCropError:
            raise
        except Exception as error:  # the job's line in the log tells of it
            raise SmartCropError from error
        if self._spool.tell() + finished.bytes_out > self._max_bytes:
            raise BatchFull(f"At most {self._max_bytes:,} bytes of results go into one ZIP")
        return finished

    def _write(self, result: Result) -> str:
        entry = ZipInfo(self._unique(result.filename), time.gmtime()[:6])
        entry.external_attr = _PERMISSIONS << 16
        self._zip.writestr(entry, result.data)
        return entry.filename

    def _unique(self, name: str) -> str:
        """A name that comes again is numbered, as the reference numbers it: ``a_1.jpg``."""
        stem, _, extension = name.rpartition(".")
        unique, number = name, 0
        # Some file systems take names for the same that differ in case only.
        while unicodedata.normalize("NFC", unique).casefold() in self._used_names:
            number += 1
            unique = f"{stem}_{number}.{extension}"
        self._used_names.add(unicodedata.normalize("NFC", unique).casefold())
        return unique
