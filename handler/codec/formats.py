"""The formats: how each is recognised, who decodes it and where, and what comes out."""

from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from typing import Literal

from PIL import features

from handler.codec.headers import heif, tga
from handler.errors import InvalidImage

# Who decodes: a library of its own, or the one plugin of Pillow that may open the file.
Decoder = Literal[
    "libjpeg-turbo",
    "libwebp",
    "libavif",
    "libheif",
    "libjxl",
    "BMP",
    "GIF",
    "ICO",
    "JPEG2000",
    "PNG",
    "PSD",
    "TGA",
    "TIFF",
]


@dataclass(frozen=True, slots=True)
class Format:
    """A format that is taken or given.

    Attributes:
        name: as the settings and the list of what is available name it.
        label: as people name it.
        extension: of the file, without the dot.
        content_type: of the file.
        output: name of the format that results have when the client names none; where a result
            cannot be transparent in it and is, PNG takes its place.
        decoder: who decodes it.
        isolated: whether that is done in a process of its own, which may crash or be ended.
        why: the reason for it. Pillow's advisories are those fixed in releases after 12.1.1,
            which pillow-simd has not followed yet.
        alpha: whether it can be transparent.
    """

    name: str
    label: str
    extension: str
    content_type: str
    output: str
    decoder: Decoder
    isolated: bool
    why: str
    alpha: bool = True


FORMATS = {
    format_.name: format_
    for format_ in (
        Format(
            *("jpeg", "JPEG", "jpg", "image/jpeg", "jpeg", "libjpeg-turbo", False),
            "Pillow's decoder overflows (GHSA-5x8w-8jj5-q52h) and is never asked; subsampling that "
            "simplejpeg does not know is decoded apart, by libjpeg-turbo as kornia-rs binds it",
            alpha=False,
        ),
        Format(
            *("png", "PNG", "png", "image/png", "png", "PNG", False),
            "no advisory reaches a single frame without texts, which is all that is handed on",
        ),
        Format(
            *("webp", "WebP", "webp", "image/webp", "webp", "libwebp", False),
            "Pillow's own code only hands an animation's first frame on",
        ),
        Format(
            *("gif", "GIF", "gif", "image/gif", "gif", "GIF", False),
            "CVE-2026-96639 needs a second frame, and none is handed on",
        ),
        Format(
            *("tiff", "TIFF", "tif", "image/tiff", "tiff", "TIFF", True),
            "tiles and YCbCr are read out of bounds (GHSA-462x-pgg6-55fp, GHSA-c6hw-5grf-ff96), "
            "and short JPEG strips uninitialised (GHSA-q45j-58j2-45rg)",
        ),
        Format(
            *("bmp", "BMP", "bmp", "image/bmp", "png", "BMP", False),
            "plain rows, of a size that is checked; the two decoders of others are not reached",
        ),
        Format(
            *("avif", "AVIF", "avif", "image/avif", "avif", "libavif", True),
            "a header of a few bytes can have any amount of memory allotted",
        ),
        Format(
            *("heic", "HEIC", "heic", "image/heic", "jpeg", "libheif", True),
            "libde265 has had an overflow found every few months",
        ),
        Format(
            *("jp2", "JPEG 2000", "jp2", "image/jp2", "png", "JPEG2000", True),
            "OpenJPEG overflows its heap (GHSA-78g4-xqwv-q3g8); the system's copy may be older",
        ),
        Format(
            *("jxl", "JPEG XL", "jxl", "image/jxl", "png", "libjxl", True),
            "a young library behind a young binding, and a header can claim any amount of memory",
        ),
        Format(
            *("ico", "ICO", "ico", "image/vnd.microsoft.icon", "png", "ICO", True),
            "it reaches the decoders of PNG and BMP past the checks of their files",
        ),
        Format(
            *("tga", "TGA", "tga", "image/x-tga", "png", "TGA", True),
            "run lengths have overflown before (CVE-2022-30595), and nobody is in a hurry",
        ),
        Format(
            *("psd", "PSD", "psd", "image/vnd.adobe.photoshop", "png", "PSD", True),
            "rectangles of layers overflow (CVE-2026-42311)",
        ),
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
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"),
    (0, b"\xff\x4f\xff\x51", "jp2"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
    (0, b"\xff\x0a", "jxl"),
    (0, b"8BPS\0\1", "psd"),
    (0, b"\0\0\1\0", "ico"),
)
# What each format needs that may be missing: a feature of Pillow's build, or a package.
_FEATURES = {"webp": "webp", "tiff": "libtiff", "jp2": "jpg_2000"}
_PACKAGES = {"avif": "pillow_avif", "heic": "pi_heif", "jxl": "pylibjxl"}


def recognise(data: bytes) -> Format | None:
    """Tell a file's format from its first bytes; names and declared types are not trusted."""
    for offset, signature, name in _SIGNATURES:
        if data.startswith(signature, offset):
            return FORMATS[name]
    if codec := heif.kind(data):
        return FORMATS[codec]
    # TGA has no signature: it is the last to be thought of.
    return FORMATS["tga"] if tga.is_likely(data) else None


@cache
def available_formats() -> frozenset[str]:
    """Names of the formats that this machine's libraries can read."""
    lacking = {name for name, feature in _FEATURES.items() if not features.check(feature)}
    lacking |= {name for name, package in _PACKAGES.items() if find_spec(package) is None}
    return frozenset(FORMATS) - lacking


def check_available(format_: Format) -> None:
    """Refuse a format by name that this machine's libraries cannot read.

    Raises:
        InvalidImage: they cannot.
    """
    if format_.name not in available_formats():
        raise InvalidImage(f"{format_.label} is not supported by this build")


def content_type_of(filename: str) -> str:
    """Type of a result by its name's extension."""
    extension = filename.rpartition(".")[2]
    types = {format_.extension: format_.content_type for format_ in FORMATS.values()}
    types["zip"] = "application/zip"
    return types.get(extension, "application/octet-stream")
