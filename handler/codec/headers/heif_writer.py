"""Writer of HEIF files with one picture, for the decoders."""

import struct

from handler.codec.headers.heif_items import Items
from handler.codec.headers.heif_picture import PrimaryPicture, data_of

_HIDDEN = 1


def write_picture(picture: PrimaryPicture, brand: bytes, label: str) -> bytes:
    """Return a file with the items of a picture, numbered from 1, and nothing else.

    Args:
        picture: the picture.
        brand: of the format.
        label: name of the format in error messages.

    Raises:
        ProcessingFailed: the file ends before the data of an item.
        ValueError: the data of an item are not in the file, or are used several times.
    """
    items = picture.items
    pieces = [data_of(items, item, label) for item in picture.numbers]
    lengths = [sum(len(piece) for piece in each) for each in pieces]
    if sum(lengths) > items.length:
        raise ValueError("the data of items overlap")
    numbers = {item: number for number, item in enumerate(picture.numbers, 1)}
    start = _box(b"ftyp", brand + bytes(4) + b"mif1miaf" + brand)
    before = _full(b"hdlr", bytes(4) + b"pict" + bytes(13)) + _full(b"pitm", _short(1))
    after = _types(picture) + _references(picture, numbers) + _properties(picture)
    # The offsets do not change the length.
    data_at = len(start) + len(_full(b"meta", before + _locations(lengths, 0) + after)) + 8
    meta = _full(b"meta", before + _locations(lengths, data_at) + after)
    body = b"".join(piece for each in pieces for piece in each)
    return start + meta + _box(b"mdat", body)


def _types(picture: PrimaryPicture) -> bytes:
    entries = [
        # All but the primary item are hidden, or libheif lists them as further pictures.
        _full(
            b"infe",
            _short(number) + _short(0) + picture.items.types[item] + b"\0",
            version=2,
            flags=0 if number == 1 else _HIDDEN,
        )
        for number, item in enumerate(picture.numbers, 1)
    ]
    return _full(b"iinf", _short(len(entries)) + b"".join(entries))


def _references(picture: PrimaryPicture, numbers: dict[int, int]) -> bytes:
    found = [(b"dimg", grid, tiles) for grid, tiles in picture.tiles.items()]
    for master, alpha in picture.alphas.items():
        found.append((b"auxl", alpha, [master]))
        if alpha in picture.items.references[b"prem", master]:
            found.append((b"prem", master, [alpha]))
    written = [
        _box(kind, _short(numbers[item], len(to), *(numbers[one] for one in to)))
        for kind, item, to in found
    ]
    return _full(b"iref", b"".join(written)) if written else b""


def _properties(picture: PrimaryPicture) -> bytes:
    items = picture.items
    numbers: dict[int, int] = {}
    entries = []
    for number, item in enumerate(picture.numbers, 1):
        found = picture.properties_of(item)
        entry = struct.pack(">HB", number, len(found))
        for index, required in found:
            new = numbers.setdefault(index, len(numbers) + 1)
            entry += _short(new | required << 15)
        entries.append(entry)
    kept = b"".join(_copied(items, index) for index in numbers)
    associations = struct.pack(">I", len(entries)) + b"".join(entries)
    return _box(b"iprp", _box(b"ipco", kept) + _full(b"ipma", associations, flags=1))


def _copied(items: Items, index: int) -> bytes:
    kind, body = items.properties[index - 1]
    return _box(kind, bytes(body))


def _locations(lengths: list[int], start: int) -> bytes:
    # Offsets and lengths of four bytes, and no base offset.
    body = _short(0x4400, len(lengths))
    for number, length in enumerate(lengths, 1):
        body += struct.pack(">HHHII", number, 0, 1, start, length)
        start += length
    return _full(b"iloc", body)


def _short(*numbers: int) -> bytes:
    return struct.pack(f">{len(numbers)}H", *numbers)


def _full(kind: bytes, body: bytes, version: int = 0, flags: int = 0) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags) + body)


def _box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body
