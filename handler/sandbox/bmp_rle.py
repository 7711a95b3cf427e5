"""BMP with run-length encoding, which Pillow (12.1) decodes to wrong pixels.

The codes are those of Microsoft's "Bitmap Compression": runs, pixels one by one, and moves. Pixels
that a move skips, or that no code reaches, are transparent.
"""

import struct
from dataclasses import dataclass, field

from PIL import Image

_FILE_HEADER_BYTES, _INFO_HEADER_BYTES = 14, 40
_RLE8, _RLE4 = 1, 2
_END_OF_ROW, _END, _MOVE = 0, 1, 2
_OPAQUE = 255
_PALETTE_ENTRY_BYTES = 4
# Largest share of the rows that a file which was cut off may lack, as in
# `handler.codec.headers.header`, which worker processes do not import.
_MOST_MISSING = 0.005


@dataclass(slots=True)
class _Canvas:
    """The pixels that are drawn, the first row first in the file.

    Attributes:
        width: pixels of a row.
        height: number of rows.
        indices: number of each pixel's colour.
        drawn: alpha of each pixel.
        x: column of the next pixel.
        y: row of the next pixel.
    """

    width: int
    height: int
    indices: bytearray = field(init=False)
    drawn: bytearray = field(init=False)
    x: int = 0
    y: int = 0

    def __post_init__(self) -> None:
        """Fill the picture with transparent pixels."""
        self.indices = bytearray(self.width * self.height)
        self.drawn = bytearray(self.width * self.height)

    def draw(self, colours: bytes) -> None:
        """Draw pixels to the right; those beyond the edge are dropped."""
        kept = colours[: max(0, self.width - self.x)]
        start = self.y * self.width + self.x
        self.indices[start : start + len(kept)] = kept
        self.drawn[start : start + len(kept)] = bytes((_OPAQUE,)) * len(kept)
        self.x += len(colours)


def is_encoded(header: bytes) -> bool:
    """Return whether a file is compressed as RLE4 or RLE8."""
    if len(header) < _FILE_HEADER_BYTES + _INFO_HEADER_BYTES:
        return False
    (header_bytes,) = struct.unpack_from("<I", header, _FILE_HEADER_BYTES)
    (compression,) = struct.unpack_from("<I", header, _FILE_HEADER_BYTES + 16)
    return header_bytes >= _INFO_HEADER_BYTES and compression in (_RLE8, _RLE4)


def decode(data: bytes) -> tuple[Image.Image, bool]:
    """Decode a file.

    Args:
        data: a file that is compressed as RLE4 or RLE8, by its header.

    Returns:
        Picture of mode RGB, or RGBA if some pixels are not drawn; and whether the data end early.

    Raises:
        ValueError: the data are damaged, no pixel is drawn, or more than 0.5 % of the rows are
            missing.
        struct.error: the header is damaged.
    """
    (pixels_at,) = struct.unpack_from("<I", data, 10)
    header_bytes, width, height = struct.unpack_from("<Iii", data, _FILE_HEADER_BYTES)
    bits, compression = struct.unpack_from("<HI", data, _FILE_HEADER_BYTES + 14)
    (used,) = struct.unpack_from("<I", data, _FILE_HEADER_BYTES + 32)
    if width < 1 or not height or header_bytes < _INFO_HEADER_BYTES:
        raise ValueError("the header is damaged")
    canvas = _Canvas(width, abs(height))
    ended = _draw(canvas, data[pixels_at:], nibbles=compression == _RLE4)
    if not ended and canvas.height - canvas.y > _MOST_MISSING * canvas.height + 1:
        raise ValueError("the data end early")
    if not any(canvas.drawn):
        raise ValueError("no pixel is drawn")
    palette_at = _FILE_HEADER_BYTES + header_bytes
    length = _PALETTE_ENTRY_BYTES * min(used or 1 << bits, 256)
    entries = data[palette_at : min(palette_at + length, max(pixels_at, palette_at))]
    return _picture(canvas, entries, upwards=height > 0), not ended


def _draw(canvas: _Canvas, data: bytes, *, nibbles: bool) -> bool:
    """Draw the runs of the codes, and return whether the end was reached."""
    position = 0
    while position + 1 < len(data):
        count, value = data[position], data[position + 1]
        position += 2
        if canvas.y >= canvas.height:
            return True
        if count:
            pair = bytes((value >> 4, value & 15)) if nibbles else bytes((value,))
            canvas.draw((pair * count)[:count])
        elif value == _END_OF_ROW:
            canvas.x, canvas.y = 0, canvas.y + 1
        elif value == _END:
            return True
        elif value == _MOVE:
            if position + 1 >= len(data):
                return False
            canvas.x, canvas.y = canvas.x + data[position], canvas.y + data[position + 1]
            position += 2
        else:
            length = (value + 1) // 2 if nibbles else value
            literal = data[position : position + length]
            if nibbles:
                literal = bytes(each for byte in literal for each in (byte >> 4, byte & 15))
            canvas.draw(literal[:value])
            position += length + length % 2  # codes start at even positions
    return canvas.y >= canvas.height


def _picture(canvas: _Canvas, entries: bytes, *, upwards: bool) -> Image.Image:
    """Return the picture.

    Args:
        canvas: the drawn pixels.
        entries: the palette: blue, green, red and a byte that means nothing for each colour.
        upwards: whether the first row of the file is the lowest one.
    """
    size = canvas.width, canvas.height
    image = Image.frombytes("P", size, bytes(canvas.indices))
    colours = (
        entries[start + band] for start in range(0, len(entries) - 3, 4) for band in (2, 1, 0)
    )
    image.putpalette(bytes(colours).ljust(3 * 256, b"\0"))
    image = image.convert("RGB")
    if not all(canvas.drawn):
        image.putalpha(Image.frombytes("L", size, bytes(canvas.drawn)))
    return image.transpose(Image.Transpose.FLIP_TOP_BOTTOM) if upwards else image
