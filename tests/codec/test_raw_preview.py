"""Camera raw: the largest preview of each family, and samples that LibRaw develops."""

import struct
import sys
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

from handler.codec import Limits, open_picture
from handler.core.geometry import Size
from handler.errors import InvalidImage, ProcessingFailed
from tests.codec.golden import psnr
from tests.further_files import Entry, dng, rgb, tiff_directory, to_light
from tests.pictures import encoded

LIMITS = Limits(50_000_000)
needs_rawpy = pytest.mark.skipif(find_spec("rawpy") is None, reason="needs the extra raw")
LARGE, SMALL = (96, 64), (30, 20)
SENSOR = Size(100, 70)


def jpeg(size: tuple[int, int] = LARGE, orientation: int = 1) -> bytes:
    return encoded(rgb(size), quality=95, orientation=orientation)


def shown(data: bytes) -> Image.Image:
    return open_picture(data, LIMITS).pixels(1).native().convert("RGB")


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
    raw: list[Entry] = [(256, 4, [SENSOR.width]), (257, 4, [SENSOR.height]), (262, 3, [32_803])]
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
    "rw2": rw2,
    "orf": orf,
    "x3f": x3f,
}


@pytest.mark.parametrize("family", [*FAMILIES, "raf"])
def test_the_preview_of_each_family_is_cropped(family: str) -> None:
    data = {**FAMILIES, "raf": raf}[family](jpeg())
    picture = open_picture(data, LIMITS)
    assert (picture.format.name, picture.format.output) == ("raw", "jpeg")
    assert picture.size == Size(*LARGE)
    assert psnr(np.asarray(shown(data)), np.asarray(rgb())) > 35


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_the_orientation_is_that_of_the_raw_file(family: str, orientation: int) -> None:
    turned = {
        3: Image.Transpose.ROTATE_180,
        6: Image.Transpose.ROTATE_270,
        8: Image.Transpose.ROTATE_90,
    }
    data = FAMILIES[family](jpeg(), orientation=orientation)
    expected = rgb().transpose(turned[orientation])
    assert open_picture(data, LIMITS).size == Size(*expected.size)
    assert psnr(np.asarray(shown(data)), np.asarray(expected)) > 35


def test_the_orientation_of_a_raf_is_that_of_its_jpeg() -> None:
    assert open_picture(raf(jpeg(orientation=6)), LIMITS).size == Size(64, 96)


@pytest.mark.parametrize(
    ("signature", "from_start"),
    [(b"OM SYSTEM\0\0\0II\4\0", False), (b"OLYMP\0\1\0", True)],
)
def test_the_preview_is_found_in_every_maker_note_of_olympus(
    signature: bytes, *, from_start: bool
) -> None:
    data = orf(jpeg(), signature=signature, from_start=from_start)
    assert open_picture(data, LIMITS).size == Size(*LARGE)


def test_a_preview_of_unknown_share_is_used_if_it_is_large() -> None:
    assert open_picture(cr2(jpeg((2000, 20))), LIMITS).size == Size(2000, 20)
    with pytest.raises(InvalidImage, match="camera raw"):
        open_picture(cr2(jpeg((1990, 20))), LIMITS)


@needs_rawpy
@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(("orientation", "size"), [(1, (96, 64)), (6, (64, 96)), (3, (96, 64))])
def test_samples_without_a_large_preview_are_developed(
    order: str, orientation: int, size: tuple[int, int]
) -> None:
    data = dng(rgb(), jpeg(SMALL), orientation=orientation, order=order)
    picture = open_picture(data, LIMITS)
    assert picture.size == Size(*size)
    image = shown(data)
    assert image.size == size
    # LibRaw brightens pictures until one pixel in a hundred is white.
    upright = {1: image, 6: image.rotate(90, expand=True), 3: image.rotate(180)}[orientation]
    ours, theirs = to_light(upright).ravel(), to_light(rgb()).ravel()
    dark = ours < 0.9
    assert np.corrcoef(ours[dark], theirs[dark])[0, 1] > 0.95


