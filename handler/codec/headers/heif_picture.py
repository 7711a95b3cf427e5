"""The primary picture of a HEIF file: the items that it consists of, checked and copied.

libheif reads the properties, and for some types the data, of every item of a file, also of those
that no picture needs; most of its advisories are in items, properties and tracks that photographs
do not have. So the decoders do not receive the file. They receive a new one with the primary
picture alone: its tiles, its alpha channels, and the properties in a list below. Everything else
may be in the file, and is ignored: gain maps (`tmap`), depth maps, previews, EXIF and XMP,
further photographs, sequences.
"""

import struct

from msgspec import Struct, field

from handler.codec.headers.heif_items import Items
from handler.codec.headers.hevc import BLOCK, coded_sizes
from handler.core.geometry import Size
from handler.errors import InvalidImage, ProcessingFailed

GRID = b"grid"
_ALPHA = (b"urn:mpeg:hevc:2015:auxid:1", b"urn:mpeg:mpegB:cicp:systems:auxiliary:alpha")
_LONGEST = max(len(name) for name in _ALPHA) + 1
# Types of items, in people's words.
_TYPES = {
    b"grid": "a grid of pictures",
    b"iden": "a copy of another picture",
    b"iovl": "an overlay of pictures",
    b"tmap": "a tone-mapped picture",
    b"tili": "a tiled picture",
    b"unci": "an uncompressed picture",
    b"mski": "a mask",
    b"jpeg": "a JPEG",
    b"j2k1": "a JPEG 2000",
    b"av01": "an AV1 picture",
    b"avc1": "an H.264 picture",
    b"hvc1": "an H.265 picture",
    b"lhv1": "a layered H.265 picture",
    b"vvc1": "an H.266 picture",
    b"Exif": "EXIF metadata",
    b"mime": "metadata",
}
# Properties that the decoders need: sizes, samples, colours, the configuration of the codec,
# auxiliary types, orientation and cut, and AV1's operating point and layers.
_PROPERTIES = frozenset((b"ispe", b"pixi", b"pasp", b"colr", b"hvcC", b"av1C", b"auxC"))
_PROPERTIES |= frozenset((b"irot", b"imir", b"clap", b"a1op", b"a1lx", b"lsel"))
# A picture may have a colour profile and a description of the colours by numbers.
_REPEATED = frozenset((b"colr",))
_GRID_BYTES = 12
_CONFIGURATION = {b"hvc1": b"hvcC", b"av01": b"av1C"}
# libheif accepts this many items in a file. A photograph of 200 megapixels has 800.
_MAX_PARTS = 1_000
# Tiles extend over the picture's right and lower edge. They may have as many pixels outside it.
_MAX_OUTSIDE = 1 << 24


class PrimaryPicture(Struct):
    """The items of the primary picture.

    Attributes:
        items: of the file.
        numbers: items that the picture consists of; the first is the primary item.
        tiles: for each grid, its tiles from left to right and from top to bottom.
        alphas: for each item that has one, its alpha channel.
    """

    items: Items
    numbers: list[int] = field(default_factory=list)
    tiles: dict[int, list[int]] = field(default_factory=dict)
    alphas: dict[int, int] = field(default_factory=dict)

    def properties_of(self, item: int) -> list[tuple[int, bool]]:
        """Return the numbers of an item's kept properties, and whether each is required."""
        return [
            (index, required)
            for index, required in self.items.associations[item]
            if self.items.properties[index - 1][0] in _PROPERTIES
        ]


def find_picture(items: Items, coded: bytes, label: str) -> PrimaryPicture:
    """Return the items of the primary picture.

    Args:
        items: of the file.
        coded: type of the items with coded pixels.
        label: name of the format in error messages.

    Raises:
        InvalidImage: the picture has another type, or parts that do not fit.
        ProcessingFailed: the data of a grid are incomplete.
        LookupError, ValueError, struct.error: the boxes are damaged.
    """
    return _Finder(items, coded, label).find()


