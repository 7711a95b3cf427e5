"""Hostile files of the formats of `handler.codec.further_formats`."""

import gzip
import struct
from collections.abc import Callable
from functools import partial

import numpy as np

from handler.codec import available_formats
from tests import further_files
from tests.further_files import KINDS, dds_extended, fits, rgb, svg
from tests.hostile.crafted.case import Case, accepted, either, rejected

_RECT = '<rect width="9" height="9"/>'


def _cut(make: Callable[[], bytes], share: float) -> bytes:
    data = make()
    return data[: int(share * len(data))]


def _laughs() -> bytes:
    entities = "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 10))
    return b'<!DOCTYPE svg [<!ENTITY a0 "ha">' + entities.encode() + b"]>" + svg("&a9;")


def _hdr(rows: bytes, width: int = 96, height: int = 64) -> bytes:
    return f"#?RADIANCE\n\n-Y {height} +X {width}\n".encode() + rows


def _cards(*lines: str) -> bytes:
    return b"".join(line.encode().ljust(80) for line in (*lines, "END")).ljust(2880)


def _exr_head(version: int = 2) -> bytes:
    return b"\x76\x2f\x31\x01" + struct.pack("<I", version)


def _exr(
    width: int,
    height: int,
    compression: int = 0,
    across: int = 1,
    tiles: tuple[int, int] | None = None,
) -> bytes:
    """Return the header of an OpenEXR of halves, without chunks."""
    window = struct.pack("<4i", 0, 0, width - 1, height - 1)
    channel = b"Y\0" + struct.pack("<iB3xii", 1, 0, across, 1) + b"\0"
    attributes = [
        (b"channels\0chlist\0", channel),
        (b"compression\0compression\0", bytes((compression,))),
        (b"dataWindow\0box2i\0", window),
        (b"displayWindow\0box2i\0", window),
        (b"lineOrder\0lineOrder\0", b"\0"),
        (b"pixelAspectRatio\0float\0", struct.pack("<f", 1)),
        (b"screenWindowCenter\0v2f\0", bytes(8)),
        (b"screenWindowWidth\0float\0", struct.pack("<f", 1)),
    ]
    if tiles is not None:
        attributes.append((b"tiles\0tiledesc\0", struct.pack("<IIB", *tiles, 0)))
    head = _exr_head(2 if tiles is None else 0x202)
    body = b"".join(name + struct.pack("<I", len(value)) + value for name, value in attributes)
    return head + body + b"\0"


def _nested(name: str, depth: int) -> str:
    return f"<{name}>" * depth + f"</{name}>" * depth


