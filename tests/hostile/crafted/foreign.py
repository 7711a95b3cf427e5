"""Files that are not images, or not in an accepted format."""

import io
import json
import random
import struct
import zipfile
from functools import partial

from tests.hostile.builders import PNG_SIGNATURE
from tests.hostile.crafted.case import Case, either, rejected
from tests.hostile.specimens import specimen

_SIGNATURES = {
    "jpeg": b"\xff\xd8\xff",
    "png": PNG_SIGNATURE,
    "gif": b"GIF89a",
    "bmp": b"BM",
    "tiff-little": b"II*\0",
    "tiff-big": b"MM\0*",
    "webp": b"RIFF\0\0\0\0WEBP",
    "avif": b"\0\0\0\x20ftypavif\0\0\0\0avifmif1miafMA1A",
    "heic": b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
    "jp2": b"\0\0\0\x0cjP  \r\n\x87\n",
    "jxl": b"\xff\x0a",
    "psd": b"8BPS\0\1",
    "ico": b"\0\0\1\0",
    "tga": b"\0\0\2\0\0\0\0\0",
    "netpbm": b"P6 ",
    "pfm": b"PF\n",
    "hdr": b"#?RADIANCE\n\n",
    "qoi": b"qoif",
    "dds": b"DDS \x7c\0\0\0",
    "cur": b"\0\0\2\0\1\0",
    "fits": b"SIMPLE  =                    T",
    "svg": b"<svg>",
}
_SPECIMENS = {
    "jpeg": "jpeg/baseline",
    "png": "png/rgb",
    "gif": "gif/still",
    "bmp": "bmp/rgb",
    "tiff-little": "tiff/raw",
    "webp": "webp/lossy",
}


def _zip() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("picture.png", specimen("png/rgb"))
    return target.getvalue()


def _swapped(body: str, head: str) -> bytes:
    """Return a file of one format behind the signature of another."""
    signature = _SIGNATURES[head]
    return signature + specimen(_SPECIMENS[body])[len(signature) :]


def _noise(signature: bytes, seed: int) -> bytes:
    return signature + random.Random(seed).randbytes(4_000)


CASES: dict[str, Case] = {
    "empty": rejected(lambda: b""),
    **{f"one-byte-{byte:02x}": rejected(partial(bytes, (byte,))) for byte in (0, 0x42, 0x89, 0xFF)},
    "two-bytes": rejected(lambda: b"\xff\xd8"),
    "zeros": rejected(lambda: bytes(10_000)),
    "ones": rejected(lambda: b"\xff" * 10_000),
    "text": rejected(lambda: b"This is no picture.\n" * 99),
    "json": rejected(lambda: json.dumps({"picture": True}).encode()),
    "html": rejected(lambda: b"<!doctype html><img src='https://example.com/x.png'>"),
    "pdf": rejected(lambda: b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF"),
    "postscript": rejected(lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n"),
    "zip": rejected(_zip),
    "gzip": rejected(lambda: b"\x1f\x8b\x08" + bytes(99)),
    "elf": rejected(lambda: b"\x7fELF\2\1\1" + bytes(99)),
    "script": rejected(lambda: b"#!/bin/sh\necho hello\n"),
    "psd": rejected(lambda: b"8BPS\0\1" + bytes(6) + struct.pack(">HIIHH", 3, 48, 64, 8, 3)),
    "ico": rejected(lambda: b"\0\0\1\0\1\0" + bytes(16) + specimen("png/rgb")),
    "ico-with-a-jpeg": rejected(lambda: b"\0\0\1\0\1\0" + bytes(16) + specimen("jpeg/baseline")),
    "tga": either(lambda: b"\0\0\2" + bytes(9) + struct.pack("<HHBB", 64, 48, 24, 0) + bytes(9216)),
    "jpeg-2000": rejected(lambda: b"\0\0\0\x0cjP  \r\n\x87\n" + bytes(99)),
    "jpeg-xl": rejected(lambda: b"\xff\x0a" + bytes(99)),
    "avif": rejected(lambda: b"\0\0\0\x20ftypavif" + bytes(99)),
    "heic": rejected(lambda: b"\0\0\0\x18ftypheic" + bytes(99)),
    "mp4": rejected(lambda: b"\0\0\0\x18ftypisom" + bytes(99)),
    "wav": rejected(lambda: b"RIFF\x24\0\0\0WAVEfmt " + bytes(99)),
    "fits": rejected(lambda: b"SIMPLE  =                    T" + b" " * 2_850),
    "xbm": rejected(lambda: b"#define x_width 8\n#define x_height 8\nstatic char x_bits[] = {0};"),
    "picture-behind-a-line": rejected(lambda: b"\n" + specimen("png/rgb")),
    "picture-behind-a-byte-order-mark": rejected(
        lambda: b"\xef\xbb\xbf" + specimen("jpeg/baseline")
    ),
    "picture-in-base64": rejected(
        lambda: b"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB"
    ),
    **{
        f"{head}-signature-and-{body}-body": rejected(partial(_swapped, body, head))
        for head in _SIGNATURES
        for body in _SPECIMENS
        if head.partition("-")[0] != body.partition("-")[0]
    },
    **{
        f"{name}-signature-and-noise-{seed}": rejected(partial(_noise, signature, seed))
        for name, signature in _SIGNATURES.items()
        for seed in range(3)
    },
}
