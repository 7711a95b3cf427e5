"""JPEG of every kind, decoded at the required scale, and never by Pillow."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import simplejpeg
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, JpegImagePlugin

from handler.codec import FORMATS, Limits, open_picture
from handler.codec.decoders import libjpeg_turbo
from handler.codec.decoders.isolated import Allowance
from handler.codec.headers import jpeg
from handler.core.geometry import Orientation, Size
from handler.core.image.orientation import turn_upright
from handler.errors import InvalidImage, ProcessingFailed, SmartCropError
from tests.codec.flat_jpeg import flat_jpeg
from tests.pictures import decoded, encoded, gradient, photo

LIMITS = Limits(1_000_000)
ALLOWANCE = Allowance(1 << 30, 10)
SUBSAMPLINGS = ("444", "440", "422", "420", "411")
_APP14 = b"\xff\xee"


def turbo(image: Image.Image, space: str = "RGB", subsampling: str = "444") -> bytes:
    """Return a file by libjpeg-turbo, which has more kinds of subsampling than Pillow."""
    pixels = np.array(image).reshape(image.height, image.width, -1)
    data: bytes = simplejpeg.encode_jpeg(pixels, 95, space, subsampling)
    return data


def prepare(data: bytes) -> libjpeg_turbo.Jpeg:
    return libjpeg_turbo.prepare(jpeg.read(data))


def read(data: bytes, scale: int = 1) -> Image.Image:
    return libjpeg_turbo.decode(prepare(data), scale, ALLOWANCE).image


def psnr(one: Image.Image, other: Image.Image) -> float:
    """Return the peak signal-to-noise ratio in decibels; from 40 on no difference is visible."""
    difference = np.asarray(one).astype(float) - np.asarray(other)
    return float(10 * np.log10(255**2 / max(1e-9, np.square(difference).mean())))


def without_segment(data: bytes, marker: bytes) -> bytes:
    """Return the file without its first segment of that kind."""
    start = data.index(marker)
    return data[:start] + data[start + 2 + int.from_bytes(data[start + 2 : start + 4], "big") :]


@pytest.mark.parametrize("subsampling", SUBSAMPLINGS)
def test_every_subsampling_is_decoded(subsampling: str) -> None:
    picture = photo()
    read_back = read(turbo(picture, "RGB", subsampling))
    assert read_back.mode == "RGBX"
    assert psnr(read_back.convert("RGB"), picture) > 33


# Horizontal and vertical factors of each component: 4:1:0, and combinations without a name.
UNUSUAL = [
    [(4, 2), (1, 1), (1, 1)],
    [(2, 4), (1, 1), (1, 1)],
    [(3, 1), (1, 1), (1, 1)],
    [(2, 2), (2, 1), (1, 1)],
    [(2, 1), (1, 1), (2, 1)],
]


def unusual(sampling: list[tuple[int, int]]) -> tuple[bytes, np.ndarray]:
    """Return a file whose brightness changes from block to block, and its pixels' brightness."""
    means = [np.zeros((3 * v, 4 * h), int) for h, v in sampling]
    means[0] += np.random.default_rng(1).integers(-100, 100, means[0].shape)
    return flat_jpeg(means, sampling), np.kron(means[0] + 128, np.ones((8, 8), int))


@pytest.mark.parametrize("scale", [1, 2])
@pytest.mark.parametrize("sampling", UNUSUAL, ids=str)
def test_unusual_subsampling_is_decoded(sampling: list[tuple[int, int]], scale: int) -> None:
    data, brightness = unusual(sampling)

    image = read(data, scale)

    assert image.mode == "RGBX"
    expected = brightness[::scale, ::scale]
    for band in np.moveaxis(np.asarray(image)[..., :3].astype(int), 2, 0):
        assert np.abs(band - expected).max() <= 1


def test_ink_of_unusual_subsampling_is_rejected_by_name() -> None:
    data, _ = unusual([(2, 2), (2, 1), (1, 1), (1, 1)])
    with pytest.raises(InvalidImage, match="CMYK"):
        prepare(data)


