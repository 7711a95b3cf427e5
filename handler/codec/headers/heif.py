"""Reader of HEIC and AVIF headers: boxes of the primary picture (ISO/IEC 14496-12, 23008-12)."""

import math
import struct
from collections.abc import Iterable
from fractions import Fraction
from typing import Literal

from msgspec import Struct, field
from msgspec.structs import replace

from handler.codec.headers.boxes import boxes
from handler.codec.headers.header import ANIMATED, ImageHeader
from handler.codec.headers.heif_items import MAX_BOXES, read_items
from handler.codec.headers.heif_picture import check_coded_sizes, find_picture
from handler.codec.headers.heif_writer import write_picture
from handler.core.geometry import Box, Orientation, Size
from handler.errors import InvalidImage

# Brands of the two codecs. The brands "mif1" and "msf1" have no codec.
_AVIF = frozenset((b"avif", b"avis"))
_HEIC = frozenset((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"))
_MAX_BRANDS_BYTES = 1024
# Quarter turns to the left, and the axis of the mirroring after them: None, 0 (top and bottom are
# exchanged) or 1 (left and right are) -> orientation of the stored picture.
_ORIENTATIONS = {
    (0, None): Orientation.UPRIGHT,
    (1, None): Orientation.TURN_LEFT,
    (2, None): Orientation.HALF_TURN,
    (3, None): Orientation.TURN_RIGHT,
    (0, 0): Orientation.FLIP,
    (1, 0): Orientation.TRANSPOSE,
    (2, 0): Orientation.MIRROR,
    (3, 0): Orientation.TRANSVERSE,
    (0, 1): Orientation.MIRROR,
    (1, 1): Orientation.TRANSVERSE,
    (2, 1): Orientation.FLIP,
    (3, 1): Orientation.TRANSPOSE,
}


def kind(data: bytes) -> Literal["avif", "heic"] | None:
    """Return which of the two formats a file has by its brands, or None."""
    if data[4:8] != b"ftyp":
        return None
    length = min(int.from_bytes(data[:4], "big"), _MAX_BRANDS_BYTES, len(data))
    # The major brand, its version, and the compatible ones.
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, length, 4))]
    for brand in brands:
        if brand in _AVIF:
            return "avif"
        if brand in _HEIC:
            return "heic"
    return None


def is_sequence(data: bytes) -> bool:
    """Return whether an AVIF or a HEIC file has tracks of frames."""
    try:
        return any(name == b"moov" for name, _ in boxes(memoryview(data), MAX_BOXES))
    except (ValueError, struct.error):
        return False


def read_avif(data: bytes) -> ImageHeader:
    """Read an AVIF's boxes; the data are the whole file. The decoder does not turn the picture.

    Raises:
        InvalidImage: the boxes are damaged, or the picture is not one that is accepted.
        ProcessingFailed: the file ends early.
    """
    item = _read(data, b"av01", b"avif", "AVIF")
    if (cut := item.cut()) is None:
        return item.header(item.size, item.orientation)
    header = item.header(Size(cut.width, cut.height), item.orientation)
    return replace(header, cut=cut, coded=item.size)


def read_heic(data: bytes) -> ImageHeader:
    """Read a HEIC's boxes; the data are the whole file. The decoder cuts and turns the picture.

    Raises:
        InvalidImage: the boxes are damaged, or the picture is not one that is accepted.
        ProcessingFailed: the file ends early.
    """
    item = _read(data, b"hvc1", b"heic", "HEIC")
    cut = item.cut()
    if cut is None:
        return item.header(item.orientation.size(item.size), Orientation.UPRIGHT)
    upright = item.orientation.size(Size(cut.width, cut.height))
    return replace(item.header(upright, Orientation.UPRIGHT), uncut=item.size)


