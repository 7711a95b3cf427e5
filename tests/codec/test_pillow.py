"""PNG, GIF, BMP and TIFF of every kind, as 8-bit pixels."""

import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from handler.codec import Limits, open_picture
from handler.core.geometry import Orientation, Region, Size
from handler.core.image.frame import Pixels
from handler.core.image.orientation import turn_upright
from handler.errors import InvalidImage, ProcessingFailed
from tests.pictures import encoded, gradient, photo

LIMITS = Limits(1_000_000)
SIZE = Size(48, 36)
# The seven passes of an interlaced PNG: first column, first row, steps across and down.
_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2))
_ADAM7_PASSES = (*_ADAM7, (0, 1, 1, 2))
_GREY, _RGB, _GREY_ALPHA, _RGBA = 0, 2, 4, 6


def picture(mode: str = "RGB") -> Image.Image:
    return photo(size=(SIZE.width, SIZE.height)).convert(mode)


def translucent() -> Image.Image:
    """Return the photo with an alpha that increases to the right."""
    image = picture("RGBA")
    image.putalpha(
        Image.fromarray(np.tile(np.arange(0, 240, 5), (SIZE.height, 1)).astype(np.uint8))
    )
    return image


def pixels(data: bytes) -> Pixels:
    return open_picture(data, LIMITS).pixels(1)


def worked_on(data: bytes) -> Image.Image:
    """Return the upright picture as the core reads it, at its own size."""
    size = pixels(data).size
    return pixels(data).read(Region(0, 0, size.width, size.height), size)


def shown(data: bytes) -> Image.Image:
    """Return the upright picture with alpha, if any, not premultiplied."""
    image = worked_on(data)
    return image.convert({"RGBa": "RGBA", "RGBX": "RGB"}.get(image.mode, image.mode))


def same(image: Image.Image, other: Image.Image, tolerance: int = 0) -> bool:
    """Return whether both have the same mode and pixels."""
    assert image.mode == other.mode
    difference = np.asarray(image).astype(int) - np.asarray(other)
    return bool(np.abs(difference).max() <= tolerance)


def png(samples: np.ndarray, colour: int, *, interlaced: bool = False) -> bytes:
    """Return a PNG of 8 or 16 bits a sample, of kinds that Pillow does not write."""
    height, width = samples.shape[:2]
    big_endian = samples.astype(samples.dtype.newbyteorder(">"))
    steps = _ADAM7_PASSES if interlaced else ((0, 0, 1, 1),)
    rows = b"".join(
        b"\0" + np.ascontiguousarray(row).tobytes()
        for left, top, across, down in steps
        for row in big_endian[top::down, left::across]
        if row.size
    )
    depth = samples.dtype.itemsize * 8
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in chunks
    )


@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("name", ["PNG", "BMP", "TIFF"])
def test_plain_pictures_come_out_as_they_went_in(name: str, mode: str) -> None:
    assert same(shown(encoded(picture(mode), name)), picture(mode))


@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_alpha_comes_out_as_it_went_in(name: str) -> None:
    before, after = np.asarray(translucent()), np.asarray(shown(encoded(translucent(), name)))
    assert (after[..., 3] == before[..., 3]).all()
    # Premultiplied colours have as many levels as their alpha; undoing it rounds down as well.
    lost = np.abs(after.astype(int) - before)[..., :3] * before[..., 3:]
    assert lost.max() <= 2 * 255


def test_the_working_picture_is_premultiplied() -> None:
    assert worked_on(encoded(translucent(), "PNG")).mode == "RGBa"


@pytest.mark.parametrize("name", ["PNG", "BMP", "TIFF", "GIF"])
def test_one_bit_becomes_black_and_white(name: str) -> None:
    bits = picture("1")
    assert same(shown(encoded(bits, name)).convert("L"), bits.convert("L"))


@pytest.mark.parametrize("name", ["PNG", "BMP", "TIFF", "GIF"])
def test_a_palette_becomes_its_colours(name: str) -> None:
    few = picture().quantize(20)
    assert same(shown(encoded(few, name)), few.convert("RGB"))


