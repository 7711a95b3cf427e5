"""BMP with run-length encoding, exact to the pixel."""

import struct
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from handler.codec import Limits, open_picture
from handler.core.geometry import Box
from handler.errors import ProcessingFailed

LIMITS = Limits(1_000_000)
PALETTE = np.random.default_rng(1).integers(0, 256, (256, 3), np.uint8)
END = b"\0\1"
Indices = npt.NDArray[np.int_]


def bmp(size: tuple[int, int], codes: bytes, bits: int, *, used: int = 0) -> bytes:
    """Return a file with RLE8 or RLE4 codes."""
    colours = used or 1 << bits
    entries = b"".join(bytes((*PALETTE[index][::-1], 0)) for index in range(colours))
    compression = 1 if bits == 8 else 2
    info = struct.pack("<IiiHHIIiiII", 40, *size, 1, bits, compression, len(codes), 0, 0, used, 0)
    start = 14 + len(info) + len(entries)
    return struct.pack("<2sIHHI", b"BM", start + len(codes), 0, 0, start) + info + entries + codes


def row_codes(row: list[int], bits: int, cuts: list[int]) -> bytes:
    """Return codes for a row, which is cut into pieces at some columns.

    A piece of one colour is a run, or in RLE4 one of two colours in turns. A piece of None is
    skipped by a move. Another piece is written pixel by pixel if it has three pixels or more.
    """
    codes = b""
    edges = sorted({0, len(row), *(cut % (len(row) + 1) for cut in cuts)})
    for start, end in pairwise(edges):
        piece = row[start:end]
        period = 1 if bits == 8 else 2
        if all(piece[i] == piece[i % period] for i in range(len(piece))):
            second = piece[1] if len(piece) > 1 else 0
            codes += bytes((len(piece), piece[0] if bits == 8 else piece[0] << 4 | second))
        elif len(piece) > 2:
            body = piece if bits == 8 else nibbles(piece)
            codes += bytes((0, len(piece), *body)) + b"\0" * (len(body) % 2)
        else:
            codes += b"".join(bytes((1, each if bits == 8 else each << 4)) for each in piece)
    return codes + b"\0\0"


def nibbles(piece: list[int]) -> list[int]:
    padded = [*piece, 0]
    return [padded[i] << 4 | padded[i + 1] for i in range(0, len(piece), 2)]


def read(data: bytes) -> npt.NDArray[np.uint8]:
    opened = open_picture(data, LIMITS)
    size = opened.size
    image = opened.pixels(1).crop(Box(0, 0, size.width, size.height))
    assert opened.format.output == "png"
    return np.asarray(image)


@pytest.mark.parametrize("bits", [8, 4])
@given(
    width=st.integers(1, 40),
    height=st.integers(1, 6),
    seed=st.integers(0, 1000),
    cuts=st.lists(st.integers(0, 40), max_size=9),
)
def test_runs_and_single_pixels_are_decoded(
    bits: int, width: int, height: int, seed: int, cuts: list[int]
) -> None:
    rng = np.random.default_rng(seed)
    indices = rng.integers(0, 1 << bits, (height, width))
    indices[:, width // 2 :] = indices[:, width // 2 : width // 2 + 1]
    codes = b"".join(row_codes(row.tolist(), bits, cuts) for row in indices[::-1])
    image = read(bmp((width, height), codes + END, bits))
    assert (image[..., :3] == PALETTE[indices]).all()


@pytest.mark.parametrize("bits", [8, 4])
def test_pixels_that_a_move_skips_are_transparent(bits: int) -> None:
    codes = b"\x02\x11" + b"\0\2\x03\x01" + b"\x02\x11" + END
    image = read(bmp((8, 3), codes, bits))
    drawn = np.zeros((3, 8), bool)
    drawn[2, :2] = drawn[1, 5:7] = True
    assert (image[..., 3] == 255 * drawn).all()
    assert (image[drawn][:, :3] == PALETTE[17 if bits == 8 else 1]).all()


def test_rows_that_end_early_are_transparent_at_the_end() -> None:
    image = read(bmp((5, 2), b"\x03\x01\0\0\x05\x02" + END, 8))
    assert image[1, :, 3].tolist() == [255, 255, 255, 0, 0]
    assert image[0, :, 3].tolist() == [255] * 5


def test_pixels_beyond_the_right_edge_are_dropped() -> None:
    image = read(bmp((3, 2), b"\x09\x01\0\0\x03\x02" + END, 8))
    assert (image[1, :, :3] == PALETTE[1]).all()
    assert (image[0, :, :3] == PALETTE[2]).all()


def test_a_palette_of_some_colours_is_read() -> None:
    image = read(bmp((2, 1), b"\x01\x00\x01\x02" + END, 8, used=3))
    assert (image[0, :, :3] == PALETTE[[0, 2]]).all()


def test_a_file_without_its_end_is_decoded_with_a_warning() -> None:
    opened = open_picture(bmp((4, 1), b"\x04\x01", 8), LIMITS)
    opened.pixels(1)
    assert opened.warnings == ["The BMP data have errors; parts of the picture may be wrong"]


def test_a_file_that_lacks_rows_is_rejected() -> None:
    codes = b"\x04\x01\0\0" * 100
    with pytest.raises(ProcessingFailed):
        read(bmp((4, 200), codes, 8))
