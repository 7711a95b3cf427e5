"""Reader of TIFF headers, which keeps only the fields that the first page depends on."""

import math
import struct

from msgspec import Struct
from msgspec.structs import replace

from handler.codec.headers.header import SEVERAL_PAGES, ImageHeader
from handler.codec.headers.ifd import (
    BYTES,
    CLASSIC_SIGNATURES,
    FRACTIONS,
    WHOLE_NUMBERS,
    Field,
    Rule,
    byte_order,
    has_next,
    read_fields,
    write_fields,
)
from handler.core.geometry import Orientation, Size
from handler.errors import InvalidImage, ProcessingFailed

_WIDTH, _LENGTH, _BITS, _COMPRESSION, _SAMPLES, _PLANES = 256, 257, 258, 259, 277, 284
_STRIP_OFFSETS, _STRIP_ROWS, _STRIP_BYTES = 273, 278, 279
_TILE_WIDTH, _TILE_LENGTH, _TILE_OFFSETS, _TILE_BYTES = 322, 323, 324, 325
# Each strip or tile costs the decoder a step in Python. Encoders write at least one row a strip.
_MAX_PIECES = 65_536
_MAX_SAMPLES = 8
_MAX_PROFILE_BYTES = 4 << 20
_MAX_JPEG_TABLES_BYTES = 4096
_ORIENTATION, _PROFILE, _SAMPLE_FORMAT = 274, 34_675, 339
_INTERPRETATION = 262
_YCBCR = (6,)
# Photometric interpretations whose colours are converted after decoding: inks, and CIELAB.
_CONVERTED = ((5,), (8,), (9,), (10,))
# Samples of pixels of grey with alpha, and of colours with alpha or of inks.
_GREY_ALPHA, _FOUR = 2, 4
_WHOLE = 1
_ONE = Rule(WHOLE_NUMBERS, 1)
_SAMPLE = Rule(WHOLE_NUMBERS, _MAX_SAMPLES)
_PIECE = Rule(WHOLE_NUMBERS, _MAX_PIECES)
_FIELDS = {
    _WIDTH: _ONE,
    _LENGTH: _ONE,
    _BITS: _SAMPLE,
    _COMPRESSION: _ONE,
    _INTERPRETATION: _ONE,
    266: _ONE,  # fill order
    _STRIP_OFFSETS: _PIECE,
    _ORIENTATION: _ONE,
    _SAMPLES: _ONE,
    _STRIP_ROWS: _ONE,
    _STRIP_BYTES: _PIECE,
    _PLANES: _ONE,
    292: _ONE,  # options of CCITT T.4
    293: _ONE,  # and T.6
    317: _ONE,  # predictor
    320: Rule(WHOLE_NUMBERS, 3 << 16),  # palette
    _TILE_WIDTH: _ONE,
    _TILE_LENGTH: _ONE,
    _TILE_OFFSETS: _PIECE,
    _TILE_BYTES: _PIECE,
    338: _SAMPLE,  # meaning of the extra samples
    _SAMPLE_FORMAT: _SAMPLE,
    347: Rule(BYTES, _MAX_JPEG_TABLES_BYTES),
    # YCbCr: coefficients, subsampling, positioning, black and white, which some files have in
    # another type.
    529: Rule(FRACTIONS, 3, optional=True),
    530: Rule(WHOLE_NUMBERS, 2),
    531: Rule(WHOLE_NUMBERS, 1, optional=True),
    532: Rule(FRACTIONS, 6, optional=True),
    _PROFILE: Rule(BYTES, _MAX_PROFILE_BYTES),
}
# Number of an accepted compression -> the most bytes that it can encode in one.
_PLAIN = 1
_EXPANSION = {
    _PLAIN: 1,
    2: 65_536,  # CCITT: one bit for a row of at most 65,536 pixels
    3: 65_536,
    4: 65_536,
    5: 2_560,  # LZW: 12 bits for a string of at most 3,838 bytes
    7: 256,  # JPEG: two bits for a block of 64 samples
    8: 1_032,  # deflate
    32_773: 64,  # PackBits
    32_946: 1_032,  # deflate, by its first number
}
_REJECTED = {
    6: "old JPEG",
    34_712: "JPEG 2000",
    34_925: "LZMA",
    50_000: "Zstandard",
    50_001: "WebP",
}
# Fields of the two layouts of a page: strips of rows, or tiles.
_STRIPS = (_STRIP_OFFSETS, _STRIP_BYTES, _STRIP_ROWS)
_TILES = (_TILE_OFFSETS, _TILE_BYTES, _TILE_WIDTH, _TILE_LENGTH)
_READ = {_WIDTH, _LENGTH, _BITS, _COMPRESSION, _SAMPLES, _PLANES, *_STRIPS, *_TILES}
_READ |= {_ORIENTATION, _SAMPLE_FORMAT, _INTERPRETATION}
_MAX_DEPTH = 16
# Tiles may extend beyond the edge of a page, and far beyond that of a small one.
_SMALL_PAGE = 1024 * 1024


