"""The id of an object's job and the names of its results, which depend on nothing else."""

import json
import uuid

from handler.codec import Format
from handler.filenames import RESULT_MARK, size_suffix
from handler.storage import job_id_of

# An arbitrary constant. Another one would give the same jobs other ids.
_NAMESPACE = uuid.UUID("4e1cbd7e-46a7-5a4c-9f5c-2b8f0f6a3c11")


def job_id(bucket: str, key: str, version: str, settings: str) -> str:
    """Return the id of the job that crops an object.

    Args:
        bucket: name of its bucket.
        key: its key in the uploads store.
        version: id of its version, or its ETag.
        settings: settings in their canonical form.

    Returns:
        The id in the key, if a client received one with its upload form; otherwise a hash of the
        arguments, so that an event that is delivered twice is one job.
    """
    return job_id_of(key) or hashed_job_id(bucket, key, version, settings)


def hashed_job_id(bucket: str, key: str, version: str, settings: str) -> str:
    """Return the id of a job whose key has none, whatever the key is; see `job_id`."""
    return str(uuid.uuid5(_NAMESPACE, json.dumps([bucket, key, version, settings])))


def result_filename(filename: str, format_: Format, size: str | None = None) -> str:
    """Return the name of a result in the folder of its source.

    The result of ``a.JPG`` is ``a_smartcrop.JPG``, or as WebP ``a.JPG.smartcrop.webp``. For a size
    it is ``a_smartcrop_1-1.JPG`` or ``a.JPG.smartcrop_1-1.webp``. The results of two sources in a
    folder never have the same name.

    Args:
        filename: name of the source.
        format_: format of the result.
        size: suffix of its size; None if there is one size.
    """
    mark = f"{RESULT_MARK}{size_suffix(size)}"
    stem, _, extension = filename.rpartition(".")
    if stem and extension.lower() in format_.extensions:
        return f"{stem}_{mark}.{extension}"
    return f"{filename}.{mark}.{format_.extension}"