def test_pillow_never_decodes_a_jpeg(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> None:
        raise AssertionError("Pillow opens a JPEG")

    monkeypatch.setattr(JpegImagePlugin.JpegImageFile, "_open", refuse)
    assert read(encoded(photo(), "JPEG", quality=90)).size == photo().size

    # The plugin writes JPEGs. Each file is opened by the plugin of its own format.
    assert "JPEG" not in {format_.decoder for format_ in FORMATS.values()}
    sources = list((Path(libjpeg_turbo.__file__).parents[2]).rglob("*.py"))
    opening = [path.name for path in sources if "Image.open(" in path.read_text()]
    using = [path.name for path in sources if "JpegImagePlugin" in path.read_text()]
    assert (opening, using) == (["pillow.py"], ["encode.py"])


@pytest.mark.parametrize("options", [{"progressive": True}, {"restart_marker_rows": 1}], ids=str)
def test_other_codings_of_the_same_picture_are_the_same(options: dict[str, Any]) -> None:
    plain = read(encoded(photo(), "JPEG", quality=90))
    assert read(encoded(photo(), "JPEG", quality=90, **options)).tobytes() == plain.tobytes()


def test_grey_stays_one_band() -> None:
    picture = photo().convert("L")
    read_back = read(turbo(picture, "GRAY", "Gray"))
    assert read_back.mode == "L"
    assert psnr(read_back, picture) > 38


@pytest.mark.parametrize(("kind", "space"), [("pillow", "CMYK"), ("turbo", "YCCK")])
def test_inks_are_read_as_adobe_writes_them(kind: str, space: str) -> None:
    inks = photo().convert("CMYK")
    light = Image.fromarray(255 - np.asarray(inks), "CMYK")
    data = {
        "pillow": encoded(inks, "JPEG", quality=95, subsampling=0),
        "turbo": turbo(light, "CMYK"),
    }[kind]
    prepared = prepare(data)
    assert (prepared.colour, prepared.header.adobe) == (space, True)
    assert psnr(libjpeg_turbo.decode(prepared, 1, ALLOWANCE).image, inks) > 36


def test_without_adobes_marker_bytes_count_ink() -> None:
    inks = photo().convert("CMYK")
    adobe = encoded(Image.fromarray(255 - np.asarray(inks), "CMYK"), "JPEG", quality=95)
    prepared = prepare(without_segment(adobe, _APP14))
    assert (prepared.colour, prepared.header.adobe) == ("CMYK", False)
    assert psnr(libjpeg_turbo.decode(prepared, 1, ALLOWANCE).image, inks) > 36


@pytest.mark.parametrize(
    ("shrink", "scale"),
    [
        (0.2, 1),
        (1.0, 1),
        (1.99, 1),
        (2.0, 1),
        (2.77, 1),
        (3.0, 2),
        (3.99, 2),
        (4.0, 2),
        (4.99, 2),
        (5.0, 4),
        (7.03, 4),
        (8.0, 4),
        (8.99, 4),
        (9.0, 8),
        (100.0, 8),
    ],
)
def test_the_scale_is_the_one_that_sharp_decodes_at(shrink: float, scale: int) -> None:
    assert libjpeg_turbo.choose_scale(shrink) == scale


@given(
    width=st.integers(1, 100),
    height=st.integers(1, 100),
    scale=st.sampled_from([1, 2, 4, 8]),
    space=st.sampled_from(["RGB", "GRAY", "CMYK"]),
)
def test_a_scaled_picture_loses_the_rest_of_its_sides(
    width: int, height: int, scale: int, space: str
) -> None:
    image = gradient(width, height).convert({"GRAY": "L"}.get(space, space))
    small = read(turbo(image, space, "Gray" if space == "GRAY" else "444"), scale)
    assert small.size == (max(1, width // scale), max(1, height // scale))
    assert np.asarray(small).shape[:2] == small.size[::-1]


@pytest.mark.parametrize("scale", [2, 4, 8])
@pytest.mark.parametrize("size", [(256, 192), (251, 187)], ids=str)
def test_a_scaled_picture_shows_the_same(scale: int, size: tuple[int, int]) -> None:
    whole = photo(size=size)
    small = read(turbo(whole), scale)
    mean = whole.reduce(scale).crop((0, 0, *small.size))
    assert psnr(small.convert("RGB"), mean) > 30


@pytest.mark.parametrize("orientation", list(Orientation))
def test_a_turned_picture_is_scaled_while_decoding_as_well(orientation: Orientation) -> None:
    # As in sharp, which turns the picture after the resize.
    stored = turn_upright(photo(size=(256, 192)), orientation)
    picture = open_picture(encoded(stored, "JPEG", orientation=orientation), LIMITS)
    assert picture.size == orientation.size(Size(*stored.size))
    pixels = picture.pixels(3)
    assert pixels.size == Size(picture.size.width // 2, picture.size.height // 2)


def test_a_profile_in_several_segments_is_put_together() -> None:
    profile = bytes(range(256)) * 600
    assert len(profile) > 2 * 65_535
    assert jpeg.read(encoded(photo(), "JPEG", icc_profile=profile)).profile == profile


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_file_that_ends_early_cannot_be_processed(share: float) -> None:
    data = encoded(photo(), "JPEG")
    picture = open_picture(data[: int(len(data) * share)], LIMITS)
    with pytest.raises(ProcessingFailed):
        picture.pixels(1)


def test_a_damaged_header_is_no_picture() -> None:
    data = encoded(photo(), "JPEG")
    with pytest.raises(InvalidImage):
        open_picture(data[:200], LIMITS)


def test_more_pixels_than_the_bytes_can_hold_are_rejected_before_decoding() -> None:
    data = bytearray(encoded(photo(), "JPEG"))
    frame = data.index(b"\xff\xc0")
    data[frame + 5 : frame + 9] = b"\x7f\xff\x7f\xff"
    with pytest.raises(SmartCropError):
        open_picture(bytes(data), Limits(2**31))


@pytest.fixture
def without_pillows_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if Pillow's JPEG decoder is called: untrusted bytes can overflow it."""

    def refuse(*_: object) -> None:
        raise AssertionError("Pillow's JPEG decoder was reached")

    monkeypatch.setattr("PIL.Image.core.jpeg_decoder", refuse)


@pytest.mark.usefixtures("without_pillows_decoder")
def test_pillow_would_be_caught_decoding() -> None:
    with pytest.raises(AssertionError):
        decoded(encoded(photo(), "JPEG"))


@pytest.mark.usefixtures("without_pillows_decoder")
@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
@pytest.mark.parametrize("shrink", [1, 3, 5, 10])
def test_pillow_decodes_no_jpeg(mode: str, shrink: float) -> None:
    data = encoded(photo().convert(mode), "JPEG", orientation=6)
    pixels = open_picture(data, LIMITS).pixels(shrink)
    assert pixels.size.area > 0
