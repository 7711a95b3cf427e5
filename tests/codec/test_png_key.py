"""PNG with one transparent colour, of every depth."""

import struct
import zlib
from collections.abc import Sequence

import numpy as np
import pytest

from handler.codec import Limits, open_picture
from handler.core.geometry import Box
from tests.hostile import builders

LIMITS = Limits(1_000_000)


def png(depth: int, colour: int, levels: Sequence[tuple[int, ...]], key: tuple[int, ...]) -> bytes:
    """Return a file of one row."""
    bits = "".join(format(level, f"0{depth}b") for pixel in levels for level in pixel)
    bits += "0" * (-len(bits) % 8)
    row = b"\0" + int(bits, 2).to_bytes(len(bits) // 8, "big")
    chunks = [
        builders.png_header(len(levels), 1, depth, colour),
        builders.png_chunk(b"tRNS", struct.pack(f">{len(key)}H", *key)),
        builders.png_chunk(b"IDAT", zlib.compress(row)),
    ]
    return builders.png(*chunks)


def chunk_after_header(data: bytes, kind: bytes, body: bytes) -> bytes:
    """Return a PNG with a further chunk."""
    end = len(builders.PNG_SIGNATURE) + len(builders.png_header(1, 1))
    return data[:end] + builders.png_chunk(kind, body) + data[end:]


def alpha(data: bytes) -> list[int]:
    opened = open_picture(data, LIMITS)
    image = opened.pixels(1).crop(Box(0, 0, opened.size.width, 1))
    assert opened.alpha
    return [int(each) for each in np.asarray(image)[0, :, 3]]


@pytest.mark.parametrize("depth", [1, 2, 4, 8, 16])
def test_grey_is_transparent_at_one_level(depth: int) -> None:
    most = (1 << depth) - 1
    for key in {0, 1, most // 2, most}:
        levels = sorted({0, 1, most // 2, max(0, most - 1), most})
        expected = [0 if level == key else 255 for level in levels]
        assert alpha(png(depth, 0, [(level,) for level in levels], (key,))) == expected


@pytest.mark.parametrize("depth", [8, 16])
def test_colours_are_transparent_at_one_colour(depth: int) -> None:
    most = (1 << depth) - 1
    colours = [(most, 2, 3), (most - 1, 2, 3), (most, 2, 4), (3, 2, most)]
    assert alpha(png(depth, 2, colours, (most, 2, 3))) == [0, 255, 255, 255]


def test_the_upper_bits_of_a_deep_colour_are_kept() -> None:
    data = png(16, 2, [(0x12FF, 0x3400, 0x56AB), (1, 2, 3)], (1, 2, 3))
    image = open_picture(data, LIMITS).pixels(1).crop(Box(0, 0, 2, 1))
    assert np.asarray(image)[0].tolist() == [[0x12, 0x34, 0x56, 255], [0, 0, 0, 0]]