_SVG: dict[str, Case] = {
    "whole": accepted(lambda: svg(_RECT)),
    "of-a-file": rejected(lambda: svg('<image href="file:///etc/passwd"/>')),
    "of-a-path": rejected(lambda: svg("<image xlink:href='/etc/passwd'/>")),
    "of-a-network": rejected(lambda: svg('<image href="http://169.254.169.254/"/>')),
    "of-another-svg": rejected(lambda: svg('<image href="data:image/svg+xml;base64,PHN2Zz4="/>')),
    "of-a-part-of-a-file": rejected(lambda: svg('<use href="other.svg#part"/>')),
    "of-a-hidden-address": rejected(lambda: svg('<image href="&#104;ttp://example.com/"/>')),
    "of-a-paint": rejected(lambda: svg('<rect fill="url(http://example.com/#x)"/>')),
    "of-a-style": rejected(lambda: svg("<style>@import 'http://example.com/x.css';</style>")),
    "of-a-font": rejected(lambda: svg("<style>@font-face{src:url( 'x.ttf')}</style>")),
    "of-an-entity": rejected(
        lambda: b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + svg("&x;")[22:]
    ),
    "of-laughs": rejected(_laughs),
    "of-parameters": rejected(
        lambda: b"<!DOCTYPE svg [<!ENTITY % x \"<!ENTITY y 'z'>\">%x;]>" + svg(_RECT)[22:]
    ),
    "of-a-long-entity": rejected(
        lambda: b'<!DOCTYPE svg [<!ENTITY x "' + b"x" * 9_000 + b'">]>' + svg("&x;" * 99)[22:]
    ),
    "of-100000-pixels": rejected(lambda: svg(_RECT, 'width="100000" height="100000"')),
    "of-infinite-pixels": rejected(lambda: svg(_RECT, 'width="1e999" height="9"')),
    "of-no-pixels": rejected(lambda: svg(_RECT, 'width="0" height="9"')),
    "of-an-open-quote": either(lambda: svg('<rect width="9/>')),
    "of-an-open-tag": rejected(lambda: svg("<rect")),
    "of-an-open-comment": rejected(lambda: svg("<!--")),
    "of-deep-groups": rejected(lambda: svg(_nested("g", 20_000))),
    "of-deep-text": rejected(lambda: svg("<text>" + _nested("tspan", 20_000) + "</text>")),
    "of-huge-text": either(lambda: svg('<text y="9" font-size="1e38">Text</text>')),
    "of-text-at-no-place": either(lambda: svg('<text x="NaN" dy="1e999">Text</text>')),
    "of-text-in-its-own-pattern": either(
        lambda: svg('<pattern id="p" width="1" height="1"><text fill="url(#p)">a</text></pattern>')
    ),
    "of-a-use-of-itself": either(lambda: svg('<g id="a"><use href="#a"/></g>')),
    "of-many-quotes": either(lambda: svg("<a " + "\"<'" * 5_000)),
    "of-many-comments": either(lambda: svg("<!-- " * 5_000)),
    "compressed-bomb": rejected(
        lambda: gzip.compress(svg("<!--" + " " * (20 << 20) + "-->"), mtime=0)
    ),
    "compressed-and-cut-off": rejected(lambda: gzip.compress(svg(_RECT), mtime=0)[:90]),
    "html": rejected(lambda: b"<html><svg width='9' height='9'></svg></html>"),
}
_SAMPLES: dict[str, Case] = {
    "netpbm-of-99999-squared": rejected(lambda: b"P6 99999 99999 255\n"),
    "netpbm-of-60000-squared": rejected(lambda: b"P6 60000 60000 255\n" + bytes(999)),
    "netpbm-without-pixels": rejected(lambda: b"P5 0 9 255\n"),
    "netpbm-without-white": rejected(lambda: b"P5 9 9 0\n" + bytes(81)),
    "netpbm-with-too-much-white": rejected(lambda: b"P5 9 9 65536\n" + bytes(162)),
    "netpbm-of-letters": rejected(lambda: b"P2 9 9 255\n" + b"x " * 81),
    "netpbm-of-long-numbers": rejected(lambda: b"P2 2 2 255\n" + b"9" * 400),
    "netpbm-of-large-numbers": rejected(lambda: b"P2 2 2 255\n" + b"99999 " * 4),
    "netpbm-of-comments": rejected(lambda: b"P6 " + b"#\n" * 50_000),
    "pam-without-an-end": rejected(lambda: b"P7\n" + b"WIDTH 9\n" * 9_000),
    "pam-of-nine-bands": rejected(
        lambda: b"P7\nWIDTH 9\nHEIGHT 9\nDEPTH 9\nMAXVAL 255\nENDHDR\n" + bytes(999)
    ),
    "pfm-of-no-numbers": accepted(lambda: b"PF\n9 9\n-1\n" + b"\xff" * 972),
    "pfm-of-infinity": accepted(lambda: b"Pf\n9 9\n-1\n" + np.full(81, np.inf, "<f4").tobytes()),
    "pfm-without-a-scale": rejected(lambda: b"PF\n9 9\nnan\n" + bytes(972)),
    "fits-of-negative-sides": rejected(
        lambda: fits(np.zeros((9, 9), np.uint8)).replace(
            b"NAXIS1  = " + b" " * 19 + b"9", b"NAXIS1  = " + b" " * 18 + b"-9"
        )
    ),
    "fits-of-no-numbers": accepted(lambda: fits(np.full((9, 9), np.nan, np.float32))),
    "fits-of-compressed-tiles": rejected(
        lambda: (
            _cards("SIMPLE  = T", "BITPIX  = 8", "NAXIS   = 0")
            + _cards("XTENSION= 'BINTABLE'", "BITPIX  = 8", "NAXIS   = 0", "ZIMAGE  = T")
        )
    ),
    "fits-without-an-end": rejected(lambda: b"SIMPLE  = T".ljust(80) * 300),
    "hdr-of-zero-runs": rejected(lambda: _hdr(b"\2\2\0\x60" + bytes(9_000))),
    "hdr-of-long-runs": rejected(lambda: _hdr(b"\2\2\0\x60" + b"\xff\1" * 9_000)),
    "hdr-of-another-width": rejected(lambda: _hdr(b"\2\2\0\x61" + b"\x80" * 9_000)),
    "hdr-of-repeats": rejected(lambda: _hdr(b"\1\1\1\xff" * 9_000)),
    "hdr-of-many-repeats": rejected(lambda: _hdr(b"\0\0\0\0\1\1\1\1" * 90_000, 3_000, 400)),
    "hdr-of-60000-squared": rejected(lambda: _hdr(bytes(99), 60_000, 60_000)),
    "hdr-of-xyz": rejected(lambda: b"#?RADIANCE\nFORMAT=32-bit_rle_xyze\n\n-Y 1 +X 1\n" + bytes(4)),
    "qoi-of-60000-squared": rejected(lambda: b"qoif" + struct.pack(">IIBB", 60_000, 60_000, 3, 0)),
    "qoi-of-runs": rejected(
        lambda: b"qoif" + struct.pack(">IIBB", 9_000, 9_000, 3, 0) + b"\xfd" * 99
    ),
    "dds-of-60000-squared": rejected(
        lambda: KINDS["dds-dxt1"][0]().replace(struct.pack("<II", 64, 96), b"\x60\xea\0\0" * 2)
    ),
    "dds-of-an-unknown-number": rejected(lambda: dds_extended(rgb().convert("RGBA"), 9_999)),
    "dds-of-no-masks": rejected(lambda: further_files.dds_of_masks(rgb(), 32, (0, 0, 0, 0))),
    "cur-of-noise": rejected(lambda: b"\0\0\2\0\1\0" + b"\xff" * 99),
}

