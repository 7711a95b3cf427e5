"""The formats of films, games and telescopes: colours, orientations, depths, and short files."""

import math
from contextlib import suppress

import numpy as np
import pytest
from PIL import Image

from handler.codec import Limits, open_picture
from handler.core.geometry import Orientation, Region
from handler.core.image.orientation import turn_upright
from handler.errors import InvalidImage, ProcessingFailed, SmartCropError
from handler.sandbox.tone import choose_tone, to_levels
from tests import further_files
from tests.codec.golden import psnr
from tests.further_files import (
    KINDS,
    dds_of_masks,
    fits,
    hdr,
    netpbm,
    pam,
    pfm,
    rgb,
    rgba,
    to_light,
)

LIMITS = Limits(1_000_000)


def shown(data: bytes) -> Image.Image:
    pixels = open_picture(data, LIMITS).pixels(1)
    image = pixels.read(Region(0, 0, pixels.size.width, pixels.size.height), pixels.size)
    return image.convert({"RGBa": "RGBA", "RGBX": "RGB"}.get(image.mode, image.mode))


def levels(data: bytes) -> np.ndarray:
    return np.asarray(shown(data).convert("RGB")).astype(int)


EXACT = ["ppm", "ppm-text", "pam", "fits", "cur", "dds", "qoi", "svg", "svgz", "pfm", "pfm-big"]


@pytest.mark.parametrize("kind", [kind for kind in EXACT if kind in further_files.available()])
def test_samples_of_8_bits_are_kept(kind: str) -> None:
    assert np.abs(levels(KINDS[kind][0]()) - np.asarray(rgb())).max() == 0


@pytest.mark.parametrize("white", [1, 3, 100, 255, 256, 1023, 65_535])
def test_every_largest_level_is_white(white: int) -> None:
    grey = Image.fromarray(np.array([[0, 128, 255]], np.uint8))
    for data in (netpbm(5, grey, white), netpbm(2, grey, white), pam(grey, white)):
        black, middle, bright = np.asarray(shown(data))[0]
        assert (black, bright) == (0, 255)
        assert abs(int(middle) - 128) <= 127 // white + 1


def test_comments_and_spaces_of_a_netpbm_are_skipped() -> None:
    data = b"P2#c\r\n # width\n2\t1 #height\n\n15\n0 # black\n15"
    assert np.asarray(shown(data)).tolist() == [[0, 255]]
    assert np.asarray(shown(b"P1 3 2\n1 01\n0 1\n0")).tolist() == [[0, 255, 0], [255, 0, 255]]


def test_a_text_without_enough_numbers_is_incomplete() -> None:
    with pytest.raises(ProcessingFailed, match="The samples are damaged or incomplete"):
        open_picture(b"P2 3 1 255\n1    2     ", LIMITS).pixels(1)


AXES = {
    Orientation.UPRIGHT: "-Y {} +X {}",
    Orientation.MIRROR: "-Y {} -X {}",
    Orientation.HALF_TURN: "+Y {} -X {}",
    Orientation.FLIP: "+Y {} +X {}",
    Orientation.TRANSPOSE: "+X {} -Y {}",
    Orientation.TURN_RIGHT: "-X {} -Y {}",
    Orientation.TRANSVERSE: "-X {} +Y {}",
    Orientation.TURN_LEFT: "+X {} +Y {}",
}


@pytest.mark.parametrize("orientation", AXES)
def test_a_radiance_hdr_is_turned_upright(orientation: Orientation) -> None:
    """The axes are built here: rows of y from top or bottom, or columns of x."""
    upright = np.asarray(rgb())
    first, second = AXES[orientation].split(" {} ")[0], AXES[orientation].split(" {} ")[1][:2]
    stored = upright if first[1] == "Y" else upright.transpose(1, 0, 2)
    flips = {"-Y": 1, "+Y": -1, "+X": 1, "-X": -1}
    stored = stored[:: flips[first], :: flips[second]]
    data = hdr(to_light(Image.fromarray(np.ascontiguousarray(stored))), AXES[orientation])

    assert np.abs(levels(data) - upright).max() <= 3
    again = turn_upright(Image.fromarray(np.ascontiguousarray(stored)), orientation)
    assert again.size == (upright.shape[1], upright.shape[0])


def test_the_numbers_of_a_radiance_hdr_may_be_padded() -> None:
    light = to_light(rgb())
    assert np.array_equal(levels(hdr(light, "-Y {:8} +X {:8}")), levels(hdr(light)))


def test_rows_of_repeated_pixels_are_read() -> None:
    head = b"#?RADIANCE\n\n-Y 1 +X 300\n"
    grey = bytes((128, 128, 128, 128))
    data = head + grey + bytes((1, 1, 1, 43, 1, 1, 1, 1))
    assert np.unique(levels(data)).tolist() == [188]


@pytest.mark.parametrize("factor", [1e-4, 0.01, 30, 1e5])
def test_light_of_any_strength_is_shown_at_a_usual_exposure(factor: float) -> None:
    light = to_light(rgb()) * np.float32(factor)
    for data in (pfm(light), hdr(light)):
        mean = shown(data).convert("L").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
        assert isinstance(mean, float | int)
        assert 80 <= mean <= 150


