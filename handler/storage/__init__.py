"""Uploads, results and job records in object stores: S3 buckets or a directory."""

from handler.storage.expiry import delete_old
from handler.storage.failures import TEMPORARY_FILES, unavailable
from handler.storage.job_records import JobAlias, JobRecord, JobStore
from handler.storage.object_store import connect
from handler.storage.presigned_post import bucket_url
from handler.storage.results import Link, ResultStore, StoredResult
from handler.storage.uploads import FOLDER_SETTINGS, Upload, UploadStore, job_id_of, upload_key

__all__ = [
    "FOLDER_SETTINGS",
    "TEMPORARY_FILES",
    "JobAlias",
    "JobRecord",
    "JobStore",
    "Link",
    "ResultStore",
    "StoredResult",
    "Upload",
    "UploadStore",
    "bucket_url",
    "connect",
    "delete_old",
    "job_id_of",
    "unavailable",
    "upload_key",
]
