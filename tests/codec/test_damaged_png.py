"""PNG files that were cut off."""

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from handler.codec import Limits, open_picture
from handler.codec.headers import png
from handler.core.geometry import Box
from handler.errors import ProcessingFailed
from tests.pictures import encoded

WARNING = "The PNG data have errors; parts of the picture may be wrong"
LIMITS = Limits(1_000_000)
# Noise at the end, so that bytes of the file are about rows of the picture.
HEIGHT = 600
KINDS: dict[str, dict[str, Any]] = {"RGB": {}, "RGBA": {}, "L": {}, "P": {}}


def picture(mode: str) -> Image.Image:
    noise = np.random.default_rng(1).integers(1, 256, (HEIGHT, 80, 4), np.uint8)
    return Image.fromarray(noise).convert("RGB").convert(mode)


def made(mode: str) -> bytes:
    return encoded(picture(mode), "PNG")


def read(data: bytes) -> tuple[Image.Image, list[str]]:
    opened = open_picture(data, LIMITS)
    image = opened.pixels(1).crop(Box(0, 0, opened.size.width, opened.size.height))
    return image.convert("RGB") if image.mode == "RGBX" else image, opened.warnings


def pixels_end(data: bytes) -> int:
    """Return the position after the last byte of the pixels."""
    return data.rindex(b"IEND") - 8


@pytest.mark.parametrize("mode", KINDS)
def test_a_whole_file_has_no_warning(mode: str) -> None:
    assert read(made(mode))[1] == []


@pytest.mark.parametrize("mode", KINDS)
@pytest.mark.parametrize("missing", [1, 4, 8, 12])
def test_a_file_that_lacks_only_its_end_is_decoded_with_a_warning(mode: str, missing: int) -> None:
    data = made(mode)
    image, warnings = read(data[:-missing])
    assert image.tobytes() == read(data)[0].tobytes()
    assert warnings == [WARNING]


@pytest.mark.parametrize("mode", KINDS)
def test_a_file_that_lacks_a_two_hundredth_of_its_rows_is_decoded_with_a_warning(mode: str) -> None:
    data = made(mode)
    end = pixels_end(data)
    kept = end - (end - data.index(b"IDAT")) * 2 // HEIGHT
    image, warnings = read(data[:kept])
    assert warnings == [WARNING]
    whole = np.asarray(read(data)[0])
    assert (np.asarray(image)[: HEIGHT - 3] == whole[: HEIGHT - 3]).all()


@pytest.mark.parametrize("mode", KINDS)
@pytest.mark.parametrize("rows", [6, 60, 300, 590])
@pytest.mark.parametrize("end", [b"", b"\0\0\0\0IEND\xaeB`\x82"])
def test_a_file_that_lacks_more_rows_is_rejected(mode: str, rows: int, end: bytes) -> None:
    data = made(mode)
    stop = pixels_end(data)
    kept = stop - (stop - data.index(b"IDAT")) * rows // HEIGHT
    with pytest.raises(ProcessingFailed):
        read(data[:kept] + end)


def interlaced() -> bytes:
    """Return a grey file of 64 × 512 pixels of noise, in seven passes."""
    rng, rows = np.random.default_rng(1), b""
    for left, top, across, down in png._ADAM7:
        for _ in range(top, 512, down):
            rows += b"\0" + rng.integers(1, 256, len(range(left, 64, across)), np.uint8).tobytes()
    header = struct.pack(">IIBBBBB", 64, 512, 8, 0, 0, 0, 1)
    return png.SIGNATURE + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 0))


def chunk(kind: bytes, body: bytes) -> bytes:
    checksum = zlib.crc32(kind + body)
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", checksum)


def test_rows_of_the_last_pass_are_counted() -> None:
    data = interlaced()
    around = 8  # the checksums of the stream and of the chunk
    for rows in (0, 1, 2):
        cut = data[: len(data) - around - 65 * rows]
        assert png.missing_rows(png.read(cut).data) == rows
        assert read(cut)[1] == [WARNING]
    for rows in (3, 255, 256, 257, 400):
        cut = data[: len(data) - around - 65 * rows]
        with pytest.raises(ProcessingFailed):
            read(cut)


def test_damaged_pixels_are_rejected_wherever_they_are() -> None:
    data = bytearray(made("P"))
    for place in (0.1, 0.5, 0.999):
        start, end = data.index(b"IDAT") + 4, pixels_end(bytes(data))
        damaged = data[start:end]
        damaged[int(len(damaged) * place)] ^= 0x55
        with pytest.raises(ProcessingFailed):
            read(bytes(data[: start - 8]) + chunk(b"IDAT", bytes(damaged)) + data[-12:])