@pytest.mark.parametrize("name", ["PNG", "GIF"])
def test_a_transparent_palette_entry_becomes_alpha(name: str) -> None:
    indices = np.arange(SIZE.area).reshape(SIZE.height, SIZE.width) % 3
    few = Image.fromarray(indices.astype(np.uint8)).convert("P")
    few.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    alpha = np.asarray(shown(encoded(few, name, transparency=1)))[..., 3]
    assert ((alpha == 0) == (indices == 1)).all()
    assert set(np.unique(alpha)) == {0, 255}


def test_a_palette_may_be_translucent() -> None:
    indices = np.tile(np.arange(4, dtype=np.uint8), (4, 1))
    few = Image.fromarray(indices).convert("P")
    few.putpalette([200] * 12)
    data = encoded(few, "PNG", transparency=bytes((0, 85, 170, 255)))
    read = np.asarray(shown(data))
    assert read[0, :, 3].tolist() == [0, 85, 170, 255]
    assert np.abs(read[0, 1:, :3].astype(int) - 200).max() <= 2


@pytest.mark.parametrize(("mode", "colour"), [("L", 7), ("RGB", (7, 8, 9))])
def test_a_transparent_colour_becomes_alpha(mode: str, colour: Any) -> None:
    image = Image.new(mode, (8, 8), 200 if mode == "L" else (200, 200, 200))
    image.paste(colour, (0, 0, 4, 8))
    alpha = np.asarray(shown(encoded(image, "PNG", transparency=colour)))[..., 3]
    assert (alpha == np.repeat([0, 255], 4)).all()


def test_grey_with_alpha_keeps_both() -> None:
    grey = translucent().convert("LA")
    read = shown(encoded(grey, "PNG"))
    assert read.mode == "RGBA"
    assert same(read.getchannel("A"), grey.getchannel("A"))
    opaque_enough = np.asarray(grey)[..., 1] > 200
    difference = np.asarray(read)[..., 0].astype(int) - np.asarray(grey)[..., 0]
    assert np.abs(difference)[opaque_enough].max() <= 2


@pytest.mark.parametrize(("colour", "bands"), [(_GREY, 1), (_RGB, 3), (_GREY_ALPHA, 2), (_RGBA, 4)])
def test_sixteen_bits_are_reduced_to_the_upper_eight(colour: int, bands: int) -> None:
    levels = np.linspace(0, 65_535, 24 * 10 * bands).astype(np.uint16).reshape(10, 24, bands)
    if colour in (_GREY_ALPHA, _RGBA):
        levels[..., -1] = 65_535
    expected = (levels >> 8).astype(int)
    read = np.asarray(shown(png(levels, colour))).reshape(10, 24, -1)
    assert (read[..., 0] == expected[..., 0]).all()
    if colour in (_RGB, _RGBA):
        assert (read[..., :3] == expected[..., :3]).all()


@pytest.mark.parametrize("mode", ["I;16", "I;16B"])
def test_sixteen_bit_grey_in_a_tiff_is_reduced_the_same(mode: str) -> None:
    levels = np.linspace(0, 65_535, 240).astype(np.uint16).reshape(10, 24)
    order = ">u2" if mode == "I;16B" else "<u2"
    image = Image.frombytes(mode, (24, 10), levels.astype(order).tobytes())
    read = shown(encoded(image, "TIFF"))
    assert read.mode == "L"
    assert (np.asarray(read) == levels >> 8).all()


@pytest.mark.parametrize("size", [(1, 1), (3, 5), (8, 8), (29, 17)], ids=str)
def test_an_interlaced_png_is_put_together(size: tuple[int, int]) -> None:
    image = gradient(*size)
    assert same(shown(png(np.asarray(image), _RGB, interlaced=True)), image)


