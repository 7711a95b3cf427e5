"""Reader of PNG headers, which keeps only the chunks that the picture depends on."""

import math
import struct
import zlib
from collections.abc import Iterator

from msgspec import Struct

from handler.codec.headers.header import ANIMATED, DATA_ERRORS, ImageHeader
from handler.core.geometry import Size
from handler.errors import InvalidImage, ProcessingFailed

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_END = b"\0\0\0\0IEND\xaeB`\x82"
# Chunks of transparency, colour and orientation, each at most once in a file. Texts, animation
# (APNG) and private chunks are removed.
_NEEDED = frozenset(
    (b"IHDR", b"PLTE", b"tRNS", b"iCCP", b"sRGB", b"gAMA", b"cHRM", b"cICP", b"eXIf")
)
_ANIMATION = b"acTL"
# 100 MB in chunks of 1 KiB. Encoders write 8 KiB and more.
_MAX_CHUNKS = 100_000
_AROUND = 12  # length, type and checksum
# Pillow's mode -> colour type.
COLOUR_TYPES = {"L": 0, "RGB": 2, "RGBA": 6}
# Colour type -> samples a pixel.
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_GREY = 0
# Depths whose levels Pillow scales to 8 bits, but not the transparent level.
_SCALED = (2, 4)
# First column and first row of each pass, then its steps across and down.
_ADAM7 = (
    (0, 0, 8, 8),
    (4, 0, 8, 8),
    (0, 4, 4, 8),
    (2, 0, 4, 4),
    (0, 2, 2, 4),
    (1, 0, 2, 2),
    (0, 1, 1, 2),
)
# Width, height, depth, colour type, compression, filters, interlacing.
_HEADER = struct.Struct(">IIBBBBB")
_INFLATED_AT_ONCE = 1 << 20
# The most bytes that deflate can encode in one.
_MAX_EXPANSION = 1032


def read(data: bytes) -> ImageHeader:
    """Find the chunks of the picture.

    Raises:
        InvalidImage: the chunks before the pixels are damaged.
        ProcessingFailed: a checksum of the pixels is wrong.
    """
    needed: dict[bytes, memoryview] = {}
    pixels: list[bytes | memoryview] = []
    tidy, animated, ended = True, False, False
    for kind, chunk in _chunks(data):
        intact = _is_intact(chunk)
        if kind == b"IEND":
            ended = True
        elif kind == b"IDAT":
            if intact is False:
                raise ProcessingFailed("The PNG data are damaged")
            pixels.append(chunk if intact else _ended(chunk))
            tidy &= intact is True
        elif kind in _NEEDED and kind not in needed and intact:
            tidy &= not pixels  # Pillow reads only metadata before the pixels
            needed[kind] = chunk
        else:
            tidy = False
            animated |= kind == _ANIMATION
    if next(iter(needed), None) != b"IHDR":
        raise InvalidImage("the PNG header is damaged")
    header = _Header.of(needed[b"IHDR"])
    if b"tRNS" in needed and header.colour == _GREY and header.depth in _SCALED:
        needed[b"tRNS"], tidy = _scaled_key(needed[b"tRNS"], header.depth), False
    kept = data if tidy else b"".join((SIGNATURE, *needed.values(), *pixels, _END))
    most_pixels = len(data) * _MAX_EXPANSION * 8 // header.bits
    warning = ANIMATED if animated else None if ended else DATA_ERRORS.format("PNG")
    return ImageHeader(
        kept,
        header.size,
        most_pixels,
        sixteen_bit=header.depth == 16,
        warning=warning,
        cicp=_read_cicp(needed.get(b"cICP")),
    )


def _read_cicp(chunk: memoryview | None) -> tuple[int, int] | None:
    """Return the numbers of primaries and transfer, or None for colours that are not RGB."""
    if chunk is None or len(chunk) != _AROUND + 4:
        return None
    primaries, transfer, matrix, _ = chunk[8:12]
    return (primaries, transfer) if matrix == 0 else None