def read(data: bytes) -> ImageHeader:
    """Read the first page's directory; the decoder gets one with only the needed fields.

    Raises:
        InvalidImage: the directory is damaged, or the compression or samples are not supported.
        ProcessingFailed: strips or tiles are missing or overlap.
    """
    try:
        order = byte_order(data)
        fields = read_fields(data, _FIELDS)
        numbers = {tag: field.numbers(order) for tag, field in fields.items() if tag in _READ}
        page = _Page.of(numbers)
    except (ValueError, LookupError) as error:
        raise InvalidImage("the TIFF header is damaged") from error
    expansion = _EXPANSION.get(page.compression)
    if expansion is None:
        name = _REJECTED.get(page.compression, f"number {page.compression}")
        raise InvalidImage(
            "TIFF compression: expected none, CCITT, LZW, JPEG, deflate or PackBits, "
            f"received {name}"
        )
    if page.depth > _MAX_DEPTH or set(numbers.get(_SAMPLE_FORMAT, ())) - {_WHOLE}:
        received = f"{page.depth} bits" if page.depth > _MAX_DEPTH else "signed or real numbers"
        raise InvalidImage(
            f"TIFF samples: expected unsigned integers of at most {_MAX_DEPTH} bits, "
            f"received {received}"
        )
    page.check_pieces(len(data))
    # The picture is turned after decoding, so the decoder must not turn it.
    profile = fields.pop(_PROFILE, None)
    fields.pop(_ORIENTATION, None)
    converted = numbers.get(_INTERPRETATION) in _CONVERTED
    padding = b"\0" * (len(data) % 2)
    start = len(data) + len(padding)
    directory = write_fields(page.needed(fields), order, start)
    place = struct.pack(f"{order}I", start)
    return ImageHeader(
        data,
        page.size,
        len(data) * expansion * 8 // page.bits,
        _orientation(numbers),
        profile.raw if profile else None,
        alpha=page.samples in (_GREY_ALPHA, _FOUR) and not converted,
        needs_copy=page.samples == _GREY_ALPHA or converted,
        sixteen_bit=page.depth == 16,
        warning=SEVERAL_PAGES if has_next(data) else None,
        # The directory of a BigTIFF becomes a classic one.
        parts=(CLASSIC_SIGNATURES[order], place, memoryview(data)[8:], padding, directory),
    )


def _orientation(numbers: dict[int, tuple[int, ...]]) -> Orientation:
    try:
        return Orientation(numbers[_ORIENTATION][0])
    except (LookupError, ValueError):
        return Orientation.UPRIGHT


