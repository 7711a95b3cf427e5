"""Names of results, and the cleaning of file names from clients."""

import re
import unicodedata
from urllib.parse import quote

RESULT_MARK = "smartcrop"
"""The word that the name of every result contains."""

_FALLBACK = "image"
# S3 limits keys to 1,024 bytes, and most file systems limit names to 255. The rest is for suffixes.
_MAX_STEM_BYTES = 150
_MAX_EXTENSION = 8
_RESULT = re.compile(rf"(.*)_{RESULT_MARK}(?:_([a-z0-9-]{{1,32}}))?", re.DOTALL)
# The start of an id, which the client may have chosen.
_BATCH = re.compile(r"batch-smart-crop-[A-Za-z0-9][A-Za-z0-9_.-]{0,7}\.zip")
_PREVIEW = re.compile(r"preview(_[a-z0-9-]{1,32})?\.webp")
_UNSAFE = re.compile(r'[<>:"/\\|?*%;=#&+{}^~\[\]`]')


def clean_stem(name: str | None) -> str:
    """Return a client's file name without folders, extension and unsafe characters.

    Letters of all scripts, digits, spaces, dots, dashes and underscores are kept.
    """
    base = re.split(r"[/\\]", name or "")[-1]
    base = "".join(c for c in base if unicodedata.category(c)[0] not in "CZ" or c == " ")
    base = unicodedata.normalize("NFC", base)
    stem = _UNSAFE.sub("_", base.rpartition(".")[0] or base)
    stem = stem.strip(" .").encode()[:_MAX_STEM_BYTES].decode(errors="ignore").strip(" .")
    return stem or _FALLBACK


def result_name(name: str | None, extension: str, size: str | None = None) -> str:
    """Return the name of a result, as in the reference: ``me_smartcrop.png`` for ``me.png``.

    Args:
        name: name of the picture, from a client.
        extension: extension of the result's format.
        size: suffix of its size, of letters, digits and dashes: ``me_smartcrop_1-1.png``; None if
            there is one size.
    """
    return f"{clean_stem(name)}_{RESULT_MARK}{size_suffix(size)}.{extension}"


def size_suffix(size: str | None) -> str:
    """Return the part of a result's name for its size; empty if there is one size."""
    return "" if size is None else f"_{size}"


def overlay_name(name: str | None, extension: str, size: str | None = None) -> str:
    """Return the name of a picture with its plan drawn on it: ``overlay_me_smartcrop.jpg``."""
    return result_name(f"overlay_{clean_stem(name)}.{extension}", extension, size)


def preview_name(size: str | None = None) -> str:
    """Return the name of the preview of a result, as in the reference.

    Args:
        size: suffix of the size of the result; None if there is one size.
    """
    return f"preview{size_suffix(size)}.webp"


def batch_name(job_id: str) -> str:
    """Return the name of the ZIP of a batch, as in the reference."""
    return f"batch-smart-crop-{job_id[:8]}.zip"


def upload_name(name: str) -> str:
    """Return a client's file name as part of an object's key: cleaned, with its extension."""
    extension = name.rpartition(".")[2] if "." in name else ""
    known = extension.isascii() and extension.isalnum() and len(extension) <= _MAX_EXTENSION
    return f"{clean_stem(name)}.{extension}" if known else clean_stem(name)


def is_result_name(name: str) -> bool:
    """Return whether a function of this module can have returned a result's name in a URL."""
    if _BATCH.fullmatch(name) or _PREVIEW.fullmatch(name):
        return True
    base, _, extension = name.rpartition(".")
    match = _RESULT.fullmatch(base)
    if match is None or not extension.isalnum():
        return False
    stem, size = match.groups()
    return result_name(f"{stem}.{extension}", extension, size) == name


def content_disposition(filename: str) -> str:
    """Return the header with which a browser saves a file under its name (RFC 6266)."""
    plain = re.sub(r'[?"\\]', "_", filename.encode("ascii", "replace").decode())
    if plain == filename:
        return f'attachment; filename="{filename}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename)}"
