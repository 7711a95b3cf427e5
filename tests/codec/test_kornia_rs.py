"""Plain kinds of PNG, which are decoded by kornia-rs."""

import io
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from handler.codec import Limits, open_picture
from handler.codec.decoders import kornia_rs
from handler.core.geometry import Region, Size
from handler.core.image.freed_rows import PackedRows
from handler.errors import ProcessingFailed
from tests.codec.samples import drawing
from tests.pictures import encoded, photo

LIMITS = Limits(1_000_000)
_END = 12  # bytes of the last chunk of a file


def same(image: Image.Image, other: Image.Image) -> bool:
    return image.mode == other.mode and bool((np.asarray(image) == np.asarray(other)).all())


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_plain_files_are_read_by_the_faster_reader(mode: str) -> None:
    image = photo().convert(mode)
    data = encoded(image, "PNG")
    with Image.open(io.BytesIO(data)) as opened:
        assert kornia_rs.is_plain(opened, data)
        decoded = kornia_rs.decode(opened, data)
    read = decoded.image() if isinstance(decoded, PackedRows) else decoded.image
    assert same(read, image)


@pytest.mark.parametrize("mode", ["1", "P", "LA", "I;16"])
def test_other_files_are_left_to_pillow(mode: str) -> None:
    data = encoded(photo().convert("L").convert(mode), "PNG")
    with Image.open(io.BytesIO(data)) as opened:
        assert not kornia_rs.is_plain(opened, data)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_transparent_colour_is_left_to_pillow(mode: str) -> None:
    key = 255 if mode == "L" else (255, 255, 255)
    data = encoded(drawing().convert(mode), "PNG", transparency=key)
    with Image.open(io.BytesIO(data)) as opened:
        assert not kornia_rs.is_plain(opened, data)
    pixels = open_picture(data, LIMITS).pixels(1)
    corner = pixels.read(Region(0, 0, 1, 1), Size(1, 1))
    assert corner.getpixel((0, 0)) == (0, 0, 0, 0)


def test_a_file_that_ends_after_its_last_row_is_accepted() -> None:
    image = photo()
    data = encoded(image, "PNG")[: -_END - 2]
    with Image.open(io.BytesIO(data)) as opened, pytest.raises(ProcessingFailed):
        kornia_rs.decode(opened, data)

    size = Size(*image.size)
    read = open_picture(data, LIMITS).pixels(1).read(Region(0, 0, *image.size), size)

    assert same(read.convert("RGB"), image)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_a_file_that_ends_early_is_rejected(share: float) -> None:
    data = encoded(photo(), "PNG")
    picture = open_picture(data[: int(len(data) * share)], LIMITS)
    with pytest.raises(ProcessingFailed, match="PNG"):
        picture.pixels(1)


def test_reader_and_writer_are_loaded_by_pictures_that_need_them() -> None:
    program = (
        "import sys, handler.jobs.service, handler.codec.picture;"
        "print({'kornia_rs', 'deflate'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    assert done.stdout.decode().strip() == "set()"