def missing_rows(data: bytes) -> int:
    """Return the number of rows that the pixel data lack, or all rows if they are damaged.

    This is slow, as it decompresses them.

    Args:
        data: of the header that `read` returns.
    """
    chunks = _chunks(data)
    header = _Header.of(next(chunk for kind, chunk in chunks if kind == b"IHDR"))
    passes = header.passes()
    missing = sum(rows * length for rows, length in passes)
    inflate = zlib.decompressobj()
    for kind, chunk in chunks:
        rest = bytes(chunk[8:-4]) if kind == b"IDAT" else b""
        while rest and missing > 0:
            try:
                missing -= len(inflate.decompress(rest, _INFLATED_AT_ONCE))
            except zlib.error:  # damaged, perhaps only in the checksum at the end
                return header.size.height
            rest = inflate.unconsumed_tail
    rows, length = passes[-1]
    # A row of each earlier pass has pixels that the last pass does not repeat.
    return math.ceil(max(0, missing) / length) if missing <= rows * length else header.size.height


class _Header(Struct, frozen=True):
    """The chunk IHDR.

    Attributes:
        size: of the picture, in pixels.
        bits: of a pixel.
        depth: bits of a sample.
        colour: colour type.
        interlaced: whether the rows are in seven passes.
    """

    size: Size
    bits: int
    depth: int
    colour: int
    interlaced: bool

    @classmethod
    def of(cls, chunk: memoryview) -> "_Header":
        """Read the chunk.

        Raises:
            InvalidImage: it is damaged.
        """
        if len(chunk) != _AROUND + _HEADER.size:
            raise InvalidImage("the PNG header is damaged")
        width, height, depth, colour, _, _, interlacing = _HEADER.unpack_from(chunk, 8)
        if not depth or colour not in _SAMPLES:
            raise InvalidImage("the PNG header is damaged")
        return cls(Size(width, height), depth * _SAMPLES[colour], depth, colour, interlacing != 0)

    def passes(self) -> list[tuple[int, int]]:
        """Return the rows of each pass, and the bytes of a row with the number of its filter."""
        found = []
        for left, top, across, down in _ADAM7 if self.interlaced else ((0, 0, 1, 1),):
            columns = math.ceil((self.size.width - left) / across)
            rows = math.ceil((self.size.height - top) / down)
            if columns > 0 and rows > 0:
                found.append((rows, 1 + math.ceil(columns * self.bits / 8)))
        return found


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """Yield kind and bytes of each chunk up to the end; the last one may be cut short."""
    view = memoryview(data)
    position = len(SIGNATURE)
    for _ in range(_MAX_CHUNKS):
        if position + _AROUND > len(data):
            return
        length, kind = struct.unpack_from(">I4s", data, position)
        end = position + _AROUND + length
        yield kind, view[position:end]
        if kind == b"IEND":
            return
        position = end
    raise InvalidImage(f"PNG chunks: expected at most {_MAX_CHUNKS:,}, received more")


def _scaled_key(chunk: memoryview, depth: int) -> memoryview:
    """Return a chunk tRNS with the transparent level scaled to 8 bits."""
    if len(chunk) != _AROUND + 2:
        raise InvalidImage("the PNG header is damaged")
    (level,) = struct.unpack_from(">H", chunk, 8)
    most = (1 << depth) - 1
    return memoryview(_chunk(b"tRNS" + struct.pack(">H", (level & most) * 255 // most)))


def _ended(chunk: memoryview) -> bytes:
    """Return a chunk that was cut off, with the length and the checksum of what is left."""
    (length,) = struct.unpack_from(">I", chunk)
    return _chunk(bytes(chunk[4 : 8 + length]))


def _chunk(body: bytes) -> bytes:
    """Return a chunk with a kind and its data."""
    return struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))


def _is_intact(chunk: memoryview) -> bool | None:
    """Return whether the checksum is right, or None if the file ends before it."""
    (length,) = struct.unpack_from(">I", chunk)
    if len(chunk) != _AROUND + length:
        return None
    (checksum,) = struct.unpack_from(">I", chunk, 8 + length)
    return bool(zlib.crc32(chunk[4 : 8 + length]) == checksum)
