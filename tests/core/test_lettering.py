"""Lettering: lines that are found, things that resemble them, and windows that do not cut them."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageOps

from handler.core.geometry import Box, Size
from handler.core.saliency.boundaries import cut_price
from handler.core.saliency.interest import Interest
from handler.core.saliency.interest_map import combine
from handler.core.saliency.lettering import find_lettering
from handler.core.saliency.selection import select_window
from handler.core.spans import Floats
from tests.core.lettered import lettered
from tests.pictures import noise, photo

VIEW = (320, 240)


def pixels_of(spans: Floats, size: tuple[int, int]) -> list[Box]:
    edges = np.rint(spans * np.array(size)[:, np.newaxis]).astype(int).tolist()
    return [Box(left, top, right - left, bottom - top) for (left, right), (top, bottom) in edges]


@pytest.mark.parametrize("scale", [1, 2, 3])
@pytest.mark.parametrize("ink", ["black", "darkred"])
def test_a_line_of_print_is_found(scale: int, ink: str) -> None:
    image, box = lettered("Smartcrop", VIEW, (40, 100), scale, ink=ink)

    (found,) = pixels_of(find_lettering(image), VIEW)

    assert abs(found.left - box.left) <= 2
    assert abs(found.right - box.right) <= 2
    assert abs(found.top - box.top) <= 2
    assert abs(found.bottom - box.bottom) <= 3 * scale  # without the tail of the p


def test_light_letters_on_a_dark_sign_in_a_photo_are_found() -> None:
    background = photo("coffee.png", VIEW).convert("RGB")
    ImageDraw.Draw(background).rectangle((40, 40, 290, 90), "darkgreen")
    image, box = lettered("ENTRANCE", VIEW, (60, 52), 3, background=background, ink="white")

    found = pixels_of(find_lettering(image), VIEW)

    assert any(
        abs(each.left - box.left) <= 3 and abs(each.right - box.right) <= 3 for each in found
    )


@pytest.mark.parametrize("name", ["chelsea.png", "coffee.png", "astronaut.png", "rocket.jpg"])
def test_photos_have_little_lettering(name: str) -> None:
    assert len(find_lettering(photo(name, VIEW).convert("RGB"))) <= 1


def test_textures_have_no_lettering() -> None:
    stripes = np.tile(np.where(np.arange(320) % 10 < 5, 40, 220).astype(np.uint8), (240, 1))
    grass = photo("grass.png", VIEW).convert("RGB")

    for image in (noise(*VIEW), Image.fromarray(stripes), grass, Image.new("RGB", VIEW, "teal")):
        assert len(find_lettering(image)) == 0


@pytest.mark.parametrize("size", [(1, 1), (320, 2), (3, 320)])
def test_pictures_of_any_size_are_searched(size: tuple[int, int]) -> None:
    assert find_lettering(Image.new("RGB", size, "white")).shape == (0, 2, 2)


def test_the_mirror_image_of_a_symmetric_line_has_the_mirrored_box() -> None:
    image, _ = lettered("WHOOOHW", VIEW, (30, 60), 3)

    (found,) = pixels_of(find_lettering(image), VIEW)
    (mirrored,) = pixels_of(find_lettering(ImageOps.mirror(image)), VIEW)

    assert abs(mirrored.left - (320 - found.right)) <= 1


def test_an_edge_through_a_line_has_a_price() -> None:
    line = np.array([[[0.4, 0.6], [0.1, 0.2]]])
    price = cut_price(line, np.array([300.0, 600.0]), Size(1000, 600))

    outside, touching, cut, whole = price(np.array([0, 90, 200, 350.0]), np.zeros(1))[0]

    assert (outside, whole) == (0, 0)
    assert 0 <= touching < cut
    assert cut == pytest.approx(0.02)


def test_a_window_that_cuts_several_lines_pays_once() -> None:
    lines = np.array([[[0.4, 0.6], [top, top + 0.05]] for top in np.linspace(0.1, 0.9, 9)])

    cut = cut_price(lines, np.array([300.0, 600.0]), Size(1000, 600))(
        np.array([200.0]), np.zeros(1)
    )

    assert cut[0, 0] == pytest.approx(0.02)


@pytest.mark.parametrize("mirrored", [False, True])
def test_a_window_moves_a_little_to_keep_a_line_whole(mirrored: bool) -> None:
    flat = combine([("flat", np.ones((32, 32)))])
    line = np.array([[[0.3, 0.95], [0.1, 0.2]]])
    if mirrored:
        line[:, 0] = 1 - line[:, 0, ::-1]

    without, found = (
        select_window(Interest(flat, (), 0.9, lettering=lettering), Size(800, 600), Size(1, 1))
        for lettering in (None, line)
    )

    assert without.crop == Box(100, 0, 600, 600)
    margin = found.crop.left - 40 if mirrored else 760 - found.crop.right
    # A window is tried every six pixels, and a sliver of the line may be cut.
    assert abs(margin) <= 13


def test_a_line_does_not_outweigh_the_interest() -> None:
    place = np.linspace(0, 1, 64)
    spot = np.exp(-((place - 0.15) ** 2) / 0.005) + 1e-3
    interest = combine([("spot", np.tile(spot, (64, 1)))])
    line = np.array([[[0.2, 0.6], [0.4, 0.5]]])

    with_line, without = (
        select_window(Interest(interest, (), 0.9, lettering=lettering), Size(800, 600), Size(9, 16))
        for lettering in (line, None)
    )

    assert abs(with_line.crop.left - without.crop.left) < 40
    assert with_line.crop.left < 0.15 * 800 < with_line.crop.right
