"""The buckets that images are read from."""

from msgspec import Struct

from handler.storage.uploads import ExistingStore, UploadStore


class Sources(Struct, frozen=True):
    """The bucket for uploads, and the one that existed before the deployment.

    Attributes:
        uploads: the store of uploads.
        existing: the other store; None if there is none.
    """

    uploads: UploadStore
    existing: ExistingStore | None = None

    def find(self, bucket: str, key: str) -> tuple[UploadStore, str] | None:
        """Return the store of an object and its key there, or None if it is outside both.

        Args:
            bucket: name of its bucket.
            key: its key in the bucket.
        """
        for store in filter(None, (self.uploads, self.existing)):
            relative = store.relative_key(bucket, key)
            if relative is not None:
                return store, relative
        return None

    def has(self, bucket: str) -> bool:
        """Return whether a bucket, or a part of it, is a source."""
        return any(store.bucket == bucket for store in (self.uploads, self.existing) if store)


def overlap(results: str, uploads: str, existing: str | None) -> str | None:
    """Return the variable of the store that overlaps that of results, or None.

    Results in a store whose objects are cropped would be cropped again.

    Args:
        results: URL of the store of results.
        uploads: URL of the store of uploads.
        existing: URL of the other bucket, and the beginning of its keys.
    """
    own = f"{results.rstrip('/')}/"
    if _starts(own, f"{uploads.rstrip('/')}/"):
        return "SMART_CROP_UPLOADS"
    # The beginning may end within the name of a folder, that of a bucket may not.
    if existing is not None and _starts(
        own, existing if existing.count("/") > 2 else f"{existing}/"
    ):
        return "SMART_CROP_EXISTING_BUCKET"
    return None


def _starts(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)
