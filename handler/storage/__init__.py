"""Uploads, results and job records in object stores: S3 buckets or a directory."""

from handler.storage.failures import ARCHIVED, TEMPORARY_FILES, unavailable
from handler.storage.job_records import JobAlias, JobRecord, JobStore
from handler.storage.object_store import connect
from handler.storage.presigned_post import bucket_url
from handler.storage.result_metadata import RECORD, ResultMetadata, identity_of
from handler.storage.results import Link, ResultStore, StoredResult
from handler.storage.sources import Sources, overlap
from handler.storage.uploads import (
    FOLDER_SETTINGS,
    ExistingStore,
    Upload,
    UploadStore,
    job_id_of,
    upload_key,
)

__all__ = [
    "ARCHIVED",
    "FOLDER_SETTINGS",
    "RECORD",
    "TEMPORARY_FILES",
    "ExistingStore",
    "JobAlias",
    "JobRecord",
    "JobStore",
    "Link",
    "ResultMetadata",
    "ResultStore",
    "Sources",
    "StoredResult",
    "Upload",
    "UploadStore",
    "bucket_url",
    "connect",
    "identity_of",
    "job_id_of",
    "overlap",
    "unavailable",
    "upload_key",
]
