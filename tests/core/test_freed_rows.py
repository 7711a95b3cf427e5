"""Rows that are freed while they are resampled, compared with pictures that are kept."""

from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from handler.core.geometry import Orientation, Region, Size
from handler.core.image.alpha import DecodedImage
from handler.core.image.frame import Pixels
from handler.core.image.freed_rows import ArrayRows, PackedRows, Samples, unfilled
from handler.core.image.resample import resample
from handler.core.image.resample_freed import resample_and_free, resample_packed
from tests.pictures import photo

WHOLE = Size(1501, 1203)
# Bands of a picture in memory -> its mode.
MODES = {1: "L", 4: "RGBX"}
# Sizes of the whole picture: rows in parts, one part, edges beyond the picture, and blocks.
SIZES = [Size(755, 605), Size(500, 401), Size(751, 601), Size(1100, 882), Size(300, 240)]


def samples(bands: int, size: Size = WHOLE) -> Samples:
    rng = np.random.default_rng(7)
    return rng.integers(0, 256, (size.height, size.width, bands), np.uint8)


def cover(size: Size, whole: Size = WHOLE) -> Region:
    """Return the region that a resize to fill a size reads; it may exceed the picture."""
    shrink = min(whole.width / size.width, whole.height / size.height)
    width, height = size.width * shrink, size.height * shrink
    return Region((whole.width - width) / 2, (whole.height - height) / 2, width, height)


def everything(size: Size) -> Region:
    return Region(0, 0, WHOLE.width, WHOLE.height)


def outside(size: Size) -> Region:
    """Return a region that exceeds the picture by half a pixel on each side."""
    return Region(-0.5, -0.5, WHOLE.width + 1, WHOLE.height + 1)


def rgb(pixels: Samples) -> Image.Image:
    return Image.fromarray(pixels[..., :3])


def same(image: Image.Image, other: Image.Image) -> bool:
    return image.mode == other.mode and image.tobytes() == other.tobytes()


