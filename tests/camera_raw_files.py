"""Camera raw files of each family, as small as their previews."""

import struct
from collections.abc import Callable

from handler.core.geometry import Size
from tests.further_files import Entry, dng, rgb, tiff_directory

LARGE = (96, 64)
"""The size of the preview, which some families write next to it."""
SENSOR = Size(100, 70)


def cr2(preview: bytes, *, orientation: int = 1) -> bytes:
    """Return a Canon CR2: the preview is the strip of the first directory."""
    first = 16
    entries = [(256, 3, [96]), (257, 3, [64]), (259, 3, [6]), (274, 3, [orientation])]
    place = first + len(tiff_directory("<", [*entries, (273, 4, [0]), (279, 4, [0])], first))
    entries += [(273, 4, [place]), (279, 4, [len(preview)])]
    head = b"II*\0" + struct.pack("<I", first) + b"CR\2\0" + bytes(4)
    return head + tiff_directory("<", entries, first) + preview


def nef(
    preview: bytes, order: str = ">", signature: bytes = b"MM\0*", orientation: int = 1
) -> bytes:
    """Return a Nikon NEF: a thumbnail, the preview, and the samples in further directories."""
    first = 8
    entries = [(254, 4, [1]), (256, 4, [16]), (257, 4, [10]), (262, 3, [2])]
    entries += [(274, 3, [orientation]), (330, 4, [0, 0])]
    second = first + len(tiff_directory(order, entries, first))
    inner = [(259, 3, [6]), (513, 4, [0]), (514, 4, [0])]
    third = second + len(tiff_directory(order, inner, second))
    raw = [(256, 4, [SENSOR.width]), (257, 4, [SENSOR.height]), (262, 3, [32_803])]
    place = third + len(tiff_directory(order, raw, third))
    entries[-1] = (330, 4, [second, third])
    inner = [(259, 3, [6]), (513, 4, [place]), (514, 4, [len(preview)])]
    parts = [
        signature + struct.pack(f"{order}I", first),
        tiff_directory(order, entries, first),
        tiff_directory(order, inner, second),
        tiff_directory(order, raw, third),
    ]
    return b"".join(parts) + preview


def arw(preview: bytes, orientation: int = 1) -> bytes:
    """Return a Sony ARW: the preview is in the first directory, or in the third of the chain."""
    return nef(preview, "<", b"II*\0", orientation)


def pef(preview: bytes, orientation: int = 1) -> bytes:
    """Return a Pentax PEF: the samples are in the first directory, the preview in the next."""
    first = 8
    raw = [(256, 4, [SENSOR.width]), (257, 4, [SENSOR.height]), (259, 3, [65_535])]
    raw += [(262, 3, [32_803]), (274, 3, [orientation])]
    second = first + len(tiff_directory(">", raw, first))
    inner = [(256, 4, [LARGE[0]]), (257, 4, [LARGE[1]]), (259, 3, [6]), (513, 4, [0])]
    inner += [(514, 4, [len(preview)])]
    place = second + len(tiff_directory(">", inner, second))
    inner[3] = (513, 4, [place])
    parts = tiff_directory(">", raw, first, second), tiff_directory(">", inner, second)
    return b"MM\0*" + struct.pack(">I", first) + b"".join(parts) + preview


def hasselblad(preview: bytes, orientation: int = 1) -> bytes:
    """Return a 3FR: a thumbnail without compression, the samples, and the preview as a strip."""
    first, order = 8, "<"
    thumbnail = [(254, 4, [1]), (256, 4, [16]), (257, 4, [10]), (259, 3, [1]), (262, 3, [2])]
    thumbnail += [(274, 3, [orientation]), (330, 4, [0, 0])]
    second = first + len(tiff_directory(order, thumbnail, first))
    raw = [(256, 4, [SENSOR.width]), (257, 4, [SENSOR.height]), (259, 3, [7]), (262, 3, [32_803])]
    third = second + len(tiff_directory(order, raw, second))
    inner = [(256, 4, [LARGE[0]]), (257, 4, [LARGE[1]]), (259, 3, [7]), (262, 3, [6])]
    inner += [(273, 4, [0]), (279, 4, [len(preview)])]
    place = third + len(tiff_directory(order, inner, third))
    inner[4], thumbnail[-1] = (273, 4, [place]), (330, 4, [second, third])
    parts = (
        tiff_directory(order, thumbnail, first),
        tiff_directory(order, raw, second),
        tiff_directory(order, inner, third),
    )
    return b"II*\0" + struct.pack("<I", first) + b"".join(parts) + preview


