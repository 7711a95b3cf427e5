"""Every accepted format: recognition, opening, orientation, limits and output format."""

import platform
import struct
import sys
import zlib
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np
import pytest
from PIL import Image

from handler.codec import FORMATS, Limits, available_formats, formats, open_picture, output_format
from handler.codec.formats import recognise
from handler.codec.further_formats import FURTHER_PACKAGES
from handler.codec.headers import READERS
from handler.core.geometry import Orientation, Region, Size
from handler.core.image.orientation import turn_upright
from handler.errors import InvalidImage, InvalidSettings, SmartCropError
from tests import further_files
from tests.codec import samples
from tests.codec.golden import psnr
from tests.pictures import encoded, gradient, photo

LIMITS = Limits(1_000_000)
SIZE = (96, 64)


def _rgb() -> Image.Image:
    return photo(size=SIZE)


def _rgba() -> Image.Image:
    image = _rgb().convert("RGBA")
    image.putalpha(_rgb().convert("L").point(lambda value: min(255, value * 2)))
    return image


def _named(name: str, **options: Any) -> Callable[[], bytes]:
    return lambda: encoded(_rgb(), name, **options)


# Kind of file -> function that makes it, its format, and the format of its results.
KINDS: dict[str, tuple[Callable[[], bytes], str, str]] = {
    "jpeg": (_named("JPEG", quality=95), "jpeg", "jpeg"),
    "png": (_named("PNG"), "png", "png"),
    "webp": (_named("WEBP", quality=95), "webp", "webp"),
    "webp-lossless": (_named("WEBP", lossless=True), "webp", "webp"),
    "gif": (_named("GIF"), "gif", "gif"),
    "bmp": (_named("BMP"), "bmp", "png"),
    "tiff": (_named("TIFF"), "tiff", "tiff"),
    "tiff-lzw": (_named("TIFF", compression="tiff_lzw"), "tiff", "tiff"),
    "tiff-deflate": (_named("TIFF", compression="tiff_adobe_deflate"), "tiff", "tiff"),
    "tiff-jpeg": (_named("TIFF", compression="jpeg", quality=95), "tiff", "tiff"),
    "tiff-16-bits": (samples.rgb16_tiff, "tiff", "tiff"),
    "avif": (_named("AVIF", quality=95), "avif", "avif"),
    "avif-alpha": (lambda: encoded(_rgba(), "AVIF", quality=95), "avif", "avif"),
    "heic": (lambda: samples.heic(_rgb()), "heic", "jpeg"),
    "heic-alpha": (lambda: samples.heic(_rgba()), "heic", "png"),
    "jpeg-2000": (_named("JPEG2000"), "jp2", "png"),
    "jpeg-2000-codestream": (_named("JPEG2000", no_jp2=True), "jp2", "png"),
    "jpeg-2000-alpha": (lambda: encoded(_rgba(), "JPEG2000"), "jp2", "png"),
    "jpeg-xl": (lambda: samples.jxl(_rgb()), "jxl", "png"),
    "jpeg-xl-alpha": (lambda: samples.jxl(_rgba()), "jxl", "png"),
    "jpeg-xl-in-boxes": (lambda: samples.jxl(_rgb(), exif=b"\0\0\0\0MM\0*"), "jxl", "png"),
    "ico": (lambda: encoded(_rgb(), "ICO", sizes=[(16, 10), SIZE]), "ico", "png"),
    "ico-bmp": (lambda: encoded(_rgb(), "ICO", sizes=[SIZE], bitmap_format="bmp"), "ico", "png"),
    "tga": (_named("TGA"), "tga", "png"),
    "tga-run-lengths": (_named("TGA", compression="tga_rle"), "tga", "png"),
    "tga-alpha": (lambda: encoded(_rgba(), "TGA"), "tga", "png"),
    "tga-without-footer": (lambda: encoded(_rgb(), "TGA")[:-26], "tga", "png"),
    "psd": (lambda: samples.psd(_rgb()), "psd", "png"),
    "psd-packed": (lambda: samples.psd(_rgb(), packed=True), "psd", "png"),
    "psd-grey": (lambda: samples.psd(_rgb().convert("L")), "psd", "png"),
    "psd-alpha": (
        lambda: samples.psd(_rgba(), packed=True, layers=b"\0\0\0\2\xff\xff"),
        "psd",
        "png",
    ),
    **further_files.available(),
}
NEEDED = frozenset(FORMATS) - frozenset(FURTHER_PACKAGES)


