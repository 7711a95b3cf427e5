"""Names that follow from an object's own: of its job and of its result."""

import json
import uuid

from handler.codec import Format
from handler.filenames import RESULT_MARK, size_suffix
from handler.storage import job_id_of

# Any constant would do; another would give other ids to the same jobs.
_NAMESPACE = uuid.UUID("4e1cbd7e-46a7-5a4c-9f5c-2b8f0f6a3c11")


def job_id(bucket: str, key: str, version: str, settings: str) -> str:
    """Id of the job that crops an object.

    Args:
        bucket: of the object.
        key: of the object, in the uploads store.
        version: of the object, or its tag.
        settings: in their canonical form.

    Returns:
        The id in the key, if a client got one with its upload form; otherwise one that is the same
        for the same arguments, so that a job that is done twice is one job.
    """
    return job_id_of(key) or str(
        uuid.uuid5(_NAMESPACE, json.dumps([bucket, key, version, settings]))
    )


def result_filename(filename: str, format_: Format, size: str | None = None) -> str:
    """Name of a result, in a folder of the same name as that of its source.

    ``a.JPG`` becomes ``a_smartcrop.JPG``; as WebP, ``a.JPG.smartcrop.webp``. One of several sizes
    is ``a_smartcrop_1-1.JPG`` or ``a.JPG.smartcrop_1-1.webp``. No two sources of a folder have
    results of one name.
    """
    mark = f"{RESULT_MARK}{size_suffix(size)}"
    stem, _, extension = filename.rpartition(".")
    if stem and extension.lower() in (format_.extension, format_.name):
        return f"{stem}_{mark}.{extension}"
    return f"{filename}.{mark}.{format_.extension}"