@pytest.mark.parametrize(
    "compression", ["raw", "tiff_lzw", "tiff_adobe_deflate", "tiff_deflate", "packbits"]
)
def test_every_lossless_compression_of_tiff_is_read(compression: str) -> None:
    assert same(shown(encoded(picture(), "TIFF", compression=compression)), picture())


@pytest.mark.parametrize("compression", ["group3", "group4", "tiff_ccitt"])
def test_facsimiles_are_read(compression: str) -> None:
    bits = picture("1")
    assert same(shown(encoded(bits, "TIFF", compression=compression)), bits.convert("L"))


def test_tiff_inks_become_colours() -> None:
    paper = Image.new("CMYK", (8, 8), (0, 0, 0, 0))
    paper.paste((0, 255, 255, 0), (0, 0, 4, 8))
    read = np.asarray(shown(encoded(paper, "TIFF"))).astype(int)
    assert read[:, 4:].min() >= 254
    red, green, blue = read[0, 0]
    assert red > 200
    assert max(green, blue) < 50


@pytest.mark.parametrize("mode", ["F", "I"])
def test_samples_of_32_bits_are_rejected_by_name(mode: str) -> None:
    with pytest.raises(InvalidImage) as caught:
        open_picture(encoded(picture("L").convert(mode), "TIFF"), LIMITS)
    assert "32 bits" in caught.value.error


@pytest.mark.parametrize("name", ["GIF", "PNG", "TIFF"])
def test_of_several_pictures_the_first_is_decoded(name: str) -> None:
    first, *others = (Image.new("RGB", (20, 10), colour) for colour in ("red", "lime", "blue"))
    data = encoded(first, name, save_all=True, append_images=others)
    assert shown(data).convert("RGB").getcolors() == [(200, (255, 0, 0))]


def test_the_first_frame_of_a_gif_is_at_its_offset() -> None:
    frame = encoded(Image.new("P", (4, 4), 1), "GIF")
    screen = bytearray(frame)
    screen[6:10] = struct.pack("<HH", 10, 8)
    place = screen.index(b",", 13)
    screen[place + 1 : place + 5] = struct.pack("<HH", 3, 2)
    assert pixels(bytes(screen)).size == Size(10, 8)


@pytest.mark.parametrize("orientation", list(Orientation))
@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_orientation_is_obeyed(name: str, orientation: Orientation) -> None:
    upright = gradient(40, 30)
    turns = [turn for turn in Image.Transpose if _undoes(turn, orientation)]
    stored = upright.transpose(turns[0]) if turns else upright
    data = encoded(stored, name, orientation=orientation)
    assert open_picture(data, LIMITS).size == Size(40, 30)
    assert same(shown(data), upright)


def _undoes(turn: Image.Transpose, orientation: Orientation) -> bool:
    sample = gradient(5, 3)
    if orientation is Orientation.UPRIGHT:
        return False
    return same_pixels(turn_upright(sample.transpose(turn), orientation), sample)


def same_pixels(image: Image.Image, other: Image.Image) -> bool:
    return image.size == other.size and image.tobytes() == other.tobytes()


def test_metadata_do_not_stay_with_the_pixels() -> None:
    data = encoded(picture(), "PNG", orientation=6, icc_profile=b"a profile")
    assert worked_on(data).info == {}


@pytest.mark.parametrize("name", ["PNG", "BMP", "GIF", "TIFF"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_file_that_ends_early_cannot_be_processed(name: str, share: float) -> None:
    data = encoded(photo().quantize(256) if name == "GIF" else photo(), name)
    with pytest.raises((ProcessingFailed, InvalidImage)):
        open_picture(data[: int(len(data) * share)], LIMITS).pixels(1)


@pytest.mark.parametrize(("depth", "sixteen_bit"), [(8, False), (16, True)])
@pytest.mark.parametrize("name", ["PNG", "TIFF"])
def test_the_depth_of_the_files_samples_is_known(name: str, depth: int, sixteen_bit: bool) -> None:
    image = picture("L" if depth == 8 else "I;16")
    assert pixels(encoded(image, name)).sixteen_bit is sixteen_bit