def shown(data: bytes) -> Image.Image:
    """Return the upright picture that is cropped."""
    pixels = open_picture(data, LIMITS).pixels(1)
    image = pixels.read(Region(0, 0, pixels.size.width, pixels.size.height), pixels.size)
    return image.convert({"RGBa": "RGBA", "RGBX": "RGB"}.get(image.mode, image.mode))


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_of_every_kind_is_opened(kind: str) -> None:
    make, name, output = KINDS[kind]
    data = make()
    picture = open_picture(data, LIMITS)
    assert picture.format.name == name
    assert output_format(picture.format, "auto").name == output
    assert picture.warnings == []
    image = shown(data)
    reference = photo() if kind == "tiff-16-bits" else _rgba() if "alpha" in kind else _rgb()
    assert picture.size == Size(*reference.size)
    if "alpha" in kind:
        difference = np.asarray(image.getchannel("A")).astype(int) - np.asarray(reference)[..., 3]
        assert np.abs(difference).max() <= 12
    expected = reference.convert("RGB").convert("L") if "grey" in kind else reference
    if "1-bit" in kind:
        expected = reference.convert("L").point(lambda level: 255 if level >= 128 else 0)
    seen = np.asarray(reference)[..., 3] > 128 if "alpha" in kind else ...
    bands = "L" if "grey" in kind else "RGB"
    ours, theirs = (np.asarray(one.convert(bands))[seen] for one in (image, expected))
    assert psnr(ours, theirs) > 27


def test_there_is_a_file_of_every_format() -> None:
    assert {name for _, name, _ in KINDS.values()} == available_formats()
    assert available_formats() >= NEEDED


@pytest.mark.parametrize("name", FORMATS)
def test_every_entry_of_the_table_is_complete(name: str) -> None:
    format_ = FORMATS[name]
    assert format_.reason
    assert format_.content_type.startswith("image/")
    assert format_.output in FORMATS
    assert name in READERS


@pytest.mark.parametrize(
    "name", ["avif", "heic", "jxl", "tiff", "jp2", "webp", *sorted(FURTHER_PACKAGES)]
)
def test_a_format_that_a_build_cannot_read_is_rejected_by_name(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = frozenset(FORMATS) - {name}
    monkeypatch.setattr(formats, "available_formats", lambda: rest)
    kinds = {**KINDS, **further_files.KINDS}
    make = next(make for make, format_, _ in kinds.values() if format_ == name)
    # OpenEXR is written by the package that may be missing.
    data = b"\x76\x2f\x31\x01" if name == "exr" else make()
    with pytest.raises(InvalidImage) as caught:
        open_picture(data, LIMITS)
    label = FORMATS[name].label
    assert caught.value.error == f"Invalid image: {label} is not supported by this build"


def test_a_format_that_a_build_cannot_write_is_rejected_by_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = sys.modules[output_format.__module__]
    monkeypatch.setattr(module, "available_formats", lambda: frozenset({"jpeg"}))
    with pytest.raises(InvalidSettings, match=r"format: expected one of .*, received avif"):
        output_format(FORMATS["jpeg"], "avif")


def test_this_build_reads_everything() -> None:
    missing = {name for name, package in FURTHER_PACKAGES.items() if find_spec(package) is None}
    if missing:
        pytest.skip(f"needs the packages of {', '.join(sorted(missing))}")
    lacking = {"jxl"} if sys.platform == "linux" and platform.machine() != "x86_64" else set()
    assert available_formats() == frozenset(FORMATS) - lacking


@pytest.mark.parametrize(
    "package", ["pillow_avif", "pi_heif", "pylibjxl", *FURTHER_PACKAGES.values()]
)
def test_a_missing_package_is_noticed(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "find_spec", lambda name: None if name == package else name)
    further = {name: format_ for format_, name in FURTHER_PACKAGES.items()}
    packages = {"pillow_avif": "avif", "pi_heif": "heic", "pylibjxl": "jxl", **further}
    missing = packages[package]
    assert available_formats.__wrapped__() == frozenset(FORMATS) - {missing}


@pytest.mark.parametrize("orientation", list(Orientation))
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("AVIF", {"quality": 100, "subsampling": "4:4:4"}),
        ("HEIC", {}),
        ("WEBP", {"lossless": True}),
        ("TIFF", {}),
    ],
)
@pytest.mark.parametrize("size", [(40, 30), (64, 128)], ids=str)
def test_each_format_is_turned_upright_once(
    size: tuple[int, int], name: str, options: dict[str, Any], orientation: Orientation
) -> None:
    upright = gradient(*size)
    stored = _stored(upright, orientation)
    if name == "HEIC":
        data = samples.heic(stored, orientation, **options)
    else:
        data = encoded(stored, name, orientation=orientation, **options)
    assert open_picture(data, LIMITS).size == Size(*size)
    difference = np.asarray(shown(data).convert("RGB")).astype(int) - np.asarray(upright)
    assert np.abs(difference).max() <= 4


def _stored(upright: Image.Image, orientation: Orientation) -> Image.Image:
    """Return the picture that the orientation turns into ``upright``."""
    for back in Orientation:
        stored = turn_upright(upright, back)
        again = turn_upright(stored, orientation)
        if again.size == upright.size and again.tobytes() == upright.tobytes():
            return stored
    raise AssertionError("some orientation undoes every other")


