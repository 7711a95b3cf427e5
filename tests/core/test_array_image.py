"""Pictures in the memory of an array."""

import gc

import numpy as np
import pytest

from handler.core.geometry import Size
from handler.core.image.array_image import ArrayImage, cut_out, unfilled
from tests.pictures import photo

BOX = (3, 5, 40, 31)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBX", "RGBA", "RGBa", "CMYK"])
def test_a_part_has_the_pixels_of_a_crop(mode: str) -> None:
    picture = photo(size=(90, 60)).convert("RGBA" if mode == "RGBa" else mode)
    picture = picture.convert(mode)

    part, expected = cut_out(picture, BOX), picture.crop(BOX)

    assert (part.mode, part.size) == (mode, expected.size)
    assert part.tobytes() == expected.tobytes()
    assert (np.asarray(part) == np.asarray(expected)).all()


@pytest.mark.parametrize("mode", ["RGBX", "RGBA"])
def test_numpy_reads_the_memory_of_a_part(mode: str) -> None:
    part = cut_out(photo(size=(90, 60)).convert(mode), BOX)

    pixels = np.asarray(part)
    part.putpixel((2, 1), (7, 8, 9, 255))

    assert pixels[1, 2].tolist() == [7, 8, 9, 255]
    assert not pixels.flags.writeable


def test_the_memory_lives_as_long_as_a_view_of_it() -> None:
    picture = photo(size=(90, 60)).convert("RGBX")
    pixels = np.asarray(cut_out(picture, BOX))
    gc.collect()
    other = np.full_like(pixels, 255)  # would use the memory if it were free

    assert (pixels == np.asarray(picture.crop(BOX))).all()
    assert (other == 255).all()


def test_a_converted_part_has_its_own_memory() -> None:
    part = cut_out(photo(size=(90, 60)).convert("RGBa"), BOX)
    converted = part.convert("RGBA")

    assert not isinstance(converted, ArrayImage)
    assert np.asarray(converted).shape == (26, 37, 4)


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBX"])
def test_an_unfilled_picture_keeps_what_is_pasted(mode: str) -> None:
    picture = photo(size=(90, 60)).convert(mode)
    empty = unfilled(mode, Size(90, 60))

    empty.paste(picture, (0, 0))

    assert empty.mode == mode
    assert empty.tobytes() == picture.tobytes()
