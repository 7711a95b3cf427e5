"""Uploads, results, links to them and records of jobs, over object stores: S3 or a directory."""

from handler.storage.job_records import JobRecord, JobStore
from handler.storage.results import Link, ResultStore, StoredResult, open_results
from handler.storage.uploads import Upload, UploadStore, job_id_of, upload_key

__all__ = [
    "JobRecord",
    "JobStore",
    "Link",
    "ResultStore",
    "StoredResult",
    "Upload",
    "UploadStore",
    "job_id_of",
    "open_results",
    "upload_key",
]
