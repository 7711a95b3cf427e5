"""Kinds of TIFF that some readers do not know: BigTIFF, and YCbCr that is not JPEG."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from handler.codec import Limits, open_picture
from tests.codec.test_libjpeg_turbo import psnr
from tests.pictures import encoded, photo

LIMITS = Limits(1_000_000)
_DEFLATE = 8


def read(data: bytes) -> Image.Image:
    return open_picture(data, LIMITS).pixels(1).native().convert("RGB")


def ycbcr(image: Image.Image, across: int, down: int, compression: int, extra: int = 0) -> bytes:
    """Return a TIFF of YCbCr with fewer samples of colour.

    Args:
        image: mode RGB.
        across: number of pixels in a row that share a sample of colour.
        down: number of rows that do.
        compression: 1 for none, or 8 for deflate.
        extra: type of the field for black and white; 0 to omit it.
    """
    width, height = image.width // across * across, image.height // down * down
    pixels = np.asarray(image.crop((0, 0, width, height)).convert("YCbCr")).astype(float)
    blocks = pixels.reshape(height // down, down, width // across, across, 3).swapaxes(1, 2)
    light = blocks[..., 0].reshape(height // down, width // across, down * across)
    colours = blocks[..., 1:].mean(axis=(2, 3))
    samples = np.concatenate([light, colours], axis=2).round().astype(np.uint8).tobytes()
    body = zlib.compress(samples) if compression == _DEFLATE else samples
    body += bytes(len(body) % 2)
    start = 8 + len(body)
    black_and_white = [(532, extra, 6, 0)] if extra else []
    entries = [(256, 4, 1, width), (257, 4, 1, height), (258, 3, 3, 0), (259, 3, 1, compression)]
    entries += [(262, 3, 1, 6), (273, 4, 1, 8), (277, 3, 1, 3), (278, 4, 1, height)]
    entries += [(279, 4, 1, len(body)), (530, 3, 2, across | down << 16), *black_and_white]
    end = start + 2 + 12 * len(entries) + 4
    table = b"".join(
        struct.pack("<HHII", *entry[:3], {258: end, 532: end + 6}.get(entry[0], entry[3]))
        for entry in entries
    )
    values = struct.pack("<3H6I", 8, 8, 8, 0, 255, 128, 255, 128, 255)
    head = b"II*\0" + struct.pack("<I", start)
    return head + body + struct.pack("<H", len(entries)) + table + bytes(4) + values


@pytest.mark.parametrize("compression", [1, _DEFLATE])
@pytest.mark.parametrize(("across", "down"), [(1, 1), (2, 1), (2, 2), (4, 2)])
def test_ycbcr_is_decoded(compression: int, across: int, down: int) -> None:
    image = read(ycbcr(photo(), across, down, compression))
    assert psnr(image, photo().crop((0, 0, *image.size))) > 38


def test_ycbcr_with_lzw_is_decoded() -> None:
    data = encoded(photo().convert("YCbCr"), "TIFF", compression="tiff_lzw")
    assert psnr(read(data), photo()) > 38


def test_black_and_white_of_another_type_are_ignored() -> None:
    image = read(ycbcr(photo(), 2, 2, _DEFLATE, extra=4))
    assert psnr(image, photo().crop((0, 0, *image.size))) > 38


def test_ycbcr_that_ends_early_is_rejected() -> None:
    data = ycbcr(photo(), 2, 2, 1)
    cut = bytearray(data)
    at = data.index(struct.pack("<HHI", 279, 4, 1))
    struct.pack_into("<I", cut, at + 8, len(data))
    with pytest.raises(Exception, match="TIFF data are incomplete"):
        read(bytes(cut))


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "1"])
def test_bigtiff_is_decoded(mode: str) -> None:
    image = photo().convert(mode)
    files = []
    for big_tiff in (False, True):
        target = io.BytesIO()
        image.save(target, "TIFF", big_tiff=big_tiff)
        files.append(target.getvalue())
    assert files[1].startswith(b"II+\0")
    assert read(files[1]).tobytes() == read(files[0]).tobytes()


def big(order: str) -> bytes:
    """Return a BigTIFF of 4 × 3 grey pixels with offsets of 64 bits, and a further directory."""
    entries = [(256, 4, 1, 4), (257, 4, 1, 3), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
    entries += [(273, 16, 1, 16), (277, 3, 1, 1), (278, 16, 1, 3), (279, 16, 1, 12)]
    table = b"".join(
        struct.pack(f"{order}HHQ", *entry[:3])
        + struct.pack(order + {3: "H6x", 4: "I4x", 16: "Q"}[entry[1]], entry[3])
        for entry in entries
    )
    directory = struct.pack(f"{order}Q", len(entries)) + table
    signature = b"II" if order == "<" else b"MM"
    start = 16 + 12
    head = signature + struct.pack(f"{order}HHHQ", 43, 8, 0, start) + bytes(range(12))
    return head + directory + struct.pack(f"{order}Q", start) + directory + bytes(8)


@pytest.mark.parametrize("order", "<>")
def test_offsets_of_64_bits_are_read(order: str) -> None:
    picture = open_picture(big(order), LIMITS)
    assert picture.pixels(1).native().tobytes() == bytes(range(12))
    assert picture.warnings == ["The file has several pages; the first one was cropped"]


@pytest.mark.parametrize("length", range(4, 140, 5))
def test_a_bigtiff_that_is_cut_off_is_rejected(length: int) -> None:
    with pytest.raises(Exception, match=r"TIFF|too short"):
        read(big("<")[:length])
