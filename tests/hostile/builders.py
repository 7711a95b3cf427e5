"""Builders of files that no encoder writes."""

import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence

PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png_chunk(kind: bytes, payload: bytes = b"", checksum: int | None = None) -> bytes:
    """Return a chunk of a PNG, with the correct checksum unless one is given."""
    crc = zlib.crc32(kind + payload) if checksum is None else checksum
    return struct.pack(">I", len(payload)) + kind + payload + struct.pack(">I", crc)


def png_header(width: int, height: int, depth: int = 8, colour: int = 2, *rest: int) -> bytes:
    """Return IHDR; ``rest`` is compression, filter and interlace."""
    fields = (width, height, depth, colour, *(rest or (0, 0, 0)))
    return png_chunk(b"IHDR", struct.pack(">IIBBBBB", *fields))


def png(*chunks: bytes) -> bytes:
    """Return a PNG of these chunks and IEND."""
    return b"".join((PNG_SIGNATURE, *chunks, png_chunk(b"IEND")))


def png_rows(width: int, height: int, samples: int = 3) -> bytes:
    """Return IDAT with a grey picture."""
    return png_chunk(b"IDAT", zlib.compress((b"\0" + b"\x80" * width * samples) * height))


def jpeg_segment(marker: int, payload: bytes = b"") -> bytes:
    """Return a segment of a JPEG."""
    return struct.pack(">BBH", 0xFF, marker, len(payload) + 2) + payload


def jpeg_frame(
    width: int, height: int, marker: int = 0xC0, factors: Sequence[int] = (0x11,), depth: int = 8
) -> bytes:
    """Return a frame header with one component for each sampling factor."""
    components = b"".join(bytes((1 + i, factor, 0)) for i, factor in enumerate(factors))
    head = struct.pack(">BHHB", depth, height, width, len(factors))
    return jpeg_segment(marker, head + components)


def jpeg_tables(ac_symbol: int = 0) -> bytes:
    """Return quantisation by 1, and Huffman tables with one code of one bit each."""
    one_code = bytes((1,)) + bytes(15)
    return (
        jpeg_segment(0xDB, b"\0" + b"\1" * 64)
        + jpeg_segment(0xC4, b"\x00" + one_code + b"\0")
        + jpeg_segment(0xC4, b"\x10" + one_code + bytes((ac_symbol,)))
    )


def jpeg_scan(
    payload: bytes, components: int = 1, first: int = 0, last: int = 63, approximation: int = 0
) -> bytes:
    """Return a scan header and its entropy-coded bytes."""
    which = b"".join(bytes((1 + i, 0)) for i in range(components))
    spectrum = bytes((first, last, approximation))
    return jpeg_segment(0xDA, bytes((components,)) + which + spectrum) + payload


def jpeg(*parts: bytes) -> bytes:
    """Return a JPEG of these segments."""
    return b"".join((b"\xff\xd8", *parts, b"\xff\xd9"))


def insert(data: bytes, position: int, *parts: bytes) -> bytes:
    """Return a file with inserted bytes."""
    return b"".join((data[:position], *parts, data[position:]))


def gif_screen(width: int, height: int, table: bytes = b"\0\0\0\xff\xff\xff") -> bytes:
    """Return the header of a GIF, with a colour table whose size is a power of two."""
    flags = 0x80 | (len(table) // 3).bit_length() - 2 if table else 0
    return b"GIF89a" + struct.pack("<HHBBB", width, height, flags, 0, 0) + table


def gif_blocks(payload: bytes, size: int = 255) -> bytes:
    """Return bytes in sub-blocks of ``size``."""
    blocks = (payload[i : i + size] for i in range(0, len(payload), size))
    return b"".join(bytes((len(block),)) + block for block in blocks) + b"\0"


def gif_frame(
    width: int, height: int, lzw: bytes, left: int = 0, top: int = 0, bits: int = 2
) -> bytes:
    """Return an image of a GIF; ``lzw`` are its codes."""
    place = struct.pack("<HHHHB", left, top, width, height, 0)
    return b"," + place + bytes((bits,)) + gif_blocks(lzw)


def gif_control(flags: int) -> bytes:
    """Return a graphic control extension."""
    return b"!\xf9\x04" + bytes((flags, 0, 0, 0)) + b"\0"


def bmp(
    width: int,
    height: int,
    pixels: bytes,
    bits: int = 24,
    compression: int = 0,
    palette: bytes = b"",
) -> bytes:
    """Return a BMP with the header of 40 bytes."""
    offset = 14 + 40 + len(palette)
    file = b"BM" + struct.pack("<IHHI", offset + len(pixels), 0, 0, offset)
    colours = len(palette) // 4
    sizes = (40, width, height, 1, bits, compression, len(pixels), 2835, 2835, colours, 0)
    return file + struct.pack("<IIiHHIIiiII", *sizes) + palette + pixels


TiffValue = Sequence[int] | bytes
_SHORT, _LONG, _UNDEFINED = 3, 4, 7


def tiff(
    fields: Mapping[int, TiffValue],
    pixels: bytes = b"",
    *,
    order: str = "<",
    entries: Iterable[bytes] = (),
    following: int = 0,
) -> bytes:
    """Return a TIFF of one page whose pixels begin at byte 8.

    Args:
        fields: by tag; numbers are written as LONG, bytes as UNDEFINED.
        pixels: bytes that strips and tiles refer to.
        order: byte order, as struct writes it.
        entries: additional entries of twelve bytes each.
        following: offset of the next directory.
    """
    extra = list(entries)
    start = 8 + len(pixels) + len(pixels) % 2
    rows = []
    values = b""
    end = start + 2 + 12 * (len(fields) + len(extra)) + 4
    for tag, value in sorted(fields.items()):
        kind = _UNDEFINED if isinstance(value, bytes) else _LONG
        raw = value if isinstance(value, bytes) else struct.pack(f"{order}{len(value)}I", *value)
        place = raw.ljust(4, b"\0")
        if len(raw) > 4:
            place = struct.pack(f"{order}I", end + len(values))
            values += raw
        rows.append(struct.pack(f"{order}HHI", tag, kind, len(value)) + place)
    signature = b"II*\0" if order == "<" else b"MM\0*"
    head = signature + struct.pack(f"{order}I", start) + pixels.ljust(start - 8, b"\0")
    count = struct.pack(f"{order}H", len(rows) + len(extra))
    return b"".join((head, count, *rows, *extra, struct.pack(f"{order}I", following), values))


def tiff_entry(tag: int, kind: int, count: int, place: int, order: str = "<") -> bytes:
    """Return an entry of a directory."""
    return struct.pack(f"{order}HHII", tag, kind, count, place)


def riff(*chunks: bytes) -> bytes:
    """Return a WebP of these chunks."""
    body = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def riff_chunk(kind: bytes, payload: bytes) -> bytes:
    """Return a chunk of a WebP."""
    return kind + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def webp_canvas(width: int, height: int, flags: int = 0) -> bytes:
    """Return the VP8X chunk."""
    sizes = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return riff_chunk(b"VP8X", bytes((flags, 0, 0, 0)) + sizes)


def exif(*entries: bytes, order: str = "<", tail: bytes = b"") -> bytes:
    """Return an EXIF block of these entries."""
    signature = b"II*\0" if order == "<" else b"MM\0*"
    count = struct.pack(f"{order}H", len(entries))
    table = count + b"".join(entries) + b"\0\0\0\0"
    return b"Exif\0\0" + signature + struct.pack(f"{order}I", 8) + table + tail
