"""Camera raw: the largest preview of each family, and samples that LibRaw develops."""

import struct
import sys
from importlib.util import find_spec

import numpy as np
import pytest
from PIL import Image

from handler.codec import Limits, open_picture
from handler.core.geometry import Size
from handler.errors import InvalidImage, ProcessingFailed
from tests.camera_raw_files import FAMILIES, LARGE, cr2, dng_with, orf, raf
from tests.codec.golden import psnr
from tests.further_files import dng, rgb, to_light
from tests.pictures import encoded

LIMITS = Limits(50_000_000)
needs_rawpy = pytest.mark.skipif(find_spec("rawpy") is None, reason="needs the extra raw")
SMALL = (30, 20)


def jpeg(size: tuple[int, int] = LARGE, orientation: int = 1) -> bytes:
    return encoded(rgb(size), quality=95, orientation=orientation)


def shown(data: bytes) -> Image.Image:
    return open_picture(data, LIMITS).pixels(1).native().convert("RGB")


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
