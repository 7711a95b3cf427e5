"""The formats of cameras, films, drawings, games and telescopes, and their recognition."""

from handler.codec.format_entry import Format
from handler.codec.headers import netpbm, svg

FURTHER = (
    Format(
        name="raw",
        label="camera raw",
        extension="dng",
        content_type="image/x-adobe-dng",
        output="jpeg",
        decoder="LibRaw",
        isolated=True,
        reason=(
            "LibRaw reads the private tables of hundreds of cameras; a large preview in the file "
            "is decoded instead, as a JPEG"
        ),
        alpha=False,
        shown=False,
        other_extensions=(
            *("cr2", "cr3", "crw", "nef", "nrw", "arw", "sr2", "srf", "orf", "rw2", "rwl", "raf"),
            *("pef", "srw", "iiq", "3fr", "fff", "x3f", "mrw", "erf", "mef", "mos", "kdc", "dcr"),
            "gpr",
        ),
    ),
    Format(
        name="svg",
        label="SVG",
        extension="svg",
        content_type="image/svg+xml",
        output="png",
        decoder="resvg",
        isolated=True,
        reason="a few bytes of a filter or a pattern can take any amount of memory and time",
        other_extensions=("svgz",),
    ),
    Format(
        name="exr",
        label="OpenEXR",
        extension="exr",
        content_type="image/x-exr",
        output="jpeg",
        decoder="OpenEXR",
        isolated=True,
        reason="the library overflows every few months (CVE-2025-48071 among others)",
        alpha=False,
        shown=False,
    ),
    Format(
        name="hdr",
        label="Radiance HDR",
        extension="hdr",
        content_type="image/vnd.radiance",
        output="jpeg",
        decoder="numpy",
        isolated=False,
        reason="its run lengths are decoded in Python and numpy, which check their bounds",
        alpha=False,
        shown=False,
        other_extensions=("rgbe", "pic"),
    ),
    Format(
        name="pfm",
        label="PFM",
        extension="pfm",
        content_type="image/x-portable-floatmap",
        output="jpeg",
        decoder="numpy",
        isolated=False,
        reason="numpy reads its plain samples",
        alpha=False,
        shown=False,
    ),
    Format(
        name="netpbm",
        label="Netpbm",
        extension="ppm",
        content_type="image/x-portable-anymap",
        output="png",
        decoder="numpy",
        isolated=False,
        reason=(
            "numpy reads its plain samples; Pillow has no PAM, and decodes other depths than 8 "
            "bits in a loop over the pixels"
        ),
        shown=False,
        other_extensions=("pbm", "pgm", "pnm", "pam"),
    ),
    Format(
        name="qoi",
        label="QOI",
        extension="qoi",
        content_type="image/qoi",
        output="png",
        decoder="qoi",
        isolated=True,
        reason="the binding is young; Pillow decodes QOI in a loop over the pixels",
        shown=False,
    ),
    Format(
        name="dds",
        label="DDS",
        extension="dds",
        content_type="image/vnd-ms.dds",
        output="png",
        decoder="DDS",
        isolated=True,
        reason=(
            "Pillow decodes compressed textures in C; numpy reads those of plain samples, which "
            "Pillow decodes in a loop over the pixels"
        ),
        shown=False,
    ),
    Format(
        name="cur",
        label="CUR",
        extension="cur",
        content_type="image/x-win-bitmap",
        output="png",
        decoder="ICO",
        isolated=True,
        reason="it is decoded as the ICO of its largest picture; see there",
    ),
    Format(
        name="fits",
        label="FITS",
        extension="fits",
        content_type="image/fits",
        output="png",
        decoder="numpy",
        isolated=False,
        reason=(
            "numpy reads its plain samples; Pillow ignores their scale, and inflates compressed "
            "files without a limit (CVE-2026-40192)"
        ),
        alpha=False,
        shown=False,
        other_extensions=("fit", "fts"),
    ),
)
"""Entries of the table of `handler.codec.formats`."""

FURTHER_PACKAGES = {"svg": "resvg", "exr": "OpenEXR", "qoi": "qoi"}
"""Name of a format -> the package that decodes it, which may be missing."""

OPTIONAL = frozenset({"exr"})
"""Names of the formats whose packages are extras, because they are large."""

_SIGNATURES = (
    (b"\x76\x2f\x31\x01", "exr"),
    (b"#?RADIANCE", "hdr"),
    (b"#?RGBE", "hdr"),
    (b"qoif", "qoi"),
    (b"DDS ", "dds"),
    (b"SIMPLE  =", "fits"),
)
_CURSOR = b"\0\0\2\0"
# A TGA of true colours begins with the same bytes, and zeros in place of the number of pictures.
_NO_PICTURES = b"\0\0"


def recognise_further(data: bytes) -> str | None:
    """Return the name of the format of a file of `FURTHER` but camera raw, or None."""
    for signature, name in _SIGNATURES:
        if data.startswith(signature):
            return name
    if data.startswith(_CURSOR) and data[4:6] != _NO_PICTURES:
        return "cur"
    if netpbm.is_floats(data):
        return "pfm"
    if netpbm.is_netpbm(data):
        return "netpbm"
    return "svg" if svg.is_svg(data) else None
