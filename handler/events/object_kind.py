"""Objects that are no pictures by their name or their declared type, and are not read.

Only names and types that no picture of an accepted format has are rejected here. All other objects
are read, and recognised by their bytes.
"""

from handler.codec import FORMATS

# Types without a row in Python's table, as logs have them.
_OTHER = frozenset(
    {"log", "md", "yaml", "yml", "parquet", "jsonl", "ndjson", "docx", "xlsx", "pptx"}
)
_PICTURES = frozenset(each for format_ in FORMATS.values() for each in format_.extensions)
# The type of extensions without a meaning, such as bin.
_UNKNOWN = "application/octet-stream"
# A picture is never declared as one of these on purpose.
_TYPES = ("text/", "video/", "audio/", "font/")
_EXACT_TYPES = frozenset(
    {
        "application/gzip",
        "application/json",
        "application/pdf",
        "application/xml",
        "application/zip",
        "application/x-directory",
        "application/x-ndjson",
    }
)


def other_kind(key: str, content_type: str | None = None) -> str | None:
    """Return why an object is no picture; None if it may be one.

    Args:
        key: key of the object.
        content_type: content type that its writer declared, if it is known.
    """
    _, dot, last = key.rpartition("/")[2].lower().rpartition(".")
    extension = last if dot else ""
    if extension in _PICTURES:
        return None
    declared = (content_type or "").partition(";")[0].strip().lower()
    if declared.startswith(_TYPES) or declared in _EXACT_TYPES:
        return "no image by its content type"
    if extension in _OTHER or _is_other(extension):
        return "no image by its name"
    return None


def _is_other(extension: str) -> bool:
    from mimetypes import types_map

    guessed = types_map.get(f".{extension}")
    return guessed is not None and not guessed.startswith("image/") and guessed != _UNKNOWN
