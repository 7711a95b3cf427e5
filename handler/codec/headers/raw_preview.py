"""The largest JPEG in a camera raw file, and the size of the raw picture.

Most kinds are TIFF files by another signature. The others have tables of their own: Fujifilm RAF,
Sigma X3F, Canon CRW, and Canon CR3, whose boxes are those of ISO media files.
"""

import struct
from contextlib import suppress

from msgspec import Struct, field
from msgspec.structs import replace

from handler.codec.headers import canon_heap, jpeg, olympus_note, phase_one
from handler.codec.headers.boxes import boxes
from handler.codec.headers.header import ImageHeader
from handler.codec.headers.jpeg import JpegHeader
from handler.core.geometry import Orientation, Size
from handler.errors import InvalidImage

_RAF, _X3F, _CR3, _CRW = b"FUJIFILMCCD-RAW", b"FOVb", b"ftypcrx ", b"HEAPCCDR"
_ORDERS = {b"II": "<", b"MM": ">"}
_MAX_DIRECTORIES, _MAX_ENTRIES, _MAX_VALUES = 40, 1000, 64
_MAX_PREVIEWS = 20
_BYTES = {1: 1, 3: 2, 4: 4, 7: 1, 13: 4}
_CODES = {1: "B", 3: "H", 4: "I", 7: "B", 13: "I"}
# Tags of TIFF.
_WIDTH, _LENGTH, _COMPRESSION, _INTERPRETATION, _OFFSETS, _ORIENTATION = (
    256,
    257,
    259,
    262,
    273,
    274,
)
_LENGTHS, _SUBDIRECTORIES, _JPEG_OFFSET, _JPEG_LENGTH, _EXIF = 279, 330, 513, 514, 34_665
_MAKER_NOTE, _PATTERN = 37_500, 33_422
# Tags of Panasonic: the size of the sensor, and a JPEG.
_SENSOR_WIDTH, _SENSOR_LENGTH, _PANASONIC_JPEG = 2, 3, 46
_PANASONIC = b"IIU\0"
# Olympus' first directory is that of the sensor, and names other interpretations.
_OLYMPUS = (b"IIRO", b"IIRS", b"MMOR")
_READ = frozenset(
    (
        *(_WIDTH, _LENGTH, _COMPRESSION, _INTERPRETATION, _OFFSETS, _ORIENTATION, _LENGTHS),
        *(_SUBDIRECTORIES, _JPEG_OFFSET, _JPEG_LENGTH, _EXIF, _PATTERN),
    )
)
# GoPro's compression of samples (SMPTE VC-5), which LibRaw does not read.
_VC5 = 9
# Compressions that are JPEG, and interpretations of a sensor's samples.
_JPEGS, _OF_A_SENSOR = (6, 7, 99), (32_803, 34_892)
_JPEG_START = b"\xff\xd8\xff"
# Offsets in a RAF: of the JPEG with its length, and of the table with the size.
_RAF_JPEG, _RAF_TABLE, _RAF_SIZE = 84, 92, 0x100
_MAX_RECORDS = 500
# X3F: size and rotation, entries of the directory, and the header of a picture, whose kind 18 is
# JPEG.
_X3F_SIZE = struct.Struct("<28xIII")
_X3F_ENTRY, _X3F_PICTURE = struct.Struct("<II4s"), struct.Struct("<4sIIIII4x")
_X3F_JPEG = 18
_ROTATIONS = {
    90: Orientation.TURN_RIGHT,
    180: Orientation.HALF_TURN,
    270: Orientation.TURN_LEFT,
}
_MAX_BOXES = 1000
_CR3_INSIDE = frozenset((b"moov", b"trak", b"mdia", b"minf", b"stbl"))
_CR3_METADATA = bytes.fromhex("85c0b687820f11e08111f4ce462b6a48")
_HALF = 2
# Longer side of a preview that is used where the size of the raw picture is not known.
_LARGE = 2000


class RawHeader(ImageHeader, frozen=True):
    """The header of a camera raw file.

    Attributes:
        preview: the JPEG to decode instead of the samples of the sensor; None if the file has none
            of at least half the side.
    """

    preview: JpegHeader | None = None


class _Found(Struct):
    """The findings in a file.

    Attributes:
        sizes: of pictures of the sensor, in pixels.
        places: offset and length of each JPEG.
        orientation: by the file's own tag; None if it has none.
        compressions: numbers of the compressions of the sensor's samples.
    """

    sizes: list[Size] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    orientation: Orientation | None = None
    compressions: set[int] = field(default_factory=set)