_EXR: dict[str, Case] = {
    "of-an-unknown-version": rejected(lambda: _exr_head(version=9)),
    "of-deep-pixels": rejected(lambda: _exr_head(version=0x802)),
    "of-no-attributes": rejected(lambda: _exr_head() + b"\0"),
    "of-a-long-attribute": rejected(lambda: _exr_head() + b"a\0b\0\xff\xff\xff\xff"),
    "of-a-long-name": rejected(lambda: _exr_head() + b"a" * 9_000),
    "of-60000-squared": rejected(lambda: _exr(60_000, 60_000)),
    "of-an-empty-window": rejected(lambda: _exr(0, 9)),
    "of-a-far-window": rejected(lambda: _exr(1 << 30, 9)),
    "of-dwaa": rejected(lambda: _exr(9, 9, compression=8)),
    "of-htj2k": rejected(lambda: _exr(9, 9, compression=10)),
    "of-subsampled-colours": rejected(lambda: _exr(9, 9, across=2)),
    "of-tiles-without-a-side": rejected(lambda: _exr(9, 9, tiles=(0, 9))),
    "of-many-tiles": rejected(lambda: _exr(9_000, 9_000, tiles=(1, 1))),
    "of-zeros": rejected(lambda: _exr(9, 9) + bytes(9_000)),
    "of-chunks-elsewhere": rejected(lambda: _exr(9, 9) + b"\xff" * 9_000),
}
_RAW: dict[str, Case] = {
    "of-a-signature": rejected(lambda: b"FUJIFILMCCD-RAW " + bytes(200)),
    "of-directories-in-a-circle": rejected(
        lambda: further_files.dng(rgb(), tags=[(330, 4, [8, 8, 8]), (34_665, 4, [8])])[:900]
    ),
    "of-a-preview-elsewhere": either(
        lambda: further_files.dng(rgb(), tags=[(513, 4, [1 << 31]), (514, 4, [1 << 31])])
    ),
    "of-a-preview-of-itself": either(
        lambda: further_files.dng(rgb(), tags=[(513, 4, [0]), (514, 4, [1 << 31])])
    ),
    "of-boxes": rejected(lambda: b"\0\0\0\x18ftypcrx " + bytes(12) + b"\0\0\0\x08moov" * 2_000),
    "of-short-boxes": rejected(lambda: b"\0\0\0\x18ftypcrx " + bytes(12) + b"\0\0\0\2moov"),
    "of-an-x3f": rejected(lambda: b"FOVb" + b"\xff" * 400),
}

CASES: dict[str, Case] = {
    **{f"exr-{name}": case for name, case in _EXR.items()},
    **{f"raw-{name}": case for name, case in _RAW.items()},
    **{f"svg-{name}": case for name, case in _SVG.items()},
    **_SAMPLES,
    **{
        f"{kind}-cut-off-at-{share}": either(partial(_cut, make, share))
        if kind.startswith(("fits", "raw", "svgz"))
        else rejected(partial(_cut, make, share))
        for kind, (make, format_, _) in KINDS.items()
        for share in (0.3, 0.9)
        if format_ in available_formats()
    },
}
