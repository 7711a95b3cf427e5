"""Colours that a file describes by numbers: primaries, and transfers with HDR."""

import io
import struct

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageCms

from handler.codec import Limits, open_picture
from handler.codec.coding_points import _from_pq, _to_pq, profile_of
from handler.codec.colour import to_srgb
from handler.codec.headers.heif_items import read_items
from handler.codec.headers.heif_picture import find_picture
from handler.codec.headers.heif_writer import write_picture
from handler.core.geometry import Box
from tests.codec.test_png_key import chunk_after_header
from tests.pictures import encoded

LIMITS = Limits(100_000)
COLOURS = [(190, 50, 50), (40, 180, 90), (30, 60, 200), (200, 190, 170), (128, 128, 128)]
P3 = 12
BT709, BT2020 = 1, 9
SRGB, PQ, HLG = 13, 16, 18


def swatches() -> Image.Image:
    pixels = np.array(COLOURS, np.uint8)[np.newaxis].repeat(16, axis=0).repeat(16, axis=1)
    return Image.fromarray(pixels)


def converted(primaries: int, transfer: int, levels: list[int]) -> npt.NDArray[np.int_]:
    """Return grey levels of a file as sRGB levels."""
    profile = profile_of(primaries, transfer)
    assert profile is not None
    pixels = np.array(levels, np.uint8)[np.newaxis, :, np.newaxis].repeat(3, axis=2)
    image, warning = to_srgb(Image.fromarray(pixels), profile)
    assert warning is None
    found: npt.NDArray[np.int_] = np.asarray(image)[0].astype(int)
    return found


def linear(srgb: npt.NDArray[np.int_]) -> npt.NDArray[np.float64]:
    signal = srgb / 255
    return np.where(signal <= 0.04045, signal / 12.92, ((signal + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize("numbers", [(BT709, SRGB), (2, 2), (1, 1), (1, 6), (0, 0), (99, 99)])
def test_colours_of_srgb_need_no_profile(numbers: tuple[int, int]) -> None:
    assert profile_of(*numbers) is None


@pytest.mark.parametrize("primaries", [4, 5, 6, 7, 9, 11, 12])
def test_grey_stays_grey(primaries: int) -> None:
    levels = [0, 1, 40, 128, 200, 255]
    grey = converted(primaries, SRGB, levels)
    assert np.abs(grey - np.array(levels)[:, np.newaxis]).max() <= 1


def test_display_p3_is_converted_by_its_matrix() -> None:
    """Compare with the matrix of CSS Color 4 from linear Display P3 to linear sRGB."""
    matrix = np.array([[1.2249, -0.2249, 0], [-0.0421, 1.0421, 0], [-0.0196, -0.0786, 1.0983]])
    profile = profile_of(P3, SRGB)
    assert profile is not None
    image, _ = to_srgb(Image.fromarray(np.array([COLOURS], np.uint8)), profile)
    expected = (linear(np.array(COLOURS)) @ matrix.T).clip(0, 1)
    assert np.abs(linear(np.asarray(image)[0].astype(int)) - expected).max() < 0.02


def test_pq_is_that_of_the_standard() -> None:
    # ITU-R BT.2408, table 1: signals of luminances in cd/m².
    signals = _to_pq(np.array([0.0, 100.0, 203.0, 1000.0, 10_000.0]))
    assert np.abs(signals - [0, 0.508, 0.581, 0.752, 1]).max() < 0.001
    assert np.allclose(_from_pq(signals), [0, 100, 203, 1000, 10_000], atol=0.01)


@pytest.mark.parametrize("transfer", [PQ, HLG])
def test_hdr_is_tone_mapped(transfer: int) -> None:
    levels = list(range(0, 256, 5))
    grey = converted(BT2020, transfer, levels)
    assert (np.abs(np.diff(grey, axis=1)) <= 1).all()
    assert (np.diff(grey[:, 1]) >= 0).all()
    assert (grey[0], grey[-1, 1]) == (pytest.approx([0, 0, 0]), 255)


def test_middle_tones_of_pq_keep_their_luminance_and_white_is_bright() -> None:
    signals = [round(255 * float(_to_pq(np.array(nits)))) for nits in (10, 50, 203, 1000)]
    light = linear(converted(BT2020, PQ, signals))[:, 1]
    assert np.abs(light[:2] - np.array([10, 50]) / 203).max() < 0.01
    assert 0.7 < light[2] < 0.9
    assert light[3] == 1


def with_nclx(data: bytes, primaries: int, transfer: int) -> bytes:
    items = read_items(data)
    body = b"nclx" + struct.pack(">HHHB", primaries, transfer, 6, 0x80)
    for index, (name, _) in enumerate(items.properties):
        if name == b"colr":
            items.properties[index] = name, memoryview(body)
    return write_picture(find_picture(items, b"av01", "AVIF"), b"avif", "AVIF")


def colours(data: bytes) -> npt.NDArray[np.int_]:
    opened = open_picture(data, LIMITS)
    image = opened.pixels(1).crop(Box(0, 0, opened.size.width, opened.size.height))
    return np.asarray(image.convert("RGB"))[8, 8::16].astype(int)


def test_the_numbers_of_an_avif_are_applied() -> None:
    profile = profile_of(P3, SRGB)
    assert profile is not None
    data = encoded(swatches(), "AVIF", quality=100, subsampling="4:4:4")
    expected, _ = to_srgb(Image.fromarray(colours(data).astype(np.uint8)[np.newaxis]), profile)
    assert np.abs(colours(with_nclx(data, P3, SRGB)) - np.asarray(expected)[0]).max() <= 1
    assert np.abs(colours(with_nclx(data, BT709, SRGB)) - COLOURS).max() <= 4


def test_a_profile_of_an_avif_takes_precedence_over_the_numbers() -> None:
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = encoded(swatches(), "AVIF", quality=100, subsampling="4:4:4", icc_profile=srgb)
    header = open_picture(data, LIMITS)
    assert header.profile == srgb


@pytest.mark.parametrize("icc", [False, True])
def test_the_numbers_of_a_png_take_precedence_over_its_profile(icc: bool) -> None:
    options = {"icc_profile": profile_of(P3, SRGB)} if icc else {}
    target = io.BytesIO()
    swatches().save(target, "PNG", **options)
    for primaries, changed in ((P3, True), (BT709, False)):
        numbers = bytes((primaries, SRGB, 0, 1))
        data = chunk_after_header(target.getvalue(), b"cICP", numbers)
        assert (colours(data) == COLOURS).all() != changed


@pytest.mark.parametrize("body", [b"", b"\x0c\x0d\0", bytes((P3, SRGB, 6, 1))])
def test_other_numbers_of_a_png_are_ignored(body: bytes) -> None:
    data = chunk_after_header(encoded(swatches(), "PNG"), b"cICP", body)
    assert (colours(data) == COLOURS).all()