def srw(preview: bytes, orientation: int = 1) -> bytes:
    """Return a Samsung SRW: the samples have a pattern of filters, and no interpretation."""
    first = 8
    entries: list[Entry] = [(274, 3, [orientation]), (330, 4, [0, 0])]
    second = first + len(tiff_directory("<", entries, first))
    inner = [(254, 4, [0]), (513, 4, [0]), (514, 4, [0])]
    third = second + len(tiff_directory("<", inner, second))
    raw: list[Entry] = [(256, 4, [SENSOR.width]), (257, 4, [SENSOR.height]), (259, 3, [32_769])]
    raw += [(33_421, 3, [2, 2]), (33_422, 1, [1, 0, 2, 1])]
    place = third + len(tiff_directory("<", raw, third))
    entries[-1] = (330, 4, [second, third])
    inner = [(254, 4, [0]), (513, 4, [place]), (514, 4, [len(preview)])]
    parts = [
        tiff_directory("<", entries, first),
        tiff_directory("<", inner, second),
        tiff_directory("<", raw, third),
    ]
    return b"II*\0" + struct.pack("<I", first) + b"".join(parts) + preview


def iiq(preview: bytes, orientation: int = 1) -> bytes:
    """Return a Phase One IIQ: the size of the sensor is in a directory of its own."""
    sensor = ((0x108, SENSOR.width), (0x109, SENSOR.height))
    own = struct.pack("<II", len(sensor), 0)
    own += b"".join(struct.pack("<IIII", tag, 1, 4, value) for tag, value in sensor)
    private = b"IIIITwaR" + struct.pack("<I", 12) + own
    first = 8 + len(private)
    entries = [(256, 4, [LARGE[0]]), (257, 4, [LARGE[1]]), (259, 3, [7]), (274, 3, [orientation])]
    place = first + len(tiff_directory("<", [*entries, (273, 4, [0]), (279, 4, [0])], first))
    entries += [(273, 4, [place]), (279, 4, [len(preview)])]
    directory = tiff_directory("<", sorted(entries), first)
    return b"II*\0" + struct.pack("<I", first) + private + directory + preview


def rw2(preview: bytes, orientation: int = 1) -> bytes:
    """Return a Panasonic RW2: the preview is the value of a tag."""
    first = 8
    entries = [(2, 3, [SENSOR.width]), (3, 3, [SENSOR.height]), (274, 3, [orientation])]
    place = first + len(tiff_directory("<", [*entries, (46, 7, bytes(9))], first)) - 10
    table = tiff_directory("<", [*entries, (46, 4, [place])], first)
    count = table.index(struct.pack("<HHI", 46, 4, 1))
    table = table[:count] + struct.pack("<HHI", 46, 7, len(preview)) + table[count + 8 :]
    return b"IIU\0" + struct.pack("<I", first) + table + preview


def orf(
    preview: bytes,
    orientation: int = 1,
    signature: bytes = b"OLYMPUS\0II\3\0",
    *,
    from_start: bool = False,
) -> bytes:
    """Return an Olympus ORF: the place of the preview is in the maker note."""
    raw: list[Entry] = [(256, 4, [SENSOR.width]), (257, 4, [SENSOR.height]), (262, 3, [1])]
    raw += [(274, 3, [orientation]), (34_665, 4, [0])]
    exif = 8 + len(tiff_directory("<", raw, 8))
    raw[-1] = (34_665, 4, [exif])
    length = len(tiff_directory("<", [(37_500, 7, bytes(9))], exif)) - 10
    note = exif + length
    base = 0 if from_start else note
    settings = note + len(signature) + len(tiff_directory("<", [(0x2020, 13, [0])], 0))
    place = settings + len(tiff_directory("<", [(0x101, 4, [0]), (0x102, 4, [0])], 0))
    parts = [
        tiff_directory("<", raw, 8),
        tiff_directory("<", [(37_500, 4, [note])], exif).replace(
            struct.pack("<HHI", 37_500, 4, 1), struct.pack("<HHI", 37_500, 7, 900)
        ),
        signature + tiff_directory("<", [(0x2020, 13, [settings - base])], 0),
        tiff_directory("<", [(0x101, 4, [place - base]), (0x102, 4, [len(preview)])], 0),
    ]
    return b"IIRO" + struct.pack("<I", 8) + b"".join(parts) + preview