def test_a_jpeg_xl_is_turned_by_its_own_orientation() -> None:
    upright = photo(size=(64, 96))
    data = encoded(_stored(upright, Orientation.TURN_RIGHT), "JPEG", orientation=6, quality=95)
    transcoded = samples.needed_pylibjxl().jpeg_to_jxl(data)
    assert open_picture(transcoded, LIMITS).size == Size(64, 96)
    assert psnr(np.asarray(shown(transcoded)), np.asarray(upright)) > 30


FRAMES = [Image.new("RGB", (20, 10), colour) for colour in ("red", "lime", "blue")]
ANIMATED = "The picture is animated; its first visible frame was cropped"
PAGES = "The file has several pages; the first one was cropped"


@pytest.mark.parametrize(
    ("name", "warning"),
    [
        ("GIF", ANIMATED),
        ("PNG", ANIMATED),
        ("WEBP", ANIMATED),
        ("AVIF", ANIMATED),
        ("TIFF", PAGES),
    ],
)
def test_of_several_frames_the_first_is_decoded_with_a_warning(name: str, warning: str) -> None:
    first, *others = FRAMES
    data = encoded(first, name, save_all=True, append_images=others)
    assert open_picture(data, LIMITS).warnings == [warning]
    red, green, blue = np.asarray(shown(data).convert("RGB"))[5, 10].astype(int)
    assert red > 240
    assert max(green, blue) < 15


def test_a_photo_album_in_a_heic_is_no_animation() -> None:
    data = samples.heic(FRAMES[0], save_all=True, append_images=FRAMES[1:])
    assert open_picture(data, LIMITS).warnings == []


def test_the_largest_picture_of_an_ico_is_decoded() -> None:
    for options in ({}, {"bitmap_format": "bmp"}):
        picture = open_picture(samples.ico(16, 64, 32, **options), LIMITS)
        assert picture.size == Size(64, 64)
        assert picture.pixels(1).size == Size(64, 64)


@pytest.mark.parametrize("kind", [1, 2])
def test_an_icon_may_be_larger_than_its_directory_can_say(kind: int) -> None:
    picture = encoded(photo(size=(512, 400)), "PNG")
    entry = struct.pack("<BBBBHHII", 0, 0, 0, 0, 1, 32, len(picture), 22)
    data = struct.pack("<HHH", 0, kind, 1) + entry + picture
    assert shown(data).size == (512, 400)


def test_a_channel_that_is_no_transparency_is_left_out_of_a_psd() -> None:
    for packed in (False, True):
        image = shown(samples.psd(_rgba(), packed=packed))
        assert image.mode == "RGB"
        assert np.abs(np.asarray(image).astype(int) - np.asarray(_rgb())).max() == 0


# Finds the size in the header by its bytes, in each byte order and width of the numbers.
def _too_large(kind: str) -> bytes:
    data = KINDS[kind][0]()
    width, height = SIZE
    orders: tuple[tuple[Literal["big", "little"], int], ...]
    orders = (("big", 4), ("big", 2), ("little", 2), ("little", 4))
    for order, length in orders:
        for first, second in ((width, height), (height, width)):
            for gap in (b"", b"\0\0"):
                old = first.to_bytes(length, order) + gap + second.to_bytes(length, order)
                if old in data:
                    new = (30_000).to_bytes(length, order)
                    return data.replace(old, new + gap + new)
    raise AssertionError(f"no size was found in {kind}")


@pytest.mark.parametrize(
    "kind", ["jpeg", "png", "gif", "bmp", "jpeg-2000", "jpeg-2000-codestream", "tga", "psd", "avif"]
)
def test_too_many_pixels_are_rejected_before_decoding(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _forbid_decoding(monkeypatch)
    data = _repaired(_too_large(kind))
    with pytest.raises(SmartCropError):
        open_picture(data, LIMITS)


@pytest.mark.parametrize("name", FORMATS)
def test_whole_files_beyond_the_limit_are_rejected_before_decoding(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _forbid_decoding(monkeypatch)
    for make, format_, _ in KINDS.values():
        if format_ == name:
            with pytest.raises(InvalidImage, match="expected at most 6,143 pixels"):
                open_picture(make(), Limits(SIZE[0] * SIZE[1] - 1))


def _forbid_decoding(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a decoder was reached")

    for target in ("isolated.decode", "pillow.decode", "libjpeg_turbo.decode", "libwebp.decode"):
        monkeypatch.setattr(f"handler.codec.decoders.{target}", refuse)


def _repaired(data: bytes) -> bytes:
    """Return the file, with the checksum repaired if it is a PNG."""
    if not data.startswith(b"\x89PNG"):
        return data
    return data[:29] + zlib.crc32(data[12:29]).to_bytes(4, "big") + data[33:]


@pytest.mark.parametrize("seed", range(200))
def test_noise_is_no_tga(seed: int) -> None:
    assert recognise(np.random.default_rng(seed).bytes(2_000)) is None
