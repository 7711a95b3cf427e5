"""Written PNGs: the same pixels, in files no larger than sharp's."""

import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from handler.codec.encoders import png_writer
from tests.codec.samples import drawing
from tests.pictures import decoded, noise, photo


@given(
    mode=st.sampled_from(["L", "RGB", "RGBA"]),
    width=st.integers(1, 40),
    height=st.integers(1, 200),
    drawn=st.booleans(),
)
def test_a_written_file_has_the_same_pixels(
    mode: str, width: int, height: int, drawn: bool
) -> None:
    image = (drawing() if drawn else noise(200, 200)).crop((0, 0, width, height)).convert(mode)

    read = decoded(png_writer.encode(image))

    assert read.mode == mode
    assert read.tobytes() == image.tobytes()


@pytest.mark.parametrize("picture", [drawing(), photo()], ids=["drawing", "photo"])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_files_are_no_larger_than_sharp_writes_them(picture: Image.Image, mode: str) -> None:
    image = picture.convert(mode)
    # sharp's defaults: zlib's level 6 and no filter.
    rows = np.insert(np.asarray(image).reshape(image.height, -1), 0, 0, axis=1)
    assert len(png_writer.encode(image)) <= 1.05 * len(zlib.compress(rows.tobytes(), 6))