@pytest.fixture(autouse=True)
def small_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Divide the pictures of these tests into as many parts as photos of a camera."""
    monkeypatch.setattr("handler.core.image.resample_spans._UNDIVIDED_BYTES", 1 << 19)
    monkeypatch.setattr("handler.core.image.resample_spans._PART_BYTES", 1 << 18)
    monkeypatch.setattr("handler.core.image.freed_rows._FEW_BYTES", 1 << 18)
    monkeypatch.setattr("handler.core.image.freed_rows._MANY_BYTES", 1 << 19)


@pytest.mark.parametrize("region", [cover, everything, outside])
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("bands", MODES)
def test_rows_that_are_freed_give_the_pixels_of_those_that_are_kept(
    bands: int, size: Size, region: Callable[[Size], Region]
) -> None:
    pixels, mode = samples(bands), MODES[bands]
    kept = Image.frombytes(mode, (WHOLE.width, WHOLE.height), pixels.tobytes())
    rows = ArrayRows(pixels.ravel().copy(), WHOLE.width * bands)

    freed = resample_and_free(rows, mode, WHOLE, region(size), size)

    assert same(freed, resample(kept, region(size), size))


@pytest.mark.parametrize("region", [cover, everything, outside])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_packed_rows_give_the_pixels_of_an_unpacked_picture(
    size: Size, region: Callable[[Size], Region]
) -> None:
    pixels = samples(3)
    packed = PackedRows(pixels.copy(), lambda _: None)

    freed = resample_packed(packed, lambda image: image, region(size), size)

    freed = freed or resample(packed.image(), region(size), size)
    assert same(freed, resample(rgb(pixels), region(size), size))


@pytest.mark.parametrize("size", [Size(755, 605), Size(300, 240)], ids=str)
def test_packed_rows_are_given_back_while_they_are_read(size: Size) -> None:
    given: list[int] = []
    packed = PackedRows(samples(3), lambda part: given.append(part.nbytes))
    whole = Region(0, 0, WHOLE.width, WHOLE.height)

    assert resample_packed(packed, lambda image: image, whole, size) is not None

    # All columns of the result, or blocks of 2 × 2 pixels.
    between = size.width * WHOLE.height if size.width > 400 else 751 * 602
    assert sum(given) == 3 * WHOLE.area - 4 * between
    assert max(given) < WHOLE.area


def test_a_result_that_would_not_fit_leaves_packed_rows_as_they_are() -> None:
    pixels = samples(3)
    packed = PackedRows(pixels.copy(), lambda _: None)
    size = Size(1400, 1122)
    assert resample_packed(packed, lambda image: image, cover(size), size) is None
    assert same(packed.image(), rgb(pixels))


def test_an_array_shrinks_while_its_rows_are_read() -> None:
    array = samples(4).ravel().copy()
    rows = ArrayRows(array, WHOLE.width * 4)
    del array
    rows.keep(WHOLE.height // 2)
    with pytest.raises(ValueError, match="buffer is not large enough"):
        rows.image("RGBX", WHOLE)
    assert rows.image("RGBX", Size(WHOLE.width, WHOLE.height // 2)).height == WHOLE.height // 2


def test_an_array_that_a_picture_uses_is_kept() -> None:
    rows = ArrayRows(samples(4).ravel().copy(), WHOLE.width * 4)
    image = rows.image("RGBX", WHOLE)
    rows.keep(1)
    assert rows.image("RGBX", WHOLE).tobytes() == image.tobytes()


class Files:
    """A file that counts how often it is decoded."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.decoded = 0

    def decode(self) -> DecodedImage | PackedRows:
        self.decoded += 1
        if self.kind == "packed":
            return PackedRows(samples(3), lambda _: None)
        pixels = samples(4)
        if self.kind == "alpha":
            return DecodedImage.over(pixels, "RGBA")
        rows = ArrayRows(pixels.ravel().copy(), WHOLE.width * 4)
        return DecodedImage(rows.image("RGBX", WHOLE), rows=rows)

    def pixels(self, orientation: Orientation = Orientation.UPRIGHT) -> Pixels:
        def darker(image: Image.Image) -> Image.Image:
            return image.point(lambda level: level // 2) if image.mode == "RGB" else image

        return Pixels(self.decode(), orientation, darker, decode_again=self.decode)


@pytest.mark.parametrize("orientation", [Orientation.UPRIGHT, Orientation.TURN_LEFT])
@pytest.mark.parametrize("kind", ["packed", "plain", "alpha"])
def test_the_last_reading_is_like_any_other(kind: str, orientation: Orientation) -> None:
    size = orientation.size(Size(755, 605))
    file = Files(kind)
    pixels, others = file.pixels(orientation), Files(kind).pixels(orientation)
    whole = Region(0, 0, pixels.size.width, pixels.size.height)

    assert same(pixels.read(whole, size, last=True), others.read(whole, size))
    part = Region(0, 0, pixels.size.width * 0.2, pixels.size.height * 0.2)
    fifth = Size(size.width // 5, size.height // 5)
    assert same(pixels.read(part, fifth), others.read(part, fifth))
    assert file.decoded == 1


@pytest.mark.parametrize("kind", ["packed", "plain", "alpha"])
def test_a_reading_after_the_last_decodes_the_file_again(kind: str) -> None:
    file = Files(kind)
    pixels, others = file.pixels(), Files(kind).pixels()
    whole = Region(0, 0, WHOLE.width, WHOLE.height)
    pixels.read(whole, Size(755, 605), last=True)
    other = Size(333, 222)
    assert same(pixels.read(whole, other), others.read(whole, other))
    assert file.decoded == 2


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBX", "RGBA", "RGBa", "CMYK"])
def test_an_unfilled_picture_keeps_what_is_pasted(mode: str) -> None:
    picture = photo(size=(91, 60)).convert("RGBA" if mode == "RGBa" else mode).convert(mode)
    empty = unfilled(mode, Size(91, 60))

    empty.paste(picture, (0, 0))

    assert same(empty, picture)