@needs_rawpy
@pytest.mark.parametrize(
    ("orientation", "transposition"),
    [
        (2, Image.Transpose.FLIP_LEFT_RIGHT),
        (4, Image.Transpose.FLIP_TOP_BOTTOM),
        (5, Image.Transpose.TRANSPOSE),
        (7, Image.Transpose.TRANSVERSE),
    ],
)
def test_mirrored_samples_are_turned_upright(
    orientation: int, transposition: Image.Transpose
) -> None:
    upright = shown(dng(rgb()))
    ours = shown(dng(rgb(), orientation=orientation))
    assert psnr(np.asarray(ours), np.asarray(upright.transpose(transposition))) > 60


@needs_rawpy
def test_samples_with_a_date_are_developed() -> None:
    """LibRaw converts the date, for which the C library looks for the time zone."""
    date = b"2026:11:28 10:20:30\0"
    assert open_picture(dng(rgb(), tags=[(306, 2, date)]), LIMITS).size == Size(96, 64)


@needs_rawpy
def test_half_of_the_pixels_are_developed_where_they_suffice() -> None:
    picture = open_picture(dng(rgb((301, 201))), LIMITS)
    assert picture.pixels(1.9).size == Size(301, 201) or picture.size == Size(300, 200)
    half = picture.pixels(2).size
    assert half == Size(-(-picture.size.width // 2), -(-picture.size.height // 2))
    assert picture.decoded_pixels(2) < picture.decoded_pixels(1) / 3


def test_the_compression_of_gopro_is_rejected_by_name() -> None:
    compressed = struct.pack("<HHII", 259, 3, 1, 9)
    data = dng(rgb()).replace(struct.pack("<HHII", 259, 3, 1, 1), compressed, 1)
    with pytest.raises(InvalidImage, match="GoPro"):
        open_picture(data, LIMITS)


@needs_rawpy
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_samples_that_are_cut_off_are_rejected(share: float) -> None:
    data = dng(rgb())
    with pytest.raises((InvalidImage, ProcessingFailed)):
        open_picture(data[: int(share * len(data))], LIMITS).pixels(1)


@needs_rawpy
def test_too_many_samples_are_rejected_before_they_are_developed() -> None:
    huge = struct.pack("<HHII", 256, 4, 1, 60_000) + struct.pack("<HHII", 257, 4, 1, 50_000)
    data = dng(rgb())
    place = data.index(struct.pack("<HHII", 256, 4, 1, 96))
    data = data[:place] + huge + data[place + 24 :]
    with pytest.raises((InvalidImage, ProcessingFailed)):
        open_picture(data, LIMITS)


def test_without_rawpy_a_file_without_a_large_preview_is_rejected_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    libraw = sys.modules["handler.codec.decoders.libraw"]
    monkeypatch.setattr(libraw, "find_spec", lambda _: None)
    assert open_picture(dng_with(jpeg()), LIMITS).size == Size(*LARGE)
    with pytest.raises(InvalidImage) as raised:
        open_picture(dng(rgb(), jpeg(SMALL)), LIMITS)
    assert raised.value.error == (
        "Invalid image: camera raw without a large preview is not supported by this build: "
        "send a JPEG"
    )


@pytest.mark.parametrize("family", [*FAMILIES, "raf"])
def test_damaged_tables_are_no_unexpected_error(family: str) -> None:
    data = {**FAMILIES, "raf": raf}[family](jpeg())
    rng = np.random.default_rng(2)
    head = len(data) - len(jpeg())
    for _ in range(4):
        damaged = bytearray(data)
        for place in rng.integers(12, max(13, head), 4):
            damaged[place] = int(rng.integers(0, 256))
        try:
            open_picture(bytes(damaged), LIMITS).pixels(1)
        except (InvalidImage, ProcessingFailed):
            continue
