"""The formats: how each is recognised, who decodes it, and what comes out."""

from dataclasses import dataclass
from functools import cache

from PIL import features


@dataclass(frozen=True, slots=True)
class Format:
    """A format that is taken or given.

    Attributes:
        name: as the settings name it.
        pillow: the only plugin that Pillow may open it with; JPEG has none, because untrusted
            JPEG never goes through Pillow's decoder (its overflow GHSA-5x8w-8jj5-q52h is fixed
            in a release that pillow-simd has not followed yet).
        extension: of the file, without the dot.
        content_type: of the file.
        output: name of the format that results have when the client names none.
        alpha: whether it can be transparent.
    """

    name: str
    pillow: str | None
    extension: str
    content_type: str
    output: str
    alpha: bool = True


FORMATS = {
    format_.name: format_
    for format_ in (
        Format("jpeg", None, "jpg", "image/jpeg", "jpeg", alpha=False),
        Format("png", "PNG", "png", "image/png", "png"),
        Format("webp", "WEBP", "webp", "image/webp", "webp"),
        Format("gif", "GIF", "gif", "image/gif", "gif"),
        Format("tiff", "TIFF", "tif", "image/tiff", "tiff"),
        Format("bmp", "BMP", "bmp", "image/bmp", "png"),
        Format("avif", "AVIF", "avif", "image/avif", "avif"),
    )
}

# First bytes, and where they stand.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (8, b"WEBP", "webp"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (0, b"II*\0", "tiff"),
    (0, b"MM\0*", "tiff"),
    (0, b"BM", "bmp"),
)


def recognise(data: bytes) -> Format | None:
    """Tell a file's format from its first bytes; names and declared types are not trusted."""
    for offset, signature, name in _SIGNATURES:
        if data.startswith(signature, offset):
            return FORMATS[name]
    return None


@cache
def available_formats() -> frozenset[str]:
    """Names of the formats that this machine's libraries can read."""
    # Pillow's own name of a feature that its build may lack; the rest is always there.
    optional = {"webp": "webp", "tiff": "libtiff", "avif": "avif"}
    return frozenset(
        name for name in FORMATS if name not in optional or features.check(optional[name])
    )


def content_type_of(filename: str) -> str:
    """Type of a result by its name's extension."""
    extension = filename.rpartition(".")[2]
    types = {format_.extension: format_.content_type for format_ in FORMATS.values()}
    return types.get(extension, "application/octet-stream")
