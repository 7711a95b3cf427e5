"""BMP files with false sizes, loops and decompression bombs."""

import struct

from tests.hostile.builders import bmp
from tests.hostile.crafted.case import Case, accepted, either, rejected
from tests.hostile.specimens import specimen

_PALETTE = bytes(range(256)) * 4
_ROWS = bytes(64 * 48 * 3)
_LOWEST = -(2**31)


def _patched(offset: int, code: str, value: int) -> bytes:
    data = bytearray(specimen("bmp/rgb"))
    struct.pack_into(f"<{code}", data, offset, value)
    return bytes(data)


def _paletted(colours: int) -> bytes:
    """Return a BMP that claims a palette of so many colours and has none."""
    data = bytearray(bmp(64, 48, bytes(64 * 48), bits=8))
    struct.pack_into("<I", data, 46, colours)
    return bytes(data)


def _rle(width: int, height: int, codes: bytes) -> bytes:
    return bmp(width, height, codes, bits=8, compression=1, palette=_PALETTE)


CASES: dict[str, Case] = {
    "signature-only": rejected(lambda: b"BM"),
    "header-only": rejected(lambda: bmp(64, 48, b"")),
    "text-that-begins-like-one": rejected(lambda: b"BMW builds cars, and has for long. " * 9),
    "rows-from-the-top": either(lambda: bmp(64, -48, _ROWS)),
    "no-width": rejected(lambda: bmp(0, 48, _ROWS)),
    "no-height": rejected(lambda: bmp(64, 0, _ROWS)),
    "negative-width": rejected(lambda: _patched(18, "i", -64)),
    "lowest-height": rejected(lambda: bmp(1, _LOWEST, _ROWS)),
    "65535-squared": rejected(lambda: bmp(65_535, 65_535, _ROWS)),
    "12000-squared": rejected(lambda: bmp(12_000, 12_000, _ROWS)),
    "a-row-missing": rejected(lambda: bmp(64, 49, _ROWS)),
    "2-to-the-31-wide": rejected(lambda: _patched(18, "I", 2**31)),
    "2-to-the-31-high": rejected(lambda: _patched(22, "I", 2**31 - 1)),
    "offset-behind-the-file": rejected(lambda: _patched(10, "I", 2**32 - 1)),
    "offset-of-zero": either(lambda: _patched(10, "I", 0)),
    "header-of-4-gigabytes": rejected(lambda: _patched(14, "I", 2**32 - 1)),
    "header-of-length-zero": rejected(lambda: _patched(14, "I", 0)),
    "header-of-16-bytes": rejected(lambda: _patched(14, "I", 16)),
    "header-of-os2": either(lambda: _patched(14, "I", 64)),
    "depth-of-zero": rejected(lambda: _patched(28, "H", 0)),
    "depth-of-7": rejected(lambda: _patched(28, "H", 7)),
    "depth-of-64": rejected(lambda: _patched(28, "H", 64)),
    "compressed-as-jpeg": rejected(
        lambda: bmp(64, 48, specimen("jpeg/baseline"), bits=0, compression=4)
    ),
    "compressed-as-png": rejected(lambda: bmp(64, 48, specimen("png/rgb"), bits=0, compression=5)),
    "unknown-compression": rejected(lambda: _patched(30, "I", 99)),
    "masks-that-are-none": rejected(lambda: _patched(30, "I", 3)),
    "palette-of-4-billion": rejected(lambda: _paletted(2**32 - 1)),
    "palette-of-65536": rejected(lambda: _paletted(65_536)),
    "palette-missing": either(lambda: bmp(64, 48, bytes(64 * 48), bits=8)),
    "rle-bomb": rejected(lambda: _rle(65_535, 2_000, b"\1\0\0\0" * 2_000)),
    "rle-of-a-million-single-pixels": either(lambda: _rle(1_000, 1_000, b"\1\7" * 400_000)),
    "rle-of-ends-of-lines": either(lambda: _rle(1_000, 1_000, b"\1\0\0\0" * 1_000 + b"\0\1")),
    "rle-of-jumps": either(lambda: _rle(1_000, 1_000, b"\0\2\xff\xff" * 10_000)),
    "rle-without-pixels": rejected(lambda: _rle(64, 48, b"")),
    "rle-that-ends-at-once": rejected(lambda: _rle(64, 48, b"\0\1")),
    "rle-of-one-column": either(lambda: _rle(1, 6_000, b"\1\0\0\0" * 6_000)),
    "rle-of-no-columns": rejected(lambda: _rle(0, 48, b"\1\0\0\0" * 48)),
    "bytes-behind-it": accepted(lambda: specimen("bmp/rgb") + bytes(999)),
}
