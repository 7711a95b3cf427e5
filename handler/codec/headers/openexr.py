"""Reader of OpenEXR headers ("OpenEXR file layout")."""

import math
import struct

from msgspec import Struct

from handler.codec.headers.header import SEVERAL_PAGES, ImageHeader
from handler.core.geometry import Box, Size
from handler.errors import InvalidImage, ProcessingFailed

_VERSION, _MULTIPART, _DEEP, _TILED = 2, 0x1000, 0x800, 0x200
_KNOWN_FLAGS = 0xFF | _MULTIPART | _DEEP | _TILED | 0x400
_MAX_ATTRIBUTES, _MAX_NAME, _MAX_CHANNELS, _MAX_PARTS = 1000, 255, 1024, 64
# Number of a compression -> the rows of a chunk.
_ROWS = {0: 1, 1: 1, 2: 1, 3: 16, 4: 32, 5: 16, 6: 32, 7: 32}
_REJECTED = {8: "DWAA", 9: "DWAB", 10: "HTJ2K", 11: "HTJ2K", 12: "Zstandard"}
# Bytes of a sample by its type: whole numbers, halves and floats.
_SAMPLE_BYTES = {0: 4, 1: 2, 2: 4}
# An offset in the table of chunks, and the least bytes of a chunk.
_CHUNK_BYTES = 8 + 8
_MAX_CHUNKS = 200_000
# Codes of Huffman repeat a sample up to 255 times in a few bits.
_MAX_EXPANSION = 2048
_LARGEST_COORDINATE = 1 << 24
_ALPHA = "A"


class ExrHeader(ImageHeader, frozen=True):
    """The header of an OpenEXR.

    Attributes:
        sample_bytes: of a pixel, in all channels of all parts, which are all read.
    """

    sample_bytes: float = 0


class _Part(Struct, frozen=True):
    """A part of a file: its attributes by name."""

    attributes: dict[str, bytes]

    def box(self, name: str) -> Box:
        """Return a window.

        Raises:
            ValueError, LookupError, struct.error: it is missing or wrong.
        """
        left, top, right, bottom = struct.unpack("<4i", self.attributes[name])
        if max(map(abs, (left, top, right, bottom))) > _LARGEST_COORDINATE:
            raise ValueError("a window is too far away")
        if right < left or bottom < top:
            raise ValueError("a window is empty")
        return Box(left, top, right - left + 1, bottom - top + 1)

    def channels(self) -> dict[str, int]:
        """Return the bytes of a sample of each channel.

        Raises:
            InvalidImage: one is subsampled.
        """
        data, position = self.attributes["channels"], 0
        found: dict[str, int] = {}
        while data[position : position + 1] not in (b"", b"\0"):
            end = data.index(b"\0", position)
            kind, across, down = struct.unpack_from("<i4xii", data, end + 1)
            if (across, down) != (1, 1):
                raise InvalidImage("OpenEXR channels: expected one sample a pixel, received fewer")
            found[data[position:end].decode("latin-1")] = _SAMPLE_BYTES[kind]
            position = end + 17
            if len(found) > _MAX_CHANNELS:
                raise ValueError("too many channels")
        return found

    def chunks(self, size: Size) -> int:
        """Return the number of chunks."""
        compression = int(self.attributes["compression"][0])
        if compression not in _ROWS:
            name = _REJECTED.get(compression, f"number {compression}")
            raise InvalidImage(
                f"OpenEXR compression: expected none, RLE, ZIP, PIZ, PXR24 or B44, received {name}"
            )
        if "tiles" not in self.attributes:
            return math.ceil(size.height / _ROWS[compression])
        across, down = map(int, struct.unpack_from("<II", self.attributes["tiles"]))
        return -(-size.width // across) * -(-size.height // down)


def read(data: bytes) -> ImageHeader:
    """Read the header; the data are the whole file.

    Raises:
        InvalidImage: it is damaged, deep, or compressed in a way that is not supported.
        ProcessingFailed: the file is too short for its chunks.
    """
    try:
        (flags,) = struct.unpack_from("<I", data, 4)
        if flags & 0xFF != _VERSION or flags & ~_KNOWN_FLAGS:
            raise ValueError("an unknown version")
        if flags & _DEEP:
            raise InvalidImage("OpenEXR: expected flat pixels, received deep ones")
        parts = _parts(data, several=bool(flags & _MULTIPART))
        return _picture(data, parts)
    except (ValueError, LookupError, struct.error, ZeroDivisionError) as error:
        raise InvalidImage("the OpenEXR header is damaged") from error


def _picture(data: bytes, parts: list[_Part]) -> ExrHeader:
    window, shown = parts[0].box("dataWindow"), parts[0].box("displayWindow")
    size = Size(window.width, window.height)
    chunks, sample_bytes = 0, 0.0
    for part in parts:
        box = part.box("dataWindow")
        of_part = Size(box.width, box.height)
        chunks += part.chunks(of_part)
        sample_bytes += sum(part.channels().values()) * of_part.area / size.area
    if chunks > _MAX_CHUNKS:
        raise InvalidImage(f"OpenEXR chunks: expected at most {_MAX_CHUNKS:,}, received {chunks:,}")
    if len(data) < _CHUNK_BYTES * chunks:
        raise ProcessingFailed("The OpenEXR data are incomplete")
    names = parts[0].channels()
    if not names:
        raise ValueError("no channels")
    most = int(len(data) * _MAX_EXPANSION / max(1.0, sample_bytes))
    cut = _cut(window, shown)
    visible = size if cut is None else Size(cut.width, cut.height)
    return ExrHeader(
        data,
        visible,
        most,
        alpha=any(name.rpartition(".")[2] == _ALPHA for name in names),
        warning=SEVERAL_PAGES if len(parts) > 1 else None,
        cut=cut,
        coded=None if cut is None else size,
        sample_bytes=sample_bytes,
    )


def _cut(window: Box, shown: Box) -> Box | None:
    """Return the part of the pixels inside the display window, or None if all are shown."""
    left, top = max(window.left, shown.left), max(window.top, shown.top)
    right, bottom = min(window.right, shown.right), min(window.bottom, shown.bottom)
    if (
        right <= left
        or bottom <= top
        or (right - left, bottom - top) == (window.width, window.height)
    ):
        return None
    return Box(left - window.left, top - window.top, right - left, bottom - top)


def _parts(data: bytes, *, several: bool) -> list[_Part]:
    position, parts = 8, list[_Part]()
    while True:
        attributes: dict[str, bytes] = {}
        while data[position : position + 1] != b"\0":
            name, position = _name(data, position)
            _, position = _name(data, position)
            (length,) = struct.unpack_from("<I", data, position)
            position += 4
            if position + length > len(data) or len(attributes) > _MAX_ATTRIBUTES:
                raise ValueError("an attribute is too long, or there are too many")
            attributes.setdefault(name, data[position : position + length])
            position += length
        position += 1
        if not attributes:
            break
        kind = attributes.get("type", b"scanlineimage")
        if kind.startswith(b"deep"):
            raise InvalidImage("OpenEXR: expected flat pixels, received deep ones")
        parts.append(_Part(attributes))
        if not several or len(parts) > _MAX_PARTS:
            break
    if not parts or len(parts) > _MAX_PARTS:
        raise ValueError("no parts, or too many")
    return parts


def _name(data: bytes, position: int) -> tuple[str, int]:
    end = data.find(b"\0", position, position + _MAX_NAME + 1)
    if end < 0:
        raise ValueError("a name is too long")
    return data[position:end].decode("latin-1"), end + 1
