"""The options of encoders: Huffman codes of JPEG, the speed of AVIF, and the effort of all."""

import errno
import io
import os

import numpy as np
import pytest
from PIL import Image

from handler.codec import FORMATS, encode
from handler.config import Config
from handler.jobs.job import Job, run_job
from handler.settings import validate_settings
from tests.codec.golden import psnr
from tests.disks import largest_file
from tests.needs import needs_linux
from tests.pictures import decoded, encoded, photo

_WHITE = (255, 255, 255, 255)


def as_jpeg(image: Image.Image, *, optimise: bool) -> bytes:
    return encode(image, FORMATS["jpeg"], 95, _WHITE, optimise=optimise)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBX", "RGBA"])
def test_an_optimised_jpeg_has_the_same_pixels_and_is_smaller(mode: str) -> None:
    image = photo().convert(mode)

    plain, optimised = (as_jpeg(image, optimise=each) for each in (False, True))

    assert decoded(optimised).tobytes() == decoded(plain).tobytes()
    assert len(optimised) < len(plain)


def test_a_picture_is_saved_again_with_other_options() -> None:
    image = photo()
    again = io.BytesIO()

    as_jpeg(image, optimise=False)
    image.save(again, "JPEG", quality=10)

    assert len(again.getvalue()) < len(as_jpeg(image, optimise=False)) / 3


def too_many_files(name: str) -> int:
    raise OSError(errno.EMFILE, f"Too many open files: {name}")


def test_a_jpeg_is_written_without_a_descriptor(monkeypatch: pytest.MonkeyPatch) -> None:
    expected = as_jpeg(photo(), optimise=False)
    monkeypatch.setattr(os, "memfd_create", too_many_files, raising=False)

    assert as_jpeg(photo(), optimise=False) == expected


@needs_linux
@pytest.mark.parametrize("missing", [1, 2, 3, 10_000, 30_000])
def test_a_jpeg_is_complete_where_the_size_of_files_is_limited(missing: int) -> None:
    expected = as_jpeg(photo(), optimise=False)

    with largest_file(len(expected) - missing):
        assert as_jpeg(photo(), optimise=False) == expected


def crop(side: int, format_: str) -> bytes:
    data = encoded(photo("astronaut.png"), quality=80)
    settings = validate_settings({"width": side, "height": side, "format": format_})[0]
    return run_job(Job(data, None, settings), Config()).results[0].data


@pytest.mark.parametrize(("side", "optimise"), [(800, True), (512, True), (300, False)])
def test_only_pictures_that_are_not_reduced_are_optimised(side: int, optimise: bool) -> None:
    pixels = decoded(crop(side, "png"))
    assert crop(side, "jpeg") == as_jpeg(pixels, optimise=optimise)


@pytest.mark.parametrize(("size", "speed"), [((1000, 1000), 6), ((1001, 1000), 9)])
def test_large_avif_is_encoded_at_a_higher_speed(
    size: tuple[int, int], speed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[object] = []

    def save(_image: Image.Image, _target: object, _name: str, **options: object) -> None:
        given.append(options["speed"])

    monkeypatch.setattr(Image.Image, "save", save)
    encode(Image.new("RGB", size), FORMATS["avif"], 80, _WHITE)
    assert given == [speed]


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("name", ["jpeg", "png", "webp", "avif", "tiff"])
def test_high_effort_writes_a_smaller_file_that_is_as_good(name: str, mode: str) -> None:
    image = photo().convert(mode)
    quick, thorough = (
        # So many pixels in all that AVIF is otherwise written at the higher speed.
        encode(image.copy(), FORMATS[name], 80, _WHITE, all_pixels=10**9, thorough=each)
        for each in (False, True)
    )

    original = np.asarray(image.convert("RGB"))
    before, after = (
        psnr(np.asarray(decoded(each).convert("RGB")), original) for each in (quick, thorough)
    )
    assert len(thorough) < len(quick)
    assert after > before - 0.5


@pytest.mark.parametrize("name", ["png", "tiff"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
@pytest.mark.parametrize("size", [(1, 1), (3, 70), (300, 200)])
def test_high_effort_loses_nothing_in_lossless_formats(
    name: str, mode: str, size: tuple[int, int]
) -> None:
    image = photo().convert(mode).resize(size)
    data = encode(image.copy(), FORMATS[name], 80, _WHITE, thorough=True)
    np.testing.assert_array_equal(np.asarray(decoded(data)), np.asarray(image))


def test_a_jpeg_of_high_effort_is_progressive() -> None:
    settings = validate_settings({"effort": "high", "width": 100, "height": 100})[0]
    result = run_job(Job(encoded(photo(), "JPEG"), None, settings), Config()).results[0].data
    assert decoded(result).info.get("progressive") == 1


@pytest.mark.parametrize(("format_", "ignored"), [("gif", True), ("png", False)])
def test_a_format_without_effort_is_a_warning(format_: str, ignored: bool) -> None:
    settings = validate_settings({"effort": "high", "format": format_})[0]
    warnings = run_job(Job(encoded(photo()), None, settings), Config()).warnings
    expected = "effort: ignored, because GIF is written in one way"
    assert (expected in warnings) == ignored
