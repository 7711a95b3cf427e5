"""PNG files with false sizes, loops and decompression bombs."""

import struct
import zlib
from functools import partial

from PIL import Image

from tests.hostile.builders import (
    PNG_SIGNATURE,
    exif,
    insert,
    png,
    png_chunk,
    png_header,
    png_rows,
    tiff_entry,
)
from tests.hostile.crafted.case import Case, accepted, either, rejected
from tests.hostile.specimens import specimen
from tests.pictures import encoded

# Length of the signature and IHDR, behind which chunks are inserted.
_FIRST = 8 + 25
_BOMB = zlib.compress(bytes(16_000_000), 9)
_ROWS = png_rows(64, 48)
_HEADER = png_header(64, 48)


def _with(*chunks: bytes) -> bytes:
    return insert(specimen("png/rgb"), _FIRST, *chunks)


def _at_the_end(*chunks: bytes) -> bytes:
    data = specimen("png/rgb")
    return insert(data, len(data) - 12, *chunks)


def _many_frames() -> bytes:
    first, *others = (Image.new("L", (2, 1), index % 250) for index in range(1_000))
    return encoded(first, "PNG", save_all=True, append_images=others)


def _animation(frames: int) -> bytes:
    return png_chunk(b"acTL", struct.pack(">II", frames, 0))


def _frame(number: int, width: int, height: int, left: int = 0, disposal: int = 0) -> bytes:
    sizes = struct.pack(">IIIII", number, width, height, left, 0)
    return png_chunk(b"fcTL", sizes + struct.pack(">HHBB", 1, 1, disposal, 0))


def _split(size: int) -> bytes:
    """Return a PNG with its pixels in chunks of ``size`` bytes."""
    pixels = zlib.compress((b"\0" + b"\x80" * 192) * 48)
    parts = (pixels[i : i + size] for i in range(0, len(pixels), size))
    return png(_HEADER, *(png_chunk(b"IDAT", part) for part in parts))


def _exif_bomb() -> bytes:
    """Return 20,000 fields that refer to the same megabyte, 20 GB in all."""
    fields = (tiff_entry(0x1000 + i, 7, 1_000_000, 8) for i in range(20_000))
    return exif(*fields, tail=bytes(1_000_000)).removeprefix(b"Exif\0\0")


def _wrong_checksum(kind: bytes) -> bytes:
    data = specimen("png/palette")
    at = data.index(kind)
    end = at + 4 + int.from_bytes(data[at - 4 : at], "big")
    return data[:end] + b"\0\0\0\0" + data[end + 4 :]


def _size(width: int, height: int, depth: int = 8, colour: int = 2) -> bytes:
    return png(png_header(width, height, depth, colour), _ROWS)


