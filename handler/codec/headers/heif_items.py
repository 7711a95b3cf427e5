"""Items of a HEIF file: their types, properties, references and data (ISO/IEC 14496-12, 8.11)."""

from collections import defaultdict

from msgspec import Struct, field

from handler.codec.headers.boxes import boxes
from handler.codec.headers.heif_tracks import first_frames

# A burst of photographs with grids has some thousands of items, properties and associations.
MAX_BOXES = 20_000
"""Most boxes of one level."""
_MAX_ENTRIES = 100_000
# References to the items that are parts of a picture: tiles, auxiliary pictures, and the alpha
# channel by which the colours are multiplied.
_REFERENCES = (b"dimg", b"auxl", b"prem")
# Construction methods of `iloc`: offsets into the file, or into the box `idat`.
_IN_FILE, _IN_BOX = 0, 1


class _Location(Struct, frozen=True):
    """A place of an item's data: construction method, data reference, and extents."""

    method: int
    reference: int
    extents: tuple[tuple[int, int], ...]


class Items(Struct):
    """Items of a file, as its boxes list them; nothing of them is checked.

    Attributes:
        primary: number of the primary item.
        types: type of each item.
        protected: numbers of the encrypted items.
        properties: kind and payload of each property.
        associations: for each item, numbers of its properties, from 1, and whether a reader that
            does not know the property must reject the item.
        references: for each kind of reference and item, the items that it refers to.
        animated: whether the file has a track of frames.
    """

    primary: int = 0
    types: dict[int, bytes] = field(default_factory=dict)
    protected: set[int] = field(default_factory=set)
    properties: list[tuple[bytes, memoryview]] = field(default_factory=list)
    associations: dict[int, list[tuple[int, bool]]] = field(default_factory=dict)
    references: dict[tuple[bytes, int], list[int]] = field(
        default_factory=lambda: defaultdict(list)
    )
    animated: bool = False
    _locations: dict[int, _Location] = field(default_factory=dict)
    _sources: dict[int, memoryview] = field(default_factory=dict)
    _entries: int = 0

    @property
    def length(self) -> int:
        """Length of the file, in bytes."""
        return len(self._sources[_IN_FILE])

    def properties_of(self, item: int) -> list[tuple[bytes, memoryview]]:
        """Return kind and payload of an item's properties, in the order of their application."""
        return [self.properties[index - 1] for index, _ in self.associations[item] if index]

    def data_of(self, item: int) -> list[memoryview]:
        """Return the pieces of an item's data.

        Raises:
            EOFError: the file ends before them.
            ValueError: they are in another file, or constructed from other items.
        """
        location = self._locations[item]
        source = self._sources.get(location.method)
        if location.reference or source is None:
            raise ValueError("the data are not in this file")
        if any(start + length > len(source) for start, length in location.extents):
            raise EOFError
        return [source[start : start + length] for start, length in location.extents]


class _Cursor:
    """A position in a box.

    Attributes:
        position: offset of the next number, in bytes.
    """

    def __init__(self, items: Items, body: memoryview, position: int = 4) -> None:
        self._items, self._body, self.position = items, body, position

    def number(self, length: int) -> int:
        """Return the next number, of so many bytes."""
        start, self.position = self.position, self.position + length
        if self.position > len(self._body):
            raise ValueError("a box ends early")
        return int.from_bytes(self._body[start : self.position], "big")

    def times(self, count: int) -> range:
        """Return a loop over entries, whose number in a file is limited."""
        self._items._entries += count
        if self._items._entries > _MAX_ENTRIES:
            raise ValueError("there are too many entries")
        return range(count)


