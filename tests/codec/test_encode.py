"""The options of encoders: optimised Huffman codes of JPEG, and the speed of AVIF."""

import numpy as np
import pytest
from PIL import Image

from handler.codec import FORMATS, encode
from handler.config import Config
from handler.jobs.job import Job, run_job
from handler.settings import validate_settings
from tests.codec.golden import psnr
from tests.pictures import decoded, encoded, photo

_WHITE = (255, 255, 255, 255)


def as_jpeg(image: Image.Image, *, optimise: bool) -> bytes:
    return encode(image, FORMATS["jpeg"], 95, _WHITE, optimise=optimise)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBX", "RGBA"])
def test_an_optimised_jpeg_is_as_good_and_smaller(mode: str) -> None:
    image = photo().convert(mode)

    plain, optimised = (as_jpeg(image, optimise=each) for each in (False, True))

    original = np.asarray(image.convert("L" if mode == "L" else "RGB"))
    before, after = (psnr(np.asarray(decoded(data)), original) for data in (plain, optimised))
    assert after > before - 0.5
    assert len(optimised) < len(plain)


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
