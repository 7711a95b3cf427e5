"""Conversion of colours to sRGB, as in sharp."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from handler.codec import Limits, open_picture
from handler.codec.cmyk_profile import lab_profile, press_profile
from handler.codec.colour import to_srgb
from handler.core.geometry import Box, Region, Size
from handler.core.image.alpha import DecodedImage, premultiply
from tests.bench.display_p3 import profile as display_p3
from tests.codec.samples import P3_TO_SRGB, grey_profile, lab_tiff, srgb
from tests.pictures import encoded, photo

LIMITS = Limits(1_000_000)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
P3_GAMMA = 2.2


def lattice(bands: int, step: int) -> np.ndarray:
    """Return every combination of multiples of ``step``, array (n, n, bands)."""
    axis = np.arange(0, 256, step, dtype=np.uint8)
    points = np.stack(np.meshgrid(*[axis] * bands, indexing="ij"), axis=-1).reshape(-1, bands)
    return points[: len(points) // len(axis) * len(axis)].reshape(-1, len(axis), bands)


@pytest.mark.parametrize("mode", ["RGB", "RGBX", "RGBA"])
def test_a_profile_that_is_srgb_leaves_every_pixel_alone(mode: str) -> None:
    before = photo().convert(mode)
    after, warning = to_srgb(before.copy(), SRGB)
    assert warning is None
    assert after.mode == mode
    assert after.tobytes() == before.tobytes()


@pytest.mark.parametrize("mode", ["RGB", "RGBX", "RGBA"])
def test_display_p3_becomes_the_same_light_in_srgb(mode: str) -> None:
    wide = lattice(3, 15)
    converted, warning = to_srgb(Image.fromarray(wide).convert(mode), display_p3())
    expected = srgb((wide / 255.0) ** P3_GAMMA @ P3_TO_SRGB.T)
    assert warning is None
    difference = np.abs(np.asarray(converted)[..., :3] - expected)
    # The curve of sRGB is steep near black: one level of P3 is several levels of sRGB there.
    assert difference.max() < 4
    assert difference.mean() < 0.5


def test_conversion_leaves_alpha_alone() -> None:
    picture = photo().convert("RGBA")
    picture.putalpha(photo().convert("L"))
    converted, _ = to_srgb(picture.copy(), display_p3())
    assert converted.getchannel("A").tobytes() == picture.getchannel("A").tobytes()
    assert converted.tobytes() != picture.tobytes()


def test_a_grey_profile_is_applied_and_leaves_one_band() -> None:
    ramp = np.arange(256, dtype=np.uint8)[np.newaxis]
    converted, warning = to_srgb(Image.fromarray(ramp), grey_profile(1.8))
    assert warning is None
    assert converted.mode == "L"
    # littlecms interpolates such a curve between 33 points, in sharp as well.
    assert np.abs(np.asarray(converted) - srgb((ramp / 255) ** 1.8)).max() <= 2
    assert converted.getpixel((128, 0)) == pytest.approx(146, abs=1)


def test_cmyk_goes_through_its_own_profile() -> None:
    ink = np.linspace(0, 1, 9)
    inks = np.stack(np.meshgrid(ink, ink, ink, ink, indexing="ij"), axis=-1)
    # A press on which every ink is black.
    lightness = 100 * (1 - inks.max(axis=-1, keepdims=True))
    black_inks = lab_profile(lightness * (1, 0, 0))
    half = 128 * np.eye(4, dtype=np.uint8)[np.newaxis]
    converted, warning = to_srgb(Image.fromarray(half, "CMYK"), black_inks)
    assert warning is None
    # L* 50 is the sRGB grey of 119.
    assert np.abs(np.asarray(converted).astype(int) - 119).max() <= 2


@pytest.mark.parametrize(
    ("inks", "expected"),
    [
        ((0, 0, 0, 0), (255, 255, 255)),
        ((255, 0, 0, 0), (0, 153, 227)),
        ((0, 255, 0, 0), (234, 0, 128)),
        ((0, 0, 255, 0), (255, 240, 0)),
        ((255, 255, 0, 0), (32, 6, 117)),
        ((255, 0, 255, 0), (0, 141, 45)),
        ((0, 255, 255, 0), (232, 0, 0)),
        ((0, 0, 0, 64), (186, 185, 184)),
        ((0, 0, 0, 128), (134, 133, 132)),
        ((0, 0, 0, 192), (82, 79, 77)),
        ((128, 0, 0, 0), (91, 193, 240)),
        ((255, 255, 255, 255), (0, 0, 0)),
    ],
)
def test_cmyk_without_a_profile_looks_as_sharp_shows_it(
    inks: tuple[int, int, int, int], expected: tuple[int, int, int]
) -> None:
    converted, warning = to_srgb(Image.new("CMYK", (1, 1), inks), None)
    assert warning is None
    assert converted.getpixel((0, 0)) == pytest.approx(expected, abs=20)


def test_more_ink_is_never_lighter() -> None:
    steps = lattice(4, 51)
    converted, _ = to_srgb(Image.fromarray(steps, "CMYK"), None)
    light = np.asarray(converted).astype(int).sum(axis=-1).reshape(6, 6, 6, 6)
    for axis in range(4):
        assert np.diff(light, axis=axis).max() <= 8


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBX", "RGBA"])
@pytest.mark.parametrize(
    "profile", [b"", b"no profile at all", SRGB[:200], press_profile()], ids=len
)
def test_a_profile_of_no_use_is_ignored_with_a_warning(mode: str, profile: bytes) -> None:
    before = photo().convert(mode)
    after, warning = to_srgb(before.copy(), profile)
    assert warning is not None
    assert "profile" in warning
    assert after.tobytes() == before.tobytes()


def test_cmyk_with_a_broken_profile_is_treated_as_ink_on_a_press() -> None:
    inks = photo().convert("CMYK")
    plain, _ = to_srgb(inks.copy(), None)
    converted, warning = to_srgb(inks, SRGB)
    assert warning is not None
    assert converted.tobytes() == plain.tobytes()


def test_lab_becomes_the_same_colours() -> None:
    # CIELAB of the D50 white for white, grey, and sRGB's red, green and blue; 2.55 is a lightness.
    colours = [(255, 0, 0), (137, 0, 0), (138, 81, 70), (224, -79, 81), (75, 68, -112)]
    picture = open_picture(lab_tiff(*colours), LIMITS)
    shown = np.asarray(picture.pixels(1).crop(Box(0, 0, len(colours), 1)))[0].astype(int)
    expected = [(255, 255, 255), (128, 128, 128), (255, 0, 0), (0, 255, 0), (0, 0, 255)]
    # Integers of a and b are coarse for saturated colours.
    assert np.abs(shown - expected).max() <= 24
    assert picture.warnings == []


def test_a_picture_warns_once_of_its_profile() -> None:
    picture = open_picture(encoded(photo(), "JPEG", icc_profile=b"broken"), LIMITS)
    for shrink in (1, 2, 4):
        picture.pixels(shrink).crop(Box(0, 0, 1, 1))
    assert len(picture.warnings) == 1


def test_premultiplied_colours_are_rounded_down() -> None:
    value, alpha = np.meshgrid(np.arange(256), np.arange(256))
    pixels = np.stack([value, 255 - value, value // 2, alpha], axis=-1).astype(np.uint8)
    weighed = np.asarray(premultiply(Image.fromarray(pixels)))
    expected = pixels[..., :3].astype(int) * alpha[..., np.newaxis] // 255
    assert (weighed[..., :3] == expected).all()
    assert (weighed[..., 3] == alpha).all()


def test_opaque_pixels_are_not_changed_by_premultiplying() -> None:
    opaque = photo().convert("RGBA")
    weighed = premultiply(opaque)
    assert weighed.mode == "RGBa"
    assert weighed.tobytes() == opaque.tobytes()


def test_pixels_that_may_be_overwritten_are_premultiplied_in_place() -> None:
    picture = photo().convert("RGBA")
    picture.putalpha(Image.linear_gradient("L").resize(picture.size))
    copied = premultiply(picture)
    samples = np.array(picture)
    written = premultiply(DecodedImage.over(samples, "RGBA").image, samples)

    assert written.mode == "RGBa"
    assert written.tobytes() == samples.tobytes() == copied.tobytes()
    samples[0, 0] = 1, 2, 3, 4
    assert written.getpixel((0, 0)) == (1, 2, 3, 4)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBX"])
def test_pictures_without_alpha_are_not_premultiplied(mode: str) -> None:
    picture = photo().convert(mode)
    assert premultiply(picture) is picture


_BYTE = st.integers(0, 255)
_COLOUR = st.tuples(_BYTE, _BYTE, _BYTE)


@given(colour=_COLOUR, hidden=_COLOUR, edge=st.integers(1, 39), side=st.integers(3, 60))
def test_hidden_colours_never_show_at_an_edge(
    colour: tuple[int, int, int], hidden: tuple[int, int, int], edge: int, side: int
) -> None:
    def read(unseen: tuple[int, int, int]) -> np.ndarray:
        pixels = np.empty((40, 40, 4), np.uint8)
        pixels[:, :edge] = (*colour, 255)
        pixels[:, edge:] = (*unseen, 0)
        picture = open_picture(encoded(Image.fromarray(pixels), "PNG"), LIMITS)
        part = picture.pixels(1).read(Region(0, 0, 40, 40), Size(side, side))
        return np.asarray(part.convert("RGBA")).astype(int)

    shown = read(hidden)
    assert (shown == read((0, 0, 0))).all()
    # A byte cannot hold a colour exactly if its alpha is small.
    solid = shown[shown[..., 3] >= 128]
    assert (solid[:, :3] - colour).min(initial=0) >= -3


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_profile_whose_matrix_has_no_inverse_is_ignored(share: float) -> None:
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    places = {}
    for name in (b"rXYZ", b"gXYZ", b"bXYZ"):
        entry = profile.index(name)
        start = int.from_bytes(profile[entry + 4 : entry + 8], "big") + 8
        places[name] = slice(start, start + 12)
    blue = bytes(profile[places[b"gXYZ"]]) if share else bytes(12)
    profile[places[b"bXYZ"]] = blue
    picture = open_picture(encoded(photo(), "PNG", icc_profile=bytes(profile)), LIMITS)
    part = picture.pixels(1).crop(Box(0, 0, 40, 30))

    assert picture.warnings == ["The colour profile is damaged or unsuitable; sRGB is assumed"]
    assert part.convert("RGB").tobytes() == photo().crop((0, 0, 40, 30)).tobytes()
