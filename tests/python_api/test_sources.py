"""The sources that the Python interface accepts."""

import io
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from handler import Crop, SmartCropError, analyze, crop
from handler.errors import InvalidImage, NoImage
from tests.pictures import encoded, gradient, photo

PHOTO = photo("coffee.png", (120, 80))
SMALL: dict[str, Any] = {"width": 30, "height": 20}


def pixels(result: Crop) -> bytes:
    return result.image.convert("RGB").tobytes()


def test_a_file_has_the_same_crop_in_every_form(tmp_path: Path) -> None:
    data = encoded(PHOTO, "PNG")
    path = tmp_path / "cup.png"
    path.write_bytes(data)

    with path.open("rb") as file:
        results = [
            crop(source, **SMALL)
            for source in (data, bytearray(data), memoryview(data), path, str(path), file)
        ]

    assert len({pixels(each) for each in results}) == 1
    named = ["image_smartcrop.png"] * 3 + ["cup_smartcrop.png"] * 3
    assert [each.filename for each in results] == named


def test_pixels_in_memory_have_the_crop_of_their_file() -> None:
    expected = crop(encoded(PHOTO, "PNG"), **SMALL)

    for source in (PHOTO, np.asarray(PHOTO), np.asarray(PHOTO)[::-1][::-1]):
        result = crop(source, **SMALL)
        assert pixels(result) == pixels(expected)
        assert result.plan == expected.plan


@pytest.mark.parametrize(
    ("mode", "result"),
    [
        *(("1", "L"), ("L", "L"), ("LA", "RGBA"), ("P", "RGB"), ("RGB", "RGB"), ("RGBA", "RGBA")),
        *(("I;16", "L"), ("RGBX", "RGB"), ("RGBa", "RGBA"), ("La", "RGBA"), ("PA", "RGBA")),
        *(("CMYK", "RGB"), ("YCbCr", "RGB"), ("HSV", "RGB")),
    ],
)
def test_a_pil_image_of_any_mode_is_cropped(mode: str, result: str) -> None:
    steps = {"La": ["LA"], "RGBa": ["RGBA"], "PA": ["P"], "I;16": ["L", "I"]}.get(mode, [])
    image = PHOTO
    for each in (*steps, mode):
        image = image.convert(each)

    cropped = crop(image, **SMALL).image

    assert cropped.size == (30, 20)
    assert cropped.mode == result
    assert image.mode == mode


def test_a_pil_image_keeps_its_orientation_and_profile() -> None:
    data = encoded(gradient(90, 60), "PNG", orientation=6)
    with Image.open(io.BytesIO(data)) as turned:
        result = crop(turned, **SMALL)

    assert analyze(data).plan.source == result.plan.source
    assert (result.plan.source.width, result.plan.source.height) == (60, 90)


@pytest.mark.parametrize(
    ("bands", "dtype"),
    [(0, "uint8"), (0, ">u2"), (1, "uint8"), (2, "uint8"), (3, "uint8"), (4, "uint8")],
)
def test_an_array_of_up_to_four_bands_is_cropped(bands: int, dtype: str) -> None:
    shape = (80, 120, bands) if bands else (80, 120)
    array = np.full(shape, 200 if dtype == "uint8" else 51_400, dtype)

    result = crop(array, **SMALL)

    assert result.image.mode == ("RGBA" if bands in (2, 4) else "RGB" if bands == 3 else "L")
    # Alpha is multiplied and divided, which rounds twice.
    assert np.abs(np.asarray(result.image).astype(int) - 200).max() <= 2
    assert result.plan.source.width == 120


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (3, TypeError, "source: expected bytes, a path, .* received int"),
        (io.StringIO("x"), TypeError, "binary mode"),
        (np.zeros((4, 4, 5), np.uint8), TypeError, r"received \(4, 4, 5\)"),
        (np.zeros((4, 4)), TypeError, "received float64"),
        (np.zeros((4, 4, 3), np.uint16), TypeError, "received uint16 with 3"),
        (np.zeros((0, 4), np.uint8), ValueError, "at least one pixel"),
        (Image.new("F", (4, 4)), ValueError, "received F"),
        (Image.new("RGB", (0, 4)), ValueError, "at least one pixel"),
        (b"", NoImage, "No image file provided"),
        (b"no picture", InvalidImage, "Invalid image: unrecognised format"),
        ("missing.jpg", FileNotFoundError, "missing.jpg"),
    ],
)
def test_another_source_is_an_error(source: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        crop(source)


def test_errors_of_the_service_have_one_base() -> None:
    with pytest.raises(SmartCropError):
        crop(b"no picture")


def test_an_unnamed_file_object_is_accepted() -> None:
    with tempfile.TemporaryFile() as file:  # its name is a number
        file.write(encoded(PHOTO))
        file.seek(0)

        assert crop(file, **SMALL).filename == "image_smartcrop.jpg"