def read_items(data: bytes) -> Items:
    """Read the items of a file.

    Raises:
        LookupError: a box is missing.
        ValueError, struct.error: a box is damaged, or there are too many.
    """
    file = memoryview(data)
    tops = dict(boxes(file, MAX_BOXES))
    if b"meta" not in tops and b"moov" in tops:
        return _items_of_tracks(file, tops[b"moov"])
    meta = dict(boxes(tops[b"meta"][4:], MAX_BOXES))
    described = list(boxes(meta[b"iprp"], MAX_BOXES))
    items = Items(animated=b"moov" in tops)
    items._sources[_IN_FILE] = file
    if b"idat" in meta:
        items._sources[_IN_BOX] = meta[b"idat"]
    items.primary = _Cursor(items, meta[b"pitm"]).number(4 if meta[b"pitm"][0] else 2)
    items.properties = list(boxes(dict(described)[b"ipco"], MAX_BOXES))
    for kind, body in described:
        if kind == b"ipma":
            _read_associations(items, body)
    _read_types(items, meta[b"iinf"])
    _read_locations(items, meta[b"iloc"])
    if b"iref" in meta:
        _read_references(items, meta[b"iref"])
    return items


def _items_of_tracks(file: memoryview, movie: memoryview) -> Items:
    """Return the first frames of a sequence as items: the picture, and what is auxiliary to it."""
    items = Items(animated=True)
    items._sources[_IN_FILE] = file
    # The tracks of auxiliary pictures belong to the first other track.
    frames = sorted(first_frames(movie), key=lambda frame: frame.is_auxiliary)
    if not frames or frames[0].is_auxiliary:
        raise ValueError("there is no track of pictures")
    items.primary = 1
    for item, frame in enumerate(frames, 1):
        start = len(items.properties)
        items.types[item] = frame.kind
        items.properties += frame.properties
        items.associations[item] = [
            (start + number, True) for number in range(1, 1 + len(frame.properties))
        ]
        extents = ((frame.start, frame.length),)
        items._locations[item] = _Location(_IN_FILE, 0, extents)
        if frame.is_auxiliary:
            items.references[b"auxl", item].append(1)
    return items


def _read_associations(items: Items, body: memoryview) -> None:
    cursor = _Cursor(items, body)
    wide_item, wide_property = body[0] > 0, body[3] & 1
    most = len(items.properties)
    for _ in cursor.times(cursor.number(4)):
        item = cursor.number(4 if wide_item else 2)
        found = []
        for _ in cursor.times(cursor.number(1)):
            entry = cursor.number(2 if wide_property else 1)
            bit = 15 if wide_property else 7
            found.append((entry & ~(1 << bit), bool(entry >> bit)))
        items.associations.setdefault(item, [one for one in found if 0 < one[0] <= most])


def _read_types(items: Items, body: memoryview) -> None:
    start = 4 + (4 if body[0] else 2)
    for kind, entry in boxes(body[start:], MAX_BOXES):
        if kind != b"infe" or entry[0] not in (2, 3):
            continue
        cursor = _Cursor(items, entry)
        item = cursor.number(4 if entry[0] == 3 else 2)
        if cursor.number(2):
            items.protected.add(item)
        items.types.setdefault(item, bytes(entry[cursor.position : cursor.position + 4]))


def _read_locations(items: Items, body: memoryview) -> None:
    version = body[0]
    cursor = _Cursor(items, body)
    sizes = cursor.number(2)
    offset, length, base, index = (sizes >> shift & 15 for shift in (12, 8, 4, 0))
    for _ in cursor.times(cursor.number(4 if version == 2 else 2)):
        item = cursor.number(4 if version == 2 else 2)
        method = cursor.number(2) & 15 if version else _IN_FILE
        reference = cursor.number(2)
        start = cursor.number(base)
        extents = []
        for _ in cursor.times(cursor.number(2)):
            cursor.number(index if version else 0)
            extents.append((start + cursor.number(offset), cursor.number(length)))
        items._locations.setdefault(item, _Location(method, reference, tuple(extents)))


def _read_references(items: Items, body: memoryview) -> None:
    size = 4 if body[0] else 2
    for kind, entry in boxes(body[4:], MAX_BOXES):
        if kind in _REFERENCES:
            cursor = _Cursor(items, entry, 0)
            item = cursor.number(size)
            to = [cursor.number(size) for _ in cursor.times(cursor.number(2))]
            items.references[kind, item] += to