CASES: dict[str, Case] = {
    "signature-only": rejected(lambda: PNG_SIGNATURE),
    "no-header": rejected(lambda: png(_ROWS)),
    "header-comes-second": rejected(lambda: png(png_chunk(b"gAMA", bytes(4)), _HEADER, _ROWS)),
    "header-cut-short": rejected(lambda: png(png_chunk(b"IHDR", bytes(12)), _ROWS)),
    "header-with-a-wrong-checksum": rejected(lambda: _wrong_checksum(b"IHDR")),
    "pixels-with-a-wrong-checksum": rejected(lambda: _wrong_checksum(b"IDAT")),
    "palette-with-a-wrong-checksum": either(lambda: _wrong_checksum(b"PLTE")),
    "two-headers": accepted(lambda: png(_HEADER, png_header(60_000, 60_000), _ROWS)),
    "header-after-the-pixels": accepted(lambda: _at_the_end(png_header(60_000, 60_000))),
    "no-pixels": rejected(lambda: png(_HEADER)),
    "empty-pixels": rejected(lambda: png(_HEADER, png_chunk(b"IDAT"))),
    "pixels-of-noise": rejected(lambda: png(_HEADER, png_chunk(b"IDAT", b"noise" * 99))),
    "rows-missing": rejected(lambda: png(_HEADER, png_rows(64, 40))),
    "rows-too-short": rejected(lambda: png(_HEADER, png_rows(60, 48))),
    "rows-too-many": either(lambda: png(_HEADER, png_rows(64, 480))),
    "unknown-filter": rejected(
        lambda: png(_HEADER, png_chunk(b"IDAT", zlib.compress((b"\7" + bytes(192)) * 48)))
    ),
    "16-megabytes-for-48-rows": either(lambda: png(_HEADER, png_chunk(b"IDAT", _BOMB))),
    "65535-squared": rejected(lambda: _size(65_535, 65_535)),
    "65535-squared-of-bits": rejected(lambda: _size(65_535, 65_535, 1, 0)),
    "65535-squared-with-four-megabytes": rejected(
        lambda: png(png_header(65_535, 65_535, 8, 0), *[png_chunk(b"IDAT", bytes(1 << 20))] * 5)
    ),
    "larger-than-its-data": rejected(lambda: _size(10_000, 10_000)),
    "12000-squared-with-half-a-megabyte": rejected(
        lambda: png(png_header(12_000, 12_000, 8, 6), png_chunk(b"IDAT", bytes(600_000)))
    ),
    "2-to-the-31-wide": rejected(lambda: _size(2**31, 1)),
    "2-to-the-32-high": rejected(lambda: _size(1, 2**32 - 1)),
    "a-line-of-100-million-pixels": rejected(
        lambda: png(png_header(100_000_000, 1, 1, 0), png_chunk(b"IDAT", bytes(20_000)))
    ),
    "no-width": rejected(lambda: _size(0, 48)),
    "no-height": rejected(lambda: _size(64, 0)),
    "depth-of-zero": rejected(lambda: _size(64, 48, 0)),
    "depth-of-3": rejected(lambda: _size(64, 48, 3)),
    "unknown-colour-type": rejected(lambda: _size(64, 48, 8, 5)),
    "palette-missing": either(lambda: png(png_header(64, 48, 8, 3), png_rows(64, 48, 1))),
    "palette-too-short": either(
        lambda: png(png_header(64, 48, 8, 3), png_chunk(b"PLTE", b"abc"), png_rows(64, 48, 1))
    ),
    "palette-too-long": either(
        lambda: png(png_header(64, 48, 8, 3), png_chunk(b"PLTE", bytes(9_999)), png_rows(64, 48, 1))
    ),
    "transparency-too-short": either(lambda: _with(png_chunk(b"tRNS", b"\0"))),
    "transparency-too-long": either(
        lambda: insert(
            specimen("png/palette"),
            specimen("png/palette").index(b"IDAT") - 4,
            png_chunk(b"tRNS", bytes(5_000)),
        )
    ),
    "unknown-interlacing": either(lambda: png(png_header(64, 48, 8, 2, 0, 0, 9), _ROWS)),
    "interlaced-but-not": rejected(lambda: png(png_header(64, 48, 8, 2, 0, 0, 1), _ROWS)),
    "chunk-longer-than-the-file": rejected(
        lambda: specimen("png/rgb")[:_FIRST] + b"\xff\xff\xff\xff"
    ),
    "chunk-of-2-to-the-31": rejected(
        lambda: specimen("png/rgb")[:_FIRST] + b"\x7f\xff\xff\xffIDAT" + bytes(99)
    ),
    "profile-bomb": rejected(lambda: _with(png_chunk(b"iCCP", b"x\0\0" + _BOMB))),
    "profile-of-noise": either(lambda: _with(png_chunk(b"iCCP", b"x\0\0" + b"noise"))),
    "profile-that-is-none": accepted(
        lambda: _with(png_chunk(b"iCCP", b"x\0\0" + zlib.compress(b"no profile" * 99)))
    ),
    "profile-empty": either(lambda: _with(png_chunk(b"iCCP"))),
    "text-bomb": accepted(lambda: _with(png_chunk(b"zTXt", b"x\0\0" + _BOMB))),
    "international-text-bomb": accepted(
        lambda: _with(png_chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + _BOMB))
    ),
    "a-hundred-text-bombs-at-the-end": accepted(
        lambda: _at_the_end(*[png_chunk(b"zTXt", b"x\0\0" + _BOMB)] * 100)
    ),
    "text-named-transparency": accepted(lambda: _with(png_chunk(b"tEXt", b"transparency\0yes"))),
    "text-named-icc_profile": accepted(lambda: _with(png_chunk(b"tEXt", b"icc_profile\0yes"))),
    "text-named-exif": accepted(lambda: _with(png_chunk(b"tEXt", b"exif\0yes"))),
    "a-million-empty-chunks": rejected(lambda: _with(png_chunk(b"teSt") * 1_000_000)),
    "a-million-empty-chunks-at-the-end": rejected(
        lambda: _at_the_end(png_chunk(b"teSt") * 1_000_000)
    ),
    "a-million-empty-pixel-chunks": rejected(
        lambda: png(_HEADER, png_chunk(b"IDAT") * 1_000_000, _ROWS)
    ),
    "pixels-in-chunks-of-a-byte": accepted(partial(_split, 1)),
    "exif-bomb": accepted(lambda: _with(png_chunk(b"eXIf", _exif_bomb()))),
    "exif-of-noise": accepted(lambda: _with(png_chunk(b"eXIf", b"II*\0noise" * 99))),
    "animation-of-no-frames": accepted(lambda: _with(_animation(0))),
    "animation-of-4-billion-frames": accepted(lambda: _with(_animation(2**32 - 1))),
    "animation-of-a-thousand-frames": rejected(_many_frames),
    "animation-header-twice": accepted(lambda: _with(_animation(2), _animation(3))),
    "animation-cut-short": accepted(lambda: _with(png_chunk(b"acTL", b"\0"))),
    "frame-outside-the-picture": accepted(lambda: _with(_animation(2), _frame(0, 64, 48, 60))),
    "second-frame-of-4-billion-pixels-a-side": accepted(
        lambda: (
            _with(_animation(2), _frame(0, 64, 48))
            + _frame(1, 2**32 - 1, 2**32 - 1)
            + png_chunk(b"fdAT", bytes(99))
        )
    ),
    "second-frame-without-pixels": accepted(
        lambda: _with(_animation(2), _frame(0, 64, 48), _frame(1, 64, 48))
    ),
    "frame-out-of-order": accepted(lambda: _with(_animation(2), _frame(7, 64, 48))),
    "frame-smaller-than-the-picture": accepted(lambda: _with(_animation(2), _frame(0, 8, 8))),
    "65535-squared-and-cleared-before-it-is-read": rejected(
        lambda: png(
            png_header(65_535, 65_535), _animation(2), _frame(0, 65_535, 65_535, 0, 1), _ROWS
        )
    ),
    "zip-behind-it": accepted(lambda: specimen("png/rgb") + b"PK\3\4" + bytes(99)),
}