def read(data: bytes) -> RawHeader:
    """Find the preview of a file that `camera_raw.is_camera_raw` accepts.

    Returns:
        The header. Without a preview, its size is the one of the sensor, or 0 if it is not known.

    Raises:
        InvalidImage: no library reads the samples of the sensor, and there is no preview.
    """
    found = _Found()
    # A damaged table hides what it refers to. LibRaw may find it.
    with suppress(struct.error, ValueError):
        if data.startswith(_RAF):
            _read_raf(data, found)
        elif data.startswith(_X3F):
            _read_x3f(data, found)
        elif data.startswith(_CR3, 4):
            _read_cr3(data, found)
        elif data.startswith(_CRW, 6):
            _read_crw(data, found)
        elif data[:2] in _ORDERS:
            _read_tiff(data, found)
            sensor = phase_one.find_size(data)
            found.sizes += [sensor] if sensor else []
    preview = _largest(data, found)
    side = max((max(size.width, size.height) for size in found.sizes), default=0)
    size = max(found.sizes, key=lambda each: each.area, default=Size(0, 0))
    orientation = found.orientation or Orientation.UPRIGHT
    if preview is not None:
        least = side / _HALF if side else _LARGE
        if max(preview.size.width, preview.size.height) < least:
            preview = None
        elif found.orientation is not None:
            preview = replace(preview, orientation=found.orientation)
    if preview is None and _VC5 in found.compressions:
        raise InvalidImage("camera raw with GoPro's compression is not supported: send a JPEG")
    return RawHeader(data, size, size.area, orientation, preview=preview)


def _largest(data: bytes, found: _Found) -> JpegHeader | None:
    largest: JpegHeader | None = None
    for offset, length in found.places[:_MAX_PREVIEWS]:
        preview = data[offset : offset + length]
        if not preview.startswith(_JPEG_START):
            continue
        try:
            header = jpeg.read(preview)
        except InvalidImage:
            continue
        if header.lossless:  # the samples of the sensor, in Canon's files
            width = header.size.width * header.components
            found.sizes.append(Size(width, header.size.height))
        elif largest is None or header.size.area > largest.size.area:
            largest = header
    return largest


def _read_tiff(data: bytes, found: _Found) -> None:
    order = _ORDERS[data[:2]]
    (start,) = struct.unpack_from(f"{order}I", data, 4)
    waiting, seen = [start], set[int]()
    while waiting and len(seen) < _MAX_DIRECTORIES:
        place = waiting.pop(0)
        if place in seen or not 0 < place < len(data) - 2:
            continue
        seen.add(place)
        values, following = _directory(data, order, place)
        waiting += [*values.get(_SUBDIRECTORIES, ()), *values.get(_EXIF, ()), following]
        _note_directory(values, found, is_raw=len(seen) == 1 and data.startswith(_OLYMPUS))
        if len(seen) == 1 and data.startswith(_PANASONIC):
            _note_panasonic(values, found)
        if _MAKER_NOTE in values:
            with suppress(struct.error):
                preview = olympus_note.find_preview(data, values[_MAKER_NOTE][0], order)
                found.places += [preview] if preview else []


def _note_directory(values: dict[int, tuple[int, ...]], found: _Found, *, is_raw: bool) -> None:
    def one(tag: int) -> int:
        return values.get(tag, (0,))[0]

    if found.orientation is None and 1 <= one(_ORIENTATION) <= len(Orientation):
        found.orientation = Orientation(one(_ORIENTATION))
    is_raw = is_raw or one(_INTERPRETATION) in _OF_A_SENSOR or _PATTERN in values
    if is_raw and one(_WIDTH) and one(_LENGTH):
        found.sizes.append(Size(one(_WIDTH), one(_LENGTH)))
        found.compressions.add(one(_COMPRESSION))
    if one(_JPEG_OFFSET):
        found.places.append((one(_JPEG_OFFSET), one(_JPEG_LENGTH)))
    if one(_COMPRESSION) in _JPEGS and len(values.get(_OFFSETS, ())) == 1:
        found.places.append((one(_OFFSETS), one(_LENGTHS)))


def _note_panasonic(values: dict[int, tuple[int, ...]], found: _Found) -> None:
    if _SENSOR_WIDTH in values and _SENSOR_LENGTH in values:
        found.sizes.append(Size(values[_SENSOR_WIDTH][0], values[_SENSOR_LENGTH][0]))
    if _PANASONIC_JPEG in values:
        offset, length = values[_PANASONIC_JPEG]
        found.places.append((offset, length))


