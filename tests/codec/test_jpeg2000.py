"""JPEG 2000 files with palettes."""

import struct
from collections.abc import Sequence

import numpy as np
import pytest
from PIL import Image

from handler.codec import Limits, open_picture
from handler.core.geometry import Box
from handler.errors import InvalidImage, SmartCropError
from tests.pictures import encoded

LIMITS = Limits(1_000_000)
INDICES = np.random.default_rng(1).integers(0, 6, (40, 50), np.uint8)
# The first two colours are equal.
COLOURS = [(250, 10, 20), (250, 10, 20), (0, 128, 255), (7, 8, 9), (255, 255, 255), (0, 0, 0)]


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(body), kind) + body


def jp2(
    entries: Sequence[tuple[int, ...]],
    *,
    mapping: list[tuple[int, int, int]] | None = None,
    meanings: list[tuple[int, int, int]] | None = None,
    depth: int = 8,
) -> bytes:
    """Return a file whose samples are numbers of colours of a palette."""
    codestream = encoded(Image.fromarray(INDICES), "JPEG2000", no_jp2=True)
    columns = len(entries[0])
    palette = struct.pack(">HB", len(entries), columns) + bytes([depth - 1] * columns)
    palette += b"".join(map(bytes, entries))
    mapping = mapping or [(0, 1, column) for column in range(columns)]
    header = box(b"ihdr", struct.pack(">IIHBBBB", *INDICES.shape, 1, 7, 7, 0, 0))
    header += box(b"colr", struct.pack(">BBBI", 1, 0, 0, 16)) + box(b"pclr", palette)
    header += box(b"cmap", b"".join(struct.pack(">HBB", *each) for each in mapping))
    if meanings:
        definitions = b"".join(struct.pack(">HHH", *each) for each in meanings)
        header += box(b"cdef", struct.pack(">H", len(meanings)) + definitions)
    start = box(b"jP  ", b"\r\n\x87\n") + box(b"ftyp", b"jp2 \0\0\0\0jp2 ")
    return start + box(b"jp2h", header) + box(b"jp2c", codestream)


def read(data: bytes) -> np.ndarray:
    opened = open_picture(data, LIMITS)
    image = opened.pixels(1).crop(Box(0, 0, opened.size.width, opened.size.height))
    return np.asarray(image)


def test_a_palette_is_applied() -> None:
    assert (read(jp2(COLOURS)) == np.array(COLOURS)[INDICES]).all()


def test_numbers_beyond_the_palette_are_its_last_colour() -> None:
    assert (read(jp2(COLOURS[:3])) == np.array(COLOURS[:3])[np.minimum(INDICES, 2)]).all()


def test_columns_are_mapped_to_channels() -> None:
    swapped = jp2(COLOURS, mapping=[(0, 1, 2), (0, 1, 1), (0, 1, 0)])
    assert (read(swapped) == np.array(COLOURS)[INDICES][..., ::-1]).all()


def test_a_column_may_be_alpha() -> None:
    entries = [(*colour, 40 * index) for index, colour in enumerate(COLOURS)]
    meanings = [(0, 0, 1), (1, 0, 2), (2, 0, 3), (3, 1, 0)]
    assert (read(jp2(entries, meanings=meanings)) == np.array(entries)[INDICES]).all()


def test_a_palette_may_be_grey_of_few_bits() -> None:
    image = read(jp2([(0,), (1,), (2,), (3,), (0,), (3,)], depth=2))
    assert (image == np.array([0, 85, 170, 255, 0, 255])[INDICES][..., np.newaxis]).all()


@pytest.mark.parametrize(
    "meanings", [[(0, 1, 0), (1, 0, 2), (2, 0, 3)], [(0, 0, 1), (1, 0, 2), (2, 0, 3), (3, 0, 0)]]
)
def test_columns_of_other_meanings_are_rejected(meanings: list[tuple[int, int, int]]) -> None:
    entries = [(*colour, 9)[: len(meanings)] for colour in COLOURS]
    with pytest.raises(InvalidImage, match="JPEG 2000 palette"):
        open_picture(jp2(entries, meanings=meanings), LIMITS)


@pytest.mark.parametrize("length", range(0, 60, 3))
def test_a_palette_that_is_cut_off_is_rejected(length: int) -> None:
    data = jp2(COLOURS)
    at = data.index(b"pclr") - 4
    (whole,) = struct.unpack_from(">I", data, at)
    cut = struct.pack(">I", max(8, whole - length - 1)) + data[at + 4 : at + whole - length - 1]
    with pytest.raises(SmartCropError):
        read(data[:at] + cut + data[at + whole :])