class _Page(Struct, frozen=True):
    """The first page, by its directory.

    Attributes:
        compression: number of the compression.
        depth: bits of a sample.
        samples: of a pixel.
        size: of the page, in pixels.
        piece: size of a piece, which is a strip or a tile, in pixels.
        planes: number of sets of pieces: one, or one for every sample of a pixel.
        subsampled: whether the pixels are YCbCr, whose colours may have fewer samples.
        layout: tags of strips or of tiles, that of the offsets first, that of the lengths second.
        offsets: of the pieces in the file.
        stored: lengths of the pieces in the file; may be incomplete.
    """

    compression: int
    depth: int
    samples: int
    size: Size
    piece: Size
    planes: int
    subsampled: bool
    layout: tuple[int, ...]
    offsets: tuple[int, ...]
    stored: tuple[int, ...]

    @classmethod
    def of(cls, numbers: dict[int, tuple[int, ...]]) -> "_Page":
        """Read the directory's numbers.

        Raises:
            LookupError, ValueError: some are missing or invalid.
        """

        def one(tag: int, default: int | None = None) -> int:
            value = numbers[tag][0] if default is None else numbers.get(tag, (default,))[0]
            if value < 1:
                raise ValueError(f"field {tag} is {value}")
            return value

        size, samples = Size(one(_WIDTH), one(_LENGTH)), one(_SAMPLES, 1)
        layout: tuple[int, ...]
        if _TILE_WIDTH in numbers:
            layout, piece = _TILES, Size(one(_TILE_WIDTH), one(_TILE_LENGTH))
        else:
            rows = min(size.height, one(_STRIP_ROWS, size.height))
            layout, piece = _STRIPS, Size(size.width, rows)
        return cls(
            compression=one(_COMPRESSION, 1),
            depth=max((1, *numbers.get(_BITS, ()))),
            samples=samples,
            size=size,
            piece=piece,
            planes=samples if one(_PLANES, 1) == 2 else 1,
            subsampled=numbers.get(_INTERPRETATION) == _YCBCR,
            layout=layout,
            offsets=numbers[layout[0]],
            stored=numbers.get(layout[1], ()),
        )

    @property
    def bits(self) -> int:
        """Least bits of a pixel in the file, when it is not compressed."""
        return self.depth * (1 if self.subsampled else self.samples)

    @property
    def pieces(self) -> int:
        """Number of strips or tiles that the page needs."""
        across = math.ceil(self.size.width / self.piece.width)
        return across * math.ceil(self.size.height / self.piece.height) * self.planes

    def check_pieces(self, file_bytes: int) -> None:
        """Reject strips and tiles that are inconsistent or would take too long to decode.

        Raises:
            InvalidImage, ProcessingFailed: see `read`.
        """
        largest = 4 * max(self.size.area, _SMALL_PAGE)
        if self.pieces > _MAX_PIECES:
            raise InvalidImage(
                f"TIFF strips or tiles: expected at most {_MAX_PIECES:,}, received {self.pieces:,}"
            )
        if self.piece.area > largest:
            raise InvalidImage(
                f"TIFF strips or tiles: expected at most {largest:,} pixels each, "
                f"received {self.piece.area:,}"
            )
        if len(self.offsets) < self.pieces:
            raise ProcessingFailed("The TIFF data are incomplete")
        lengths = self._lengths()
        if any(
            offset + length > file_bytes
            for offset, length in zip(self.offsets, lengths, strict=False)
        ):
            raise ProcessingFailed("The TIFF data are incomplete")
        # Every byte of every piece takes time to decode, even if pieces share their bytes.
        if sum(lengths) > 2 * file_bytes:
            raise ProcessingFailed("The TIFF data overlap")

    def _lengths(self) -> list[int]:
        """Return the bytes of each piece; uncompressed, by its pixels and not by the directory."""
        if self.compression != _PLAIN or self.subsampled:
            return list(self.stored[: self.pieces])
        row = math.ceil(self.piece.width * self.bits / self.planes / 8)
        down = math.ceil(self.size.height / self.piece.height)
        last = self.size.height - (down - 1) * self.piece.height
        if self.layout is _TILES or down == 1:
            return [row * self.piece.height] * self.pieces
        return ([row * self.piece.height] * (down - 1) + [row * last]) * self.planes

    def needed(self, fields: dict[int, Field]) -> list[Field]:
        """Return the fields of this layout, without pieces that have no pixel."""
        kept = []
        for tag, field in fields.items():
            if tag in self.layout[:2]:
                size, count = len(field.raw) // field.count, min(field.count, self.pieces)
                kept.append(replace(field, count=count, raw=field.raw[: count * size]))
            elif tag in self.layout or tag not in _STRIPS + _TILES:
                kept.append(field)
        return kept