def _directory(data: bytes, order: str, start: int) -> tuple[dict[int, tuple[int, ...]], int]:
    """Return the whole numbers of a directory by their tags, and the place of the next one."""
    (count,) = struct.unpack_from(f"{order}H", data, start)
    values: dict[int, tuple[int, ...]] = {}
    count = min(count, _MAX_ENTRIES)
    panasonic = data.startswith(_PANASONIC)
    for index in range(count):
        place = start + 2 + 12 * index
        tag, kind, number, offset = struct.unpack_from(f"{order}HHII", data, place)
        if panasonic and tag == _PANASONIC_JPEG:
            values[tag] = (offset, number)
        elif tag == _MAKER_NOTE:
            values[tag] = (offset,)
        elif kind in _CODES and (tag in _READ or (panasonic and tag in (2, 3))):
            number = min(number, _MAX_VALUES)
            at = place + 8 if number * _BYTES[kind] <= 4 else offset
            if number and at + number * _BYTES[kind] <= len(data):
                values[tag] = struct.unpack_from(f"{order}{number}{_CODES[kind]}", data, at)
    following = start + 2 + 12 * count
    if following + 4 > len(data):
        return values, 0
    return values, int(struct.unpack_from(f"{order}I", data, following)[0])


def _read_raf(data: bytes, found: _Found) -> None:
    found.places.append(struct.unpack_from(">II", data, _RAF_JPEG))
    (table,) = struct.unpack_from(">I", data, _RAF_TABLE)
    (count,) = struct.unpack_from(">I", data, table)
    position = table + 4
    for _ in range(min(count, _MAX_RECORDS)):
        tag, length = struct.unpack_from(">HH", data, position)
        if tag == _RAF_SIZE:
            height, width = struct.unpack_from(">HH", data, position + 4)
            found.sizes.append(Size(width, height))
        position += 4 + length


def _read_x3f(data: bytes, found: _Found) -> None:
    width, height, rotation = _X3F_SIZE.unpack_from(data)
    found.sizes.append(Size(width, height))
    found.orientation = _ROTATIONS.get(rotation, Orientation.UPRIGHT)
    (table,) = struct.unpack_from("<I", data, len(data) - 4)
    (count,) = struct.unpack_from("<8xI", data, table)
    for index in range(min(count, _MAX_RECORDS)):
        offset, length, kind = _X3F_ENTRY.unpack_from(data, table + 12 + 12 * index)
        if kind.startswith(b"IMA"):
            _, _, _, coding, _, _ = _X3F_PICTURE.unpack_from(data, offset)
            if coding == _X3F_JPEG:
                start = offset + _X3F_PICTURE.size
                found.places.append((start, length - _X3F_PICTURE.size))


def _read_crw(data: bytes, found: _Found) -> None:
    heap = canon_heap.read(data)
    if heap.size is not None:
        found.sizes.append(heap.size)
    found.places += heap.places
    found.orientation = _ROTATIONS.get(heap.rotation, Orientation.UPRIGHT)


def _read_cr3(data: bytes, found: _Found) -> None:
    length, place = 0, 0
    for kind, payload in boxes(memoryview(data), _MAX_BOXES, _CR3_INSIDE):
        if kind == b"uuid" and bytes(payload[:16]) == _CR3_METADATA:
            for inner, content in boxes(payload[16:], _MAX_BOXES):
                if inner == b"CMT1":
                    _read_cr3_directory(bytes(content), found)
        elif kind == b"stsd":
            # The size in the first entry, of video.
            width, height = struct.unpack_from(">HH", payload, 8 + 8 + 24)
            if bytes(payload[12:16]) == b"CRAW":
                found.sizes.append(Size(width, height))
        elif kind == b"stsz":
            (length,) = struct.unpack_from(">I", payload, 4)
            if not length:
                (length,) = struct.unpack_from(">I", payload, 12)
        elif kind in (b"co64", b"stco"):
            (place,) = struct.unpack_from(">Q" if kind == b"co64" else ">I", payload, 8)
            found.places.append((place, length))


def _read_cr3_directory(data: bytes, found: _Found) -> None:
    if data[:2] not in _ORDERS:
        return
    inner = _Found()
    _read_tiff(data, inner)
    found.orientation = inner.orientation