def test_light_within_the_range_of_a_screen_is_kept() -> None:
    assert choose_tone(to_light(rgb()).reshape(-1, 3)).factor == 1
    assert choose_tone(np.zeros((9, 3), np.float32)).factor == 1


def test_highlights_are_compressed_and_stay_in_order() -> None:
    light = np.geomspace(0.001, 1000, 1000, dtype=np.float32)[:, np.newaxis]
    shades = to_levels(light, choose_tone(light))[:, 0].astype(int)
    assert (np.diff(shades) >= 0).all()
    assert shades[0] < 10
    assert len(np.unique(shades[500:])) > 60


@pytest.mark.filterwarnings("error")
def test_samples_that_are_no_numbers_are_black_or_white() -> None:
    light = to_light(rgb())
    light[0, :3] = np.array([math.nan, math.inf, -math.inf])[:, np.newaxis]
    first = levels(pfm(light))[0, :3, 0].tolist()
    assert first == [0, 255, 0]


@pytest.mark.parametrize("kind", [np.uint8, np.int16, np.int32, np.int64, np.float32, np.float64])
def test_measures_of_a_fits_are_stretched_to_their_percentiles(kind: type[np.generic]) -> None:
    ramp = np.tile(np.linspace(0, 100, 1000), (20, 1)).astype(kind)
    cards = ("BSCALE  =                  2.5", "BZERO   =               1000.0 / offset")
    grey = np.asarray(shown(fits(ramp, *cards)))
    assert (grey[0, 0], grey[0, -1]) == (0, 255)
    assert abs(int(grey[0, 500]) - 128) <= 4


def test_pixels_of_a_fits_without_a_measure_are_black() -> None:
    samples = np.tile(np.arange(100, dtype=np.int16), (50, 1))
    samples[:, 50:] = -999
    grey = np.asarray(shown(fits(samples, "BLANK   =                 -999")))
    assert grey[:, 50:].max() == 0
    assert grey[0, 49] == 255


def test_the_first_picture_of_a_fits_may_be_an_extension() -> None:
    first = b"".join(
        line.ljust(80) for line in (b"SIMPLE  = T", b"BITPIX  = 8", b"NAXIS   = 0", b"END")
    ).ljust(2880)
    second = fits(np.asarray(rgb())).replace(
        b"SIMPLE  =                    T", b"XTENSION= 'IMAGE   '          "
    )
    assert np.abs(levels(first + second) - np.asarray(rgb())).max() == 0


def test_of_several_planes_of_a_fits_the_first_is_shown_with_a_warning() -> None:
    planes = np.stack([np.full((9, 9), level, np.uint8) for level in (10, 20)], axis=-1)
    assert open_picture(fits(planes), LIMITS).warnings
    assert np.unique(levels(fits(planes))).tolist() == [10]


@pytest.mark.parametrize(
    ("bits", "masks", "error"),
    [
        (16, (0xF800, 0x7E0, 0x1F, 0), 8),
        (16, (0x7C00, 0x3E0, 0x1F, 0x8000), 8),
        (16, (0xF00, 0xF0, 0xF, 0xF000), 17),
        (24, (0xFF0000, 0xFF00, 0xFF, 0), 0),
        (24, (0xFF, 0xFF00, 0xFF0000, 0), 0),
        (32, (0xFF, 0xFF00, 0xFF0000, 0xFF000000), 0),
        (32, (0xFF0000, 0xFF00, 0xFF, 0), 0),
        (32, (0x3FF00000, 0xFFC00, 0x3FF, 0xC0000000), 1),
    ],
)
def test_pixels_of_a_dds_with_masks_are_read(
    bits: int, masks: tuple[int, int, int, int], error: int
) -> None:
    data = dds_of_masks(rgb(), bits, masks)
    assert np.abs(levels(data) - np.asarray(rgb())).max() <= error
    assert (shown(data).mode == "RGBA") == bool(masks[3])


def test_the_smaller_levels_of_a_dds_are_ignored() -> None:
    data = KINDS["dds-dxt5"][0]()
    assert np.abs(levels(data + bytes(5000)) - levels(data)).max() == 0


def test_the_alpha_of_a_cursor_is_kept() -> None:
    image = np.asarray(shown(KINDS["cur-bmp"][0]()))
    alpha = np.asarray(rgba())[..., 3]
    assert np.abs(image[..., 3].astype(int) - alpha).max() <= 1
    assert psnr(image[alpha > 200], np.asarray(rgba())[alpha > 200]) > 40


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
@pytest.mark.parametrize(
    "kind", [kind for kind in further_files.available() if kind[:3] not in ("fit", "raw")]
)
def test_a_file_that_is_cut_off_is_rejected(kind: str, share: float) -> None:
    data = KINDS[kind][0]()
    with pytest.raises((InvalidImage, ProcessingFailed)):
        open_picture(data[: int(share * len(data))], LIMITS).pixels(1)


@pytest.mark.parametrize("kind", further_files.available())
def test_damaged_bytes_are_no_unexpected_error(kind: str) -> None:
    rng = np.random.default_rng(1)
    data = KINDS[kind][0]()
    for _ in range(12):
        damaged = bytearray(data)
        for place in rng.integers(0, min(len(data), 200), 3):
            damaged[place] = int(rng.integers(0, 256))
        with suppress(SmartCropError):  # other errors are raised
            open_picture(bytes(damaged), LIMITS).pixels(1)
