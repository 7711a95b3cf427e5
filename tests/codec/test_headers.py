"""Image headers, read byte by byte."""

from typing import Any

import pytest
from msgspec.structs import replace

from handler.codec.decoders import libwebp
from handler.codec.headers import heif, jxl, webp
from handler.core.geometry import Size
from handler.errors import InvalidImage
from tests.codec import samples
from tests.pictures import encoded, gradient


@pytest.mark.parametrize(
    ("side", "selector", "bits"), [(512, 0, 9), (8192, 1, 13), (262_144, 2, 18), (2**30, 3, 30)]
)
def test_the_size_of_a_jpeg_xl_is_read_bit_by_bit(side: int, selector: int, bits: int) -> None:
    # Not small; the height; a ratio of 1:1; all defaults.
    fields = [(0, 1), (selector, 2), (side - 1, bits), (1, 3), (1, 1)]
    value = position = 0
    for field, length in fields:
        value |= field << position
        position += length
    contents = jxl.read(b"\xff\x0a" + value.to_bytes(8, "little"))
    assert contents.size == Size(side, side)


@pytest.mark.parametrize("size", [(8, 8), (256, 8), (300, 451), (1920, 1080), (1234, 567)])
def test_the_size_of_a_jpeg_xl_is_that_of_the_encoder(size: tuple[int, int]) -> None:
    assert jxl.read(samples.jxl(gradient(*size))).size == Size(*size)


@pytest.mark.parametrize(
    ("brands", "expected"),
    [
        (b"avif\0\0\0\0mif1miaf", "avif"),
        (b"avis\0\0\0\0avifmsf1", "avif"),
        (b"mif1\0\0\0\0mif1avif", "avif"),
        (b"heic\0\0\0\0mif1heic", "heic"),
        (b"mif1\0\0\0\0mif1heic", "heic"),
        (b"msf1\0\0\0\0hevc", "heic"),
        (b"isom\0\0\0\0isommp41", None),
        (b"mif1\0\0\0\0miaf", None),
    ],
)
def test_brands_decide_the_codec(brands: bytes, expected: str | None) -> None:
    box = (8 + len(brands)).to_bytes(4, "big") + b"ftyp" + brands
    assert heif.kind(box + bytes(40)) == expected


@pytest.mark.parametrize("extended", [False, True])
@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_a_webp_has_alpha_where_its_image_has(mode: str, lossless: bool, extended: bool) -> None:
    image = gradient(30, 20).convert(mode)
    if mode == "RGBA":
        image.putalpha(100)
    options: dict[str, Any] = {"icc_profile": b"a profile"} if extended else {}
    data = encoded(image, "WEBP", lossless=lossless, **options)
    assert webp.read(data).alpha is (mode == "RGBA")


def test_a_lossless_webp_has_alpha_by_its_image_and_not_by_the_flag_of_the_file() -> None:
    data = bytearray(encoded(gradient(30, 20), "WEBP", lossless=True, icc_profile=b"a profile"))
    data[20] |= 0x10
    header = webp.read(bytes(data))
    assert not header.alpha
    assert libwebp.decode(header, 1).image.mode == "RGBX"


def test_a_webp_header_that_libwebp_reads_otherwise_is_rejected() -> None:
    header = webp.read(encoded(gradient(30, 20), "WEBP"))
    with pytest.raises(InvalidImage):
        libwebp.check_header(replace(header, size=Size(20, 30)))
