"""Metadata of results, which contain the record of a finished job.

Each result of an event's job names the source that it was made of. The first one also has the
record of the job, as far as S3's limit for metadata allows. A record as an object would cost as
much as the result itself.
"""

import base64
import hashlib
import json
import zlib
from collections.abc import Mapping

from msgspec import Struct
from pydantic import ValidationError

from handler.storage.job_records import JobRecord

SOURCE = "smart-crop-source"
"""Name of the metadata that identify the source and its settings."""

RECORD = "smart-crop-record"
"""Name of the metadata with the record of the job: JSON, deflated, in base64."""

# S3 accepts 2 KB of user metadata per object, names and values together.
_MAX_BYTES = 2_000
# A record of more bytes is none of ours.
_MAX_RECORD_BYTES = 256 * 1024


class ResultMetadata(Struct, frozen=True):
    """The metadata of a result.

    Attributes:
        source: identity of the source and its settings; see `identity_of`.
        record: record of the job, if the result has it.
    """

    source: str
    record: JobRecord | None = None

    @classmethod
    def read(cls, attributes: Mapping[str, str]) -> "ResultMetadata | None":
        """Return the metadata of an object; None if it is no result of an event's job."""
        source = attributes.get(SOURCE)
        return None if source is None else cls(source, _unpacked(attributes.get(RECORD)))

    def attributes(self) -> dict[str, str]:
        """Return the metadata as attributes of the object, without a record that is too large."""
        values = {SOURCE: self.source}
        if self.record is not None:
            values[RECORD] = _packed(self.record)
            if sum(len(name) + len(value) for name, value in values.items()) > _MAX_BYTES:
                del values[RECORD]
        return values


def identity_of(record: JobRecord) -> str:
    """Return a hash of the job, of its source's bytes and of its settings."""
    parts = json.dumps([record.job_id, record.bucket, record.key, record.etag, record.settings])
    return hashlib.sha256(parts.encode()).hexdigest()[:32]


def _packed(record: JobRecord) -> str:
    text = record.model_dump_json(by_alias=True, exclude_none=True)
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode()


def _unpacked(text: str | None) -> JobRecord | None:
    if text is None:
        return None
    try:
        unpacking = zlib.decompressobj()
        data = unpacking.decompress(base64.urlsafe_b64decode(text), _MAX_RECORD_BYTES)
        return JobRecord.model_validate_json(data)
    except (ValueError, zlib.error, ValidationError):
        return None
