"""The table of formats, and the recognition of a file's format."""

from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec

from PIL import features

from handler.codec.format_entry import Decoder, Format
from handler.codec.further_formats import FURTHER, FURTHER_PACKAGES, recognise_further
from handler.codec.headers import heif, tga
from handler.codec.headers.camera_raw import is_camera_raw
from handler.errors import InvalidImage, InvalidSettings
from handler.problems import FieldProblem

__all__ = ["FORMATS", "Decoder", "Format"]

FORMATS = {
    format_.name: format_
    for format_ in (
        Format(
            name="jpeg",
            label="JPEG",
            extension="jpg",
            content_type="image/jpeg",
            output="jpeg",
            decoder="libjpeg-turbo",
            isolated=False,
            reason=(
                "Pillow's decoder, which overflows (GHSA-5x8w-8jj5-q52h), is never called; "
                "subsampling that simplejpeg does not know is decoded in a worker process, by "
                "libjpeg-turbo as kornia-rs binds it"
            ),
            alpha=False,
        ),
        Format(
            name="png",
            label="PNG",
            extension="png",
            content_type="image/png",
            output="png",
            decoder="PNG",
            isolated=False,
            reason=(
                "8-bit PNG without a palette is decoded by the Rust crate png, which is "
                "memory-safe; all others are decoded by Pillow in a worker process"
            ),
        ),
        Format(
            name="webp",
            label="WebP",
            extension="webp",
            content_type="image/webp",
            output="webp",
            decoder="libwebp",
            isolated=False,
            reason=(
                "still pictures, as which the frames of animations are decoded, too; the first "
                "frame alone is decoded by Pillow in a worker process"
            ),
        ),
        Format(
            name="gif",
            label="GIF",
            extension="gif",
            content_type="image/gif",
            output="gif",
            decoder="GIF",
            isolated=True,
            reason="Pillow overflows with a second frame (CVE-2026-96639); it gets one at a time",
        ),
        Format(
            name="tiff",
            label="TIFF",
            extension="tiff",
            content_type="image/tiff",
            output="tiff",
            decoder="TIFF",
            isolated=True,
            reason=(
                "tiles and YCbCr are read out of bounds (GHSA-462x-pgg6-55fp, "
                "GHSA-c6hw-5grf-ff96), and short JPEG strips leave memory uninitialised "
                "(GHSA-q45j-58j2-45rg)"
            ),
            shown=False,
            other_extensions=("tif",),
        ),
        Format(
            name="bmp",
            label="BMP",
            extension="bmp",
            content_type="image/bmp",
            output="png",
            decoder="BMP",
            isolated=False,
            reason=(
                "plain rows of a checked size are only rearranged; compressed files are decoded in "
                "a worker process, and those that embed a JPEG or a PNG are rejected"
            ),
        ),
        Format(
            name="avif",
            label="AVIF",
            extension="avif",
            content_type="image/avif",
            output="avif",
            decoder="libavif",
            isolated=True,
            reason="a header of a few bytes can have any amount of memory allocated",
        ),
        Format(
            name="heic",
            label="HEIC",
            extension="heic",
            content_type="image/heic",
            output="jpeg",
            decoder="libheif",
            isolated=True,
            reason="an overflow is found in libde265 every few months",
            # Each browser plays it, and it is written in a third of the time of AVIF.
            moving_output="webp",
        ),
        Format(
            name="jp2",
            label="JPEG 2000",
            extension="jp2",
            content_type="image/jp2",
            output="png",
            decoder="JPEG2000",
            isolated=True,
            reason=(
                "OpenJPEG overflows its heap (GHSA-78g4-xqwv-q3g8); the system's copy may be older"
            ),
        ),
        Format(
            name="jxl",
            label="JPEG XL",
            extension="jxl",
            content_type="image/jxl",
            output="png",
            decoder="libjxl",
            isolated=True,
            reason=(
                "library and binding are young, and a header can have any amount of memory "
                "allocated"
            ),
        ),
        Format(
            name="ico",
            label="ICO",
            extension="ico",
            content_type="image/vnd.microsoft.icon",
            output="png",
            decoder="ICO",
            isolated=True,
            reason="its plugin calls those of PNG and BMP without the checks of their files",
        ),
        Format(
            name="tga",
            label="TGA",
            extension="tga",
            content_type="image/x-tga",
            output="png",
            decoder="TGA",
            isolated=True,
            reason="run lengths have overflowed before (CVE-2022-30595), and TGA is rare",
        ),
        Format(
            name="psd",
            label="PSD",
            extension="psd",
            content_type="image/vnd.adobe.photoshop",
            output="png",
            decoder="PSD",
            isolated=True,
            reason="rectangles of layers overflow (CVE-2026-42311)",
        ),
        *FURTHER,
    )
}