def shown_part(
    properties: Iterable[tuple[bytes, memoryview]], size: Size
) -> tuple[Box | None, Orientation]:
    """Return the part of a picture that is shown, and the orientation of the stored picture.

    Args:
        properties: kind and payload of its aperture, rotation and mirroring.
        size: as coded.

    Returns:
        The part, in pixels of the stored picture, or None for all of it; and the orientation.

    Raises:
        LookupError, ValueError, ZeroDivisionError, struct.error: a property is damaged.
    """
    item = _Item(b"", size)
    for name, body in properties:
        _apply(item, name, body)
    return item.cut(), item.orientation


class _Item(Struct):
    """Properties of the primary picture.

    Attributes:
        data: file with the picture and nothing else.
        size: as coded.
        aperture: width, height and the offsets of the centre of the part that is shown, as
            fractions; empty for the whole picture.
        turns: quarter turns to the left.
        axis: of the mirroring.
        profile: ICC profile.
        cicp: numbers of the primaries and of the transfer characteristics.
        alpha: whether the picture has an alpha channel.
        animated: whether the file has a track of frames.
    """

    data: bytes
    size: Size = field(default_factory=lambda: Size(0, 0))
    aperture: tuple[Fraction, ...] = ()
    turns: int = 0
    axis: int | None = None
    profile: bytes | None = None
    cicp: tuple[int, int] | None = None
    alpha: bool = False
    animated: bool = False

    @property
    def orientation(self) -> Orientation:
        """Orientation of the stored picture."""
        return _ORIENTATIONS[self.turns, self.axis]

    def cut(self) -> Box | None:
        """Return the part that is shown, or None for the whole picture."""
        if not self.aperture:
            return None
        across, down, right, low = self.aperture
        width, height = math.floor(across), math.floor(down)
        # ISO/IEC 14496-12, 12.1.4: the offsets are those of the centres.
        left = math.floor((self.size.width - across) / 2 + right)
        top = math.floor((self.size.height - down) / 2 + low)
        inside = left >= 0 and top >= 0 and width > 0 and height > 0
        if inside and left + width <= self.size.width and top + height <= self.size.height:
            return Box(left, top, width, height)
        return None

    def header(self, size: Size, orientation: Orientation) -> ImageHeader:
        """Return the properties as an image header."""
        return ImageHeader(
            self.data,
            size,
            # Neither codec has a bound: a bit can encode a block that equals the previous one.
            size.area,
            orientation,
            self.profile,
            self.alpha,
            warning=ANIMATED if self.animated else None,
            # The profile is the more exact description.
            cicp=None if self.profile else self.cicp,
        )


def _read(data: bytes, coded: bytes, brand: bytes, label: str) -> _Item:
    try:
        items = read_items(data)
        picture = find_picture(items, coded, label)
        check_coded_sizes(picture, label)
        item = _Item(write_picture(picture, brand, label), animated=items.animated)
        item.alpha = bool(picture.alphas)
        for name, body in items.properties_of(items.primary):
            _apply(item, name, body)
    except (LookupError, struct.error, ValueError, ZeroDivisionError) as error:
        raise InvalidImage(f"the {label} header is damaged") from error
    if item.size.area == 0:
        raise InvalidImage(f"the {label} header is damaged")
    return item


def _apply(item: _Item, name: bytes, body: memoryview) -> None:
    if name == b"ispe":
        item.size = Size(*struct.unpack_from(">II", body, 4))
    elif name == b"irot":
        item.turns = body[0] & 3
    elif name == b"imir":
        item.axis = body[0] & 1
    elif name == b"clap":
        numbers = struct.unpack_from(">IIIIiIiI", body)
        item.aperture = tuple(Fraction(*numbers[at : at + 2]) for at in range(0, 8, 2))
    elif name == b"colr" and bytes(body[:4]) in (b"prof", b"rICC"):
        item.profile = bytes(body[4:])
    elif name == b"colr" and bytes(body[:4]) == b"nclx":
        primaries, transfer = struct.unpack_from(">HH", body, 4)
        item.cicp = primaries, transfer
