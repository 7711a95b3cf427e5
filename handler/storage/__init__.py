"""Results and links to them, over object stores: S3 or a local directory, behind one interface."""

from handler.storage.results import Link, ResultStore, StoredResult, open_results

__all__ = ["Link", "ResultStore", "StoredResult", "open_results"]