class _Finder:
    """The search for the items of a picture, with what it has found."""

    def __init__(self, items: Items, coded: bytes, label: str) -> None:
        self.items, self.coded, self.label = items, coded, label
        self.picture = PrimaryPicture(items)
        self.seen: set[int] = set()
        self.alphas: dict[int, list[int]] = {}
        for (kind, item), masters in items.references.items():
            if kind == b"auxl" and self._is_alpha(item):
                for master in masters:
                    self.alphas.setdefault(master, []).append(item)

    def find(self) -> PrimaryPicture:
        primary = self.items.primary
        self._add_picture(primary, "a picture")
        for item in (primary, *self.picture.tiles.get(primary, ())):
            self._add_alpha(item)
        return self.picture

    def _is_alpha(self, item: int) -> bool:
        return any(
            kind == b"auxC" and is_alpha(body) for kind, body in self.items.properties_of(item)
        )

    def _add_alpha(self, master: int) -> None:
        found = self.alphas.get(master, [])
        if not found:
            return
        if len(found) > 1:
            raise self._invalid(f"expected at most one alpha channel, received {len(found)}")
        (alpha,) = found
        self._add_picture(alpha, "an alpha channel")
        size, alpha_size = size_of(self.items, master), size_of(self.items, alpha)
        if size != alpha_size:
            raise self._invalid(
                f"expected an alpha channel of {_in_words(size)} pixels, "
                f"received {_in_words(alpha_size)}"
            )
        self.picture.alphas[master] = alpha

    def _add_picture(self, item: int, role: str) -> None:
        self._add(item, role, (self.coded, GRID))
        if self.items.types[item] == GRID:
            tiles = self.items.references[b"dimg", item]
            for tile in tiles:
                self._add(tile, "a tile", (self.coded,))
            self._check_grid(item, tiles)
            self.picture.tiles[item] = tiles

    def _add(self, item: int, role: str, accepted: tuple[bytes, ...]) -> None:
        kind = self.items.types[item]
        if kind not in accepted:
            named = " or ".join(one.decode() for one in accepted)
            raise self._invalid(f"expected {role} of type {named}, received {_named(kind)}")
        if item in self.items.protected:
            raise self._invalid("encrypted pictures are not supported")
        if item in self.seen:
            raise self._invalid("a part of the picture is used twice")
        self._check_properties(item, kind)
        self.seen.add(item)
        self.picture.numbers.append(item)
        if len(self.picture.numbers) > _MAX_PARTS:
            raise self._invalid(f"expected at most {_MAX_PARTS:,} parts, received more")

    def _check_properties(self, item: int, kind: bytes) -> None:
        seen: set[bytes] = set()
        for index, required in self.items.associations[item]:
            name = self.items.properties[index - 1][0]
            if name not in _PROPERTIES:
                if required:
                    raise self._invalid(f"the property {_name(name)} is not supported")
                continue
            if name in seen and name not in _REPEATED:
                raise self._invalid(f"expected one property {_name(name)}, received several")
            seen.add(name)
        if kind in _CONFIGURATION and _CONFIGURATION[kind] not in seen:
            raise ValueError("the codec's configuration is missing")

    def _check_grid(self, grid: int, tiles: list[int]) -> None:
        rows, columns, size = self._read_grid(grid)
        if len(tiles) != rows * columns:
            raise self._invalid(
                f"expected {rows * columns:,} tiles in {rows} × {columns}, received {len(tiles):,}"
            )
        if size != size_of(self.items, grid):
            raise self._invalid("the grid differs in size from the picture")
        tile, *others = (size_of(self.items, one) for one in tiles)
        if any(other != tile for other in others):
            raise self._invalid("expected tiles of one size, received several sizes")
        covered = Size(tile.width * columns, tile.height * rows)
        fits = covered.width - tile.width < size.width <= covered.width
        fits &= covered.height - tile.height < size.height <= covered.height
        if not fits or covered.area > size.area + max(size.area, _MAX_OUTSIDE):
            raise self._invalid(
                f"expected a grid of {_in_words(size)} pixels, "
                f"received {rows} × {columns} tiles of {_in_words(tile)}"
            )

    def _read_grid(self, grid: int) -> tuple[int, int, Size]:
        """Return the numbers of rows and columns, and the size (ISO/IEC 23008-12, 6.6.2.3.2)."""
        pieces = data_of(self.items, grid, self.label)
        if sum(len(piece) for piece in pieces) > _GRID_BYTES:
            raise ValueError("the grid is too long")
        body = b"".join(pieces)
        version, flags, rows, columns = struct.unpack_from(">BBBB", body)
        sizes = ">II" if flags & 1 else ">HH"
        if version or len(body) != 4 + struct.calcsize(sizes):
            raise ValueError("the grid is damaged")
        return rows + 1, columns + 1, Size(*struct.unpack_from(sizes, body, 4))

    def _invalid(self, reason: str) -> InvalidImage:
        return InvalidImage(f"{self.label}: {reason}")


def is_alpha(body: memoryview) -> bool:
    """Return whether the auxiliary type in a box `auxC` or `auxi` is alpha."""
    # The type ends with a zero, which subtypes may follow.
    return bytes(body[4 : 4 + _LONGEST]).partition(b"\0")[0] in _ALPHA


def check_coded_sizes(picture: PrimaryPicture, label: str) -> None:
    """Check that no H.265 picture is coded larger than its size, up to whole blocks.

    libheif before 1.23.5 allocates the size in the coded data (GHSA-v8qw-hwjv-44hw).

    Raises:
        InvalidImage: one is.
        ProcessingFailed: the file ends before its data.
        LookupError, ValueError: the coded data are damaged.
    """
    items = picture.items
    for item in picture.numbers:
        if items.types[item] == b"hvc1":
            size = size_of(items, item)
            configuration = dict(items.properties_of(item))[b"hvcC"]
            for coded in coded_sizes(configuration, b"".join(data_of(items, item, label))):
                outside = coded.width - size.width, coded.height - size.height
                if max(outside) > BLOCK:
                    raise InvalidImage(
                        f"{label}: expected a coded picture of {_in_words(size)} pixels, "
                        f"received {_in_words(coded)}"
                    )


def data_of(items: Items, item: int, label: str) -> list[memoryview]:
    """Return the pieces of an item's data.

    Raises:
        ProcessingFailed: the file ends before them.
        ValueError: they are in another file, or constructed from other items.
    """
    try:
        return items.data_of(item)
    except EOFError as error:
        raise ProcessingFailed(f"The {label} data are incomplete") from error


def size_of(items: Items, item: int) -> Size:
    """Return an item's size as coded; without a size it is damaged.

    Raises:
        LookupError, struct.error: it has no size, or half of one.
    """
    return Size(*struct.unpack_from(">II", dict(items.properties_of(item))[b"ispe"], 4))


def _named(kind: bytes) -> str:
    return f"{_name(kind)} ({_TYPES[kind]})" if kind in _TYPES else _name(kind)


def _name(kind: bytes) -> str:
    return kind.decode("ascii", "replace") if kind.isalnum() else "an unknown one"


def _in_words(size: Size) -> str:
    return f"{size.width:,} × {size.height:,}"
