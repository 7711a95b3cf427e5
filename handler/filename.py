"""File names from clients: cleaned before they are stored, sent or shown."""

import re
import unicodedata
from urllib.parse import quote

_FALLBACK = "image"
_MARK = "_smartcrop"
# S3 keys end at 1,024 bytes and most file systems' names at 255; the rest is for suffixes.
_MAX_STEM_BYTES = 150
_MAX_EXTENSION = 8
_UNSAFE = re.compile(r'[<>:"/\\|?*%;=#&+{}^~\[\]`]')


def clean_stem(name: str | None) -> str:
    """What is left of a client's file name without folders, extension and unsafe characters.

    Letters of all scripts, digits, blanks, dots, dashes and underscores stay.
    """
    base = re.split(r"[/\\]", name or "")[-1]
    base = "".join(c for c in base if unicodedata.category(c)[0] not in "CZ" or c == " ")
    base = unicodedata.normalize("NFC", base)
    stem = _UNSAFE.sub("_", base.rpartition(".")[0] or base)
    stem = stem.strip(" .").encode()[:_MAX_STEM_BYTES].decode(errors="ignore").strip(" .")
    return stem or _FALLBACK


def result_name(name: str | None, extension: str) -> str:
    """Name of a result, as the reference has it: ``me.png`` becomes ``me_smartcrop.png``."""
    return f"{clean_stem(name)}{_MARK}.{extension}"


def overlay_name(name: str | None, extension: str) -> str:
    """Name of a plan drawn on its picture: ``overlay_me_smartcrop.jpg``."""
    return result_name(f"overlay_{clean_stem(name)}.{extension}", extension)


def upload_name(name: str) -> str:
    """A client's file name as part of an object's key: cleaned, its extension kept."""
    extension = name.rpartition(".")[2] if "." in name else ""
    known = extension.isascii() and extension.isalnum() and len(extension) <= _MAX_EXTENSION
    return f"{clean_stem(name)}.{extension}" if known else clean_stem(name)


def is_result_name(name: str) -> bool:
    """Whether a name in a URL can be one that `result_name` gave."""
    marked, _, extension = name.rpartition(".")
    stem = marked.removesuffix(_MARK)
    return extension.isalnum() and result_name(f"{stem}.{extension}", extension) == name


def content_disposition(filename: str) -> str:
    """The header that has a browser save a file under its name (RFC 6266)."""
    plain = re.sub(r'[?"\\]', "_", filename.encode("ascii", "replace").decode())
    if plain == filename:
        return f'attachment; filename="{filename}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename)}"
