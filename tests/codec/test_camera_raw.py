"""The recognition of camera raw, which is never cropped from its thumbnail."""

import struct
from contextlib import suppress

import pytest

from handler.codec import FORMATS, Limits, open_picture
from handler.codec.formats import recognise
from handler.errors import InvalidImage
from tests.pictures import encoded, photo

LIMITS = Limits(1_000_000)
MESSAGE = "camera raw"
Entry = tuple[int, int, int, int]


def directory(order: str, entries: list[Entry]) -> bytes:
    table = b"".join(
        struct.pack(f"{order}HHI", *entry[:3])
        + struct.pack(f"{order}{'H2x' if entry[1] == 3 else 'I'}", entry[3])
        for entry in sorted(entries)
    )
    return struct.pack(f"{order}H", len(entries)) + table + bytes(4)


def tiff(order: str, extra: list[Entry], *further: list[Entry]) -> bytes:
    """Return a TIFF with a thumbnail of 8 × 6 pixels, further entries, and further directories.

    In ``extra``, tag 330 refers to all further directories.
    """
    first = [(254, 4, 1, 1), (256, 3, 1, 8), (257, 3, 1, 6), (258, 3, 1, 8), (262, 3, 1, 1)]
    first += [(273, 4, 1, 8), (277, 3, 1, 1), (278, 3, 1, 6), (279, 4, 1, 48)]
    start = 8 + 48
    after = start + 2 + 12 * (len(first) + len(extra)) + 4
    blobs = [directory(order, entries) for entries in further]
    places = [after + 4 * len(blobs) + sum(map(len, blobs[:index])) for index in range(len(blobs))]
    listed = [
        (tag, kind, count, (places[0] if count == 1 else after) if tag == 330 else value)
        for tag, kind, count, value in extra
    ]
    signature = b"II*\0" if order == "<" else b"MM\0*"
    head = signature + struct.pack(f"{order}I", start) + bytes(range(48))
    table = struct.pack(f"{order}{len(places)}I", *places)
    return head + directory(order, first + listed) + table + b"".join(blobs)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("interpretation", [32_803, 34_892])
@pytest.mark.parametrize("others", [0, 2])
def test_a_thumbnail_with_the_samples_of_a_sensor_elsewhere_is_rejected(
    order: str, interpretation: int, others: int
) -> None:
    preview: list[list[Entry]] = [[(262, 3, 1, 6)]] * others
    data = tiff(order, [(330, 4, others + 1, 0)], *preview, [(262, 3, 1, interpretation)])
    with pytest.raises(InvalidImage, match=MESSAGE):
        open_picture(data, LIMITS)


@pytest.mark.parametrize("order", "<>")
def test_a_dng_is_rejected(order: str) -> None:
    with pytest.raises(InvalidImage, match=MESSAGE):
        open_picture(tiff(order, [(50_706, 1, 4, 1)]), LIMITS)


@pytest.mark.parametrize(
    "start",
    [
        *(b"FUJIFILMCCD-RAW 0201", b"IIRO\x08\0\0\0", b"IIU\0\x18\0\0\0", b"\0MRM", b"FOVb"),
        *(b"\0\0\0\x18ftypcrx ", b"II*\0\x10\0\0\0CR\2\0", b"II*\0\x10\0\0\0IIIITwaR"),
    ],
)
def test_other_kinds_are_rejected_by_their_first_bytes(start: bytes) -> None:
    assert recognise(start + bytes(100)) is FORMATS["raw"]
    with pytest.raises(InvalidImage, match=MESSAGE):
        open_picture(start + bytes(100), LIMITS)


def test_other_tiffs_are_decoded() -> None:
    pyramid = tiff("<", [(330, 4, 1, 0)], [(262, 3, 1, 1), (256, 3, 1, 4)])
    for data in (pyramid, encoded(photo(), "TIFF")):
        assert open_picture(data, LIMITS).pixels(1).size.area > 0


@pytest.mark.parametrize("length", range(8, 260, 7))
def test_a_file_that_is_cut_off_is_no_crash(length: int) -> None:
    data = tiff("<", [(330, 4, 2, 0)], [(262, 3, 1, 6)], [(262, 3, 1, 32_803)])
    with suppress(InvalidImage):  # other errors are raised
        open_picture(data[:length], LIMITS)
