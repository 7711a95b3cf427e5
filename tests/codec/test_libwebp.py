"""WebP, decoded and scaled by libwebp as in sharp, or decoded by Pillow."""

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from handler.codec import Limits, open_picture
from handler.codec.decoders import libwebp
from handler.codec.headers import webp
from handler.core.geometry import Orientation, Region, Size
from handler.errors import InvalidImage, ProcessingFailed, SmartCropError
from tests.pictures import decoded, encoded, gradient, photo

LIMITS = Limits(1_000_000)


def rgba() -> Image.Image:
    """Return a photo that is transparent on the left, where it has colours as well."""
    picture = photo(size=(120, 80)).convert("RGBA")
    alpha = np.tile(np.linspace(0, 255, 120).astype(np.uint8), (80, 1))
    picture.putalpha(Image.fromarray(alpha))
    return picture


def read(data: bytes, shrink: float = 1) -> Image.Image:
    return libwebp.decode(webp.read(data), shrink).image


@pytest.fixture
def without_libwebp(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libwebp, "_library", lambda: None)


@pytest.fixture
def without_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fail if Pillow's reader is called: it fills several canvases before a pixel is read."""

    def refuse(*_: object) -> None:
        raise AssertionError("Pillow's WebP reader was reached")

    monkeypatch.setattr("PIL._webp.WebPAnimDecoder", refuse)


@pytest.mark.usefixtures("without_pillow")
def test_a_lossless_picture_comes_out_as_it_went_in() -> None:
    picture = photo(size=(120, 80))
    read_back = read(encoded(picture, "WEBP", lossless=True))
    assert read_back.mode == "RGBX"
    assert read_back.convert("RGB").tobytes() == picture.tobytes()


@pytest.mark.usefixtures("without_pillow")
def test_alpha_is_not_premultiplied_yet() -> None:
    picture = rgba()
    read_back = read(encoded(picture, "WEBP", lossless=True, exact=True))
    assert read_back.mode == "RGBA"
    assert read_back.tobytes() == picture.tobytes()


def test_a_lossy_picture_equals_that_of_pillow() -> None:
    data = encoded(rgba(), "WEBP", quality=80)
    assert read(data).tobytes() == decoded(data).tobytes()


@given(
    width=st.integers(1, 90),
    height=st.integers(1, 90),
    shrink=st.floats(0.3, 40),
    alpha=st.booleans(),
    lossless=st.booleans(),
)
def test_a_scaled_picture_has_sides_rounded_to_the_nearest(
    width: int, height: int, shrink: float, alpha: bool, lossless: bool
) -> None:
    image = gradient(width, height).convert("RGBA" if alpha else "RGB")
    if alpha:
        image.putalpha(100)
    data = encoded(image, "WEBP", lossless=lossless)
    pixels = open_picture(data, LIMITS).pixels(shrink)
    shrink = max(1, shrink)
    assert pixels.size == Size(max(1, round(width / shrink)), max(1, round(height / shrink)))


@pytest.mark.parametrize("lossless", [False, True])
def test_scaling_averages_areas(lossless: bool) -> None:
    whole = photo(size=(256, 192))
    small = read(encoded(whole, "WEBP", lossless=lossless, quality=100), 4).convert("RGB")
    difference = np.asarray(small).astype(int) - np.asarray(whole.reduce(4))
    assert np.abs(difference).mean() < 3


def test_scaling_leaves_hidden_colours_hidden() -> None:
    pixels = np.zeros((64, 64, 4), np.uint8)
    pixels[:, :33] = (200, 100, 50, 255)
    pixels[:, 33:] = (0, 0, 255, 0)
    data = encoded(Image.fromarray(pixels), "WEBP", lossless=True, exact=True)
    part = open_picture(data, LIMITS).pixels(2).read(Region(0, 0, 32, 32), Size(32, 32))
    seen = np.asarray(part.convert("RGBA")).astype(int)
    seen = seen[seen[..., 3] >= 64]
    assert len(seen) > 32 * 16
    assert np.abs(seen[:, :3] - (200, 100, 50)).max() <= 4


@pytest.mark.parametrize("orientation", list(Orientation))
@pytest.mark.usefixtures("without_pillow")
def test_a_turned_picture_is_put_upright(orientation: Orientation) -> None:
    upright = gradient(40, 30)
    stored = upright.transpose(_TURNED[orientation]) if orientation in _TURNED else upright
    data = encoded(stored, "WEBP", lossless=True, orientation=orientation)
    picture = open_picture(data, LIMITS)
    assert picture.size == Size(40, 30)
    shown = picture.pixels(1).read(Region(0, 0, 40, 30), Size(40, 30))
    assert shown.convert("RGB").tobytes() == upright.tobytes()