def crw(preview: bytes, orientation: int = 1) -> bytes:
    """Return a Canon CRW: the preview is a record of its heap."""
    rotation = {1: 0, 6: 90, 3: 180, 8: -90}[orientation]

    def heap(*records: tuple[int, bytes]) -> bytes:
        body, table = b"", struct.pack("<H", len(records))
        for tag, value in records:
            table += struct.pack("<HII", tag, len(value), len(body))
            body += value
        return body + table + struct.pack("<I", len(body))

    spec = struct.pack("<IIfiIII", SENSOR.width, SENSOR.height, 1, rotation, 8, 24, 1)
    inner = heap((0x180E, bytes(12)), (0x1810, spec))
    start = b"II" + struct.pack("<I", 26) + b"HEAPCCDR" + bytes(12)
    return start + heap((0x2005, bytes(64)), (0x2007, preview), (0x300A, inner))


def raf(preview: bytes, orientation: int = 1) -> bytes:
    """Return a Fujifilm RAF, whose orientation is that of its JPEG."""
    record = struct.pack(">IHHHH", 1, 0x100, 4, SENSOR.height, SENSOR.width)
    place = 160
    head = b"FUJIFILMCCD-RAW 0201".ljust(84, b"\0")
    head += struct.pack(">IIII", place + len(record), len(preview), place, len(record))
    return head.ljust(place, b"\0") + record + preview


def x3f(preview: bytes, orientation: int = 1) -> bytes:
    """Return a Sigma X3F."""
    rotation = {1: 0, 6: 90, 3: 180, 8: 270}[orientation]
    head = b"FOVb" + bytes(24) + struct.pack("<III", SENSOR.width, SENSOR.height, rotation)
    picture = struct.pack("<4sIIIIII", b"SECi", 0, 2, 18, *LARGE, 0) + preview
    entry = struct.pack("<II4s", len(head), len(picture), b"IMA2")
    directory = struct.pack("<4sII", b"SECd", 0, 1) + entry
    return head + picture + directory + struct.pack("<I", len(head) + len(picture))


def box(kind: bytes, *parts: bytes) -> bytes:
    return struct.pack(">I4s", 8 + sum(map(len, parts)), kind) + b"".join(parts)


def cr3(preview: bytes, orientation: int = 1) -> bytes:
    """Return a Canon CR3: the preview is the first sample of a track."""
    first = b"II*\0" + struct.pack("<I", 8) + tiff_directory("<", [(274, 3, [orientation])], 8)
    metadata = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48") + box(b"CMT1", first)

    def track(size: Size, length: int, place: int) -> bytes:
        entry = bytes(24) + struct.pack(">HH", size.width, size.height) + bytes(50)
        table = box(
            b"stbl",
            box(b"stsd", bytes(4), struct.pack(">I", 1), box(b"CRAW", entry)),
            box(b"stsz", bytes(4), struct.pack(">III", 0, 1, length)),
            box(b"co64", bytes(4), struct.pack(">IQ", 1, place)),
        )
        return box(b"trak", box(b"mdia", box(b"minf", table)))

    start = box(b"ftyp", b"crx \0\0\0\1crx isom")

    def moov(place: int) -> bytes:
        tracks = track(Size(*LARGE), len(preview), place), track(SENSOR, 9, place)
        return box(b"moov", box(b"uuid", metadata), *tracks)

    place = len(start) + len(moov(0)) + 8
    return start + moov(place) + box(b"mdat", preview)


def dng_with(preview: bytes, orientation: int = 1) -> bytes:
    return dng(rgb(), preview, orientation=orientation)


FAMILIES: dict[str, Callable[..., bytes]] = {
    "dng": dng_with,
    "cr3": cr3,
    "crw": crw,
    "nef": nef,
    "arw": arw,
    "srw": srw,
    "pef": pef,
    "3fr": hasselblad,
    "iiq": iiq,
    "rw2": rw2,
    "orf": orf,
    "x3f": x3f,
}
"""Functions that return the file around a preview of the size `LARGE`, by family. That of Fujifilm,
`raf`, has no orientation of its own."""