# Offset, signature, name of the format.
_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "png"),
    (8, b"WEBP", "webp"),
    (0, b"GIF87a", "gif"),
    (0, b"GIF89a", "gif"),
    (0, b"II*\0", "tiff"),
    (0, b"MM\0*", "tiff"),
    (0, b"II+\0", "tiff"),
    (0, b"MM\0+", "tiff"),
    (0, b"BM", "bmp"),
    (0, b"\0\0\0\x0cjP  \r\n\x87\n", "jp2"),
    (0, b"\xff\x4f\xff\x51", "jp2"),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", "jxl"),
    (0, b"\xff\x0a", "jxl"),
    (0, b"8BPS\0\1", "psd"),
    (0, b"\0\0\1\0", "ico"),
)
WRITTEN_EXTENSIONS: Mapping[str, str] = {
    extension: format_.name
    for format_ in FORMATS.values()
    if format_.name == format_.output
    for extension in format_.extensions
}
"""The name of the format that each extension of a result selects, without the dot."""
# Formats that need a feature of Pillow's build, or a package, which may be missing.
_FEATURES = {"webp": "webp", "tiff": "libtiff", "jp2": "jpg_2000"}
_PACKAGES = {"avif": "pillow_avif", "heic": "pi_heif", "jxl": "pylibjxl"}
_PACKAGES |= FURTHER_PACKAGES


def recognise(data: bytes) -> Format | None:
    """Return a file's format by its first bytes; file names and declared types are not trusted."""
    if is_camera_raw(data):
        return FORMATS["raw"]
    for offset, signature, known in _SIGNATURES:
        if data.startswith(signature, offset):
            return FORMATS[known]
    if codec := heif.kind(data):
        return FORMATS[codec]
    if name := recognise_further(data):
        return FORMATS[name]
    # TGA has no signature, so every other format is tried first.
    return FORMATS["tga"] if tga.is_likely(data) else None


@cache
def available_formats() -> frozenset[str]:
    """Return the names of the formats that the installed libraries can read."""
    lacking = {name for name, feature in _FEATURES.items() if not features.check(feature)}
    lacking |= {name for name, package in _PACKAGES.items() if find_spec(package) is None}
    return frozenset(FORMATS) - lacking


def check_available(format_: Format) -> None:
    """Raise an error that names the format if the installed libraries cannot read it.

    Raises:
        InvalidImage: they cannot.
    """
    if format_.name not in available_formats():
        raise InvalidImage(f"{format_.label} is not supported by this build")


def output_format(source: Format, requested: str, *, moves: bool = False) -> Format:
    """Return the format of the result.

    Args:
        source: format of the input.
        requested: name of a format, or ``auto`` to keep the input's where it can be written.
        moves: whether all frames of an animation are requested.

    Raises:
        InvalidSettings: this build cannot write it.
    """
    kept = source.moving_output if moves and source.moving_output else source.output
    format_ = FORMATS[kept if requested == "auto" else requested]
    if format_.name not in available_formats():
        written = ", ".join(
            sorted({each.output for each in FORMATS.values()} & available_formats())
        )
        raise InvalidSettings(FieldProblem("format", f"one of {written}", format_.name))
    return format_


def content_type_of(filename: str) -> str:
    """Return the content type of a result by the extension of its name."""
    extension = filename.rpartition(".")[2]
    types = {
        name: format_.content_type for format_ in FORMATS.values() for name in format_.extensions
    }
    types["zip"] = "application/zip"
    return types.get(extension, "application/octet-stream")