# The camera's turn of the picture: the inverse of the turn upright.
_TURNED = {
    Orientation.MIRROR: Image.Transpose.FLIP_LEFT_RIGHT,
    Orientation.HALF_TURN: Image.Transpose.ROTATE_180,
    Orientation.FLIP: Image.Transpose.FLIP_TOP_BOTTOM,
    Orientation.TRANSPOSE: Image.Transpose.TRANSPOSE,
    Orientation.TURN_RIGHT: Image.Transpose.ROTATE_90,
    Orientation.TRANSVERSE: Image.Transpose.TRANSVERSE,
    Orientation.TURN_LEFT: Image.Transpose.ROTATE_270,
}


def test_profile_and_orientation_are_read() -> None:
    data = encoded(rgba(), "WEBP", icc_profile=b"a profile", orientation=6)
    header = webp.read(data)
    assert header.profile == b"a profile"
    assert header.orientation is Orientation.TURN_RIGHT


def test_metadata_that_the_header_does_not_announce_are_ignored() -> None:
    data = bytearray(encoded(rgba(), "WEBP", icc_profile=b"a profile", orientation=6))
    assert data[12:16] == b"VP8X"
    data[20] &= ~0x28
    header = webp.read(bytes(data))
    assert header.profile is None
    assert header.orientation is Orientation.UPRIGHT


def test_metadata_behind_endless_chunks_are_not_looked_for() -> None:
    data = encoded(rgba(), "WEBP", orientation=6)
    image_ends = data.index(b"EXIF")
    empty = struct.pack("<4sI", b"JUNK", 0) * 1000
    header = webp.read(data[:image_ends] + empty + data[image_ends:])
    assert header.orientation is Orientation.UPRIGHT


def test_the_first_frame_of_an_animation_is_shown() -> None:
    frames = [Image.new("RGB", (30, 20), colour) for colour in ("red", "lime", "blue")]
    data = encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    assert webp.read(data).animated
    shown = open_picture(data, LIMITS).pixels(3).read(Region(0, 0, 30, 20), Size(30, 20))
    assert shown.convert("RGB").getcolors() == [(600, (255, 0, 0))]


@pytest.mark.usefixtures("without_pillow")
@pytest.mark.parametrize("animated", [False, True])
def test_the_limit_is_checked_before_a_canvas_is_made(animated: bool) -> None:
    frames = [photo(size=(200, 100)).rotate(turn) for turn in range(3 if animated else 1)]
    data = encoded(frames[0], "WEBP", save_all=animated, append_images=frames[1:])
    with pytest.raises(InvalidImage):
        open_picture(data, Limits(19_999))


@pytest.mark.parametrize("lossless", [False, True])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_a_file_that_ends_early_cannot_be_processed(lossless: bool, share: float) -> None:
    data = encoded(photo(size=(120, 80)), "WEBP", lossless=lossless)
    picture = open_picture(data[: int(len(data) * share)], LIMITS)
    with pytest.raises(ProcessingFailed):
        picture.pixels(1)


@pytest.mark.parametrize("length", [12, 16, 20, 25])
def test_a_file_without_a_whole_header_is_no_picture(length: int) -> None:
    with pytest.raises(SmartCropError):
        open_picture(encoded(photo(size=(120, 80)), "WEBP")[:length], LIMITS).pixels(1)


@pytest.mark.usefixtures("without_libwebp")
def test_pillow_stands_in_where_libwebp_cannot_be_called() -> None:
    picture = rgba()
    data = encoded(picture, "WEBP", lossless=True, exact=True, orientation=3)
    opened = open_picture(data, LIMITS)
    assert opened.pixels(1).size == opened.pixels(4).size == Size(120, 80)
    with pytest.raises(ValueError, match="libwebp"):
        libwebp.check_header(webp.read(data))


@pytest.mark.usefixtures("without_libwebp")
@pytest.mark.parametrize("share", [0.3, 0.6, 0.99])
def test_pillow_finds_the_same_damage(share: float) -> None:
    data = encoded(photo(size=(120, 80)), "WEBP")
    with pytest.raises(SmartCropError):
        open_picture(data[: int(len(data) * share)], LIMITS).pixels(1)


def test_this_build_can_call_libwebp() -> None:
    assert libwebp.is_available()
