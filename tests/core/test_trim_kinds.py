"""Small and thin content that trim keeps, and what it removes next to it."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from handler.core.geometry import Box
from handler.core.trim.uneven_background import find_product
from tests.bench.trim import cut_by, error
from tests.bench.trim_glyphs import Font
from tests.bench.trim_pictures import SETS, THRESHOLD, Example, example
from tests.needs import optional_data
from tests.pictures import decoded, encoded, photo

CASES = Path(__file__).parents[3] / "shared" / "cases"
FINER = 3
PAPER, INK = 250, 60


def found(image: Image.Image) -> Box:
    box, _ = find_product(image, THRESHOLD)
    assert box is not None
    return box


def paper(width: int = 800, height: int = 1000) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    """Return a sheet of ink, several times larger than its picture, and a pen."""
    sheet = Image.new("L", (width * FINER, height * FINER))
    return sheet, ImageDraw.Draw(sheet)


def printed(sheet: Image.Image) -> Example:
    """Return a sheet as ink on paper, and the box of the ink."""
    covered = np.asarray(sheet.reduce(FINER), np.float64) / 255
    levels = PAPER + (INK - PAPER) * covered
    mask = Image.fromarray(PAPER - levels > THRESHOLD)
    left, top, right, bottom = mask.getbbox() or (0, 0, 0, 0)
    box = Box(left, top, right - left, bottom - top)
    return Example(Image.fromarray(np.rint(levels).astype(np.uint8)), box)


def write(pen: ImageDraw.ImageDraw, x: float, y: float, text: str, size: float = 18) -> None:
    Font(size * FINER).draw(pen, x * FINER, y * FINER, text)


def dot(pen: ImageDraw.ImageDraw, x: float, y: float, diameter: float) -> None:
    half = diameter / 2
    edges = (x - half, y - half, x + half, y + half)
    pen.ellipse([edge * FINER for edge in edges], fill=255)


def assert_exact(box: Box, true: Box, slack: int = 2) -> None:
    for one, other in (
        (box.left, true.left),
        (box.top, true.top),
        (box.right, true.right),
        (box.bottom, true.bottom),
    ):
        assert abs(one - other) <= slack, (box, true)


@pytest.mark.parametrize("name", SETS)
@pytest.mark.parametrize("number", [1000, 1001, 1002])
def test_generated_pictures_have_their_true_boxes(name: str, number: int) -> None:
    shot = example(name, number)

    box = found(shot.image)

    assert error(box, shot) <= 0.01
    assert cut_by(box, shot.box) <= 2


@pytest.mark.parametrize("digits", ["1", "7", "8", "12", "308"])
@pytest.mark.parametrize("x", [60, 400, 740])
def test_a_page_number_far_from_the_text_is_kept(digits: str, x: int) -> None:
    sheet, pen = paper()
    for line in range(8):
        write(pen, 120, 150 + 40 * line, "some words of a page")
    write(pen, x, 950, digits, 12)
    shot = printed(sheet)

    assert_exact(found(shot.image), shot.box)


@pytest.mark.parametrize("text", ["3", "the", "x - y", "a."])
def test_a_page_with_nothing_but_a_word_keeps_it(text: str) -> None:
    sheet, pen = paper()
    write(pen, 300, 500, text)
    shot = printed(sheet)

    assert_exact(found(shot.image), shot.box)


def test_a_full_stop_is_kept_and_a_speck_as_large_is_not() -> None:
    sheet, pen = paper()
    write(pen, 200, 400, "the end")
    end = 200 + Font(18).length("the end")
    dot(pen, end + 2, 398, 4)
    shot = printed(sheet)
    dot(pen, 600, 398, 4)
    dot(pen, 200, 700, 4)

    assert_exact(found(printed(sheet).image), shot.box)


def test_bullets_are_kept_and_specks_are_not() -> None:
    sheet, pen = paper()
    for line in range(4):
        dot(pen, 150, 295 + 60 * line, 6)
        write(pen, 185, 300 + 60 * line, "item")
    shot = printed(sheet)
    for x, y in ((60, 130), (700, 300), (480, 900)):
        dot(pen, x, y, 6)

    assert_exact(found(printed(sheet).image), shot.box)


@pytest.mark.parametrize("gap", [1, 3, 5])
def test_a_chain_of_beads_is_kept(gap: int) -> None:
    sheet, pen = paper()
    pen.ellipse((900, 1500, 1500, 2100), fill=255)
    for number in range(20):
        dot(pen, 400 + 4 * number, 490 - (6 + gap) * number, 6)
    shot = printed(sheet)

    assert_exact(found(shot.image), shot.box)


def test_a_dotted_line_is_kept() -> None:
    sheet, pen = paper()
    write(pen, 100, 400, "name")
    for number in range(60):
        dot(pen, 180 + 9 * number, 400, 2.5)
    shot = printed(sheet)

    assert_exact(found(shot.image), shot.box)


def test_beads_alone_are_kept() -> None:
    sheet, pen = paper()
    for angle in np.linspace(0, 2 * np.pi, 120, endpoint=False):
        dot(pen, 400 + 300 * np.cos(angle), 500 + 350 * np.sin(angle), 9)
    shot = printed(sheet)

    assert_exact(found(shot.image), shot.box)


@pytest.mark.parametrize("inset", [0, 1, 12, 40])
@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("colour", ["black", (90, 120, 200), (190, 190, 190)])
def test_a_thin_frame_is_kept(inset: int, width: int, colour: str | tuple[int, ...]) -> None:
    image = Image.new("RGB", (600, 400), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((inset, inset, 599 - inset, 399 - inset), outline=colour, width=width)
    pen.ellipse((200, 120, 400, 280), fill=(30, 110, 60))

    assert found(image) == Box(inset, inset, 600 - 2 * inset, 400 - 2 * inset)


@pytest.mark.parametrize("side", [64, 300, 1500, 3000])
@pytest.mark.parametrize("level", [0, 200])
def test_a_stroke_of_one_pixel_is_kept(side: int, level: int) -> None:
    image = Image.new("L", (side, side), 255)
    pen = ImageDraw.Draw(image)
    middle = side // 2
    pen.rectangle((middle, middle, middle + side // 5, middle + side // 5), fill=40)
    pen.line((middle + 3, middle, middle + 3, side // 6), fill=level)
    pen.line((middle, middle + 3, side // 6, middle + 3), fill=level)
    end = middle + side // 5 + 1

    assert_exact(found(image), Box(side // 6, side // 6, end - side // 6, end - side // 6), 4)


def test_a_sprite_keeps_every_pixel() -> None:
    image = Image.new("RGBA", (64, 64))
    pen = ImageDraw.Draw(image)
    pen.rectangle((20, 30, 44, 50), fill=(200, 30, 30, 255))
    pen.line((32, 12, 32, 30), fill=(0, 0, 0, 255))
    image.putpixel((8, 40), (0, 0, 0, 255))

    assert found(image) == Box(8, 12, 37, 39)


def test_a_transparent_background_has_no_dust() -> None:
    image = Image.new("RGBA", (600, 500))
    image.paste((200, 30, 30, 255), (200, 200, 400, 300))
    for place in ((50, 60), (580, 90), (300, 470)):
        image.putpixel(place, (0, 0, 0, 255))

    assert found(image) == Box(50, 60, 531, 411)


def test_a_straight_rule_is_kept_and_a_scratch_is_not() -> None:
    sheet, pen = paper()
    write(pen, 200, 400, "some words")
    pen.line((300, 1800, 2100, 1800), fill=255, width=FINER)
    shot = printed(sheet)
    pen.line((1300, 100, 1600, 900), fill=255, width=FINER)

    assert_exact(found(printed(sheet).image), shot.box)


@pytest.mark.parametrize(("level", "darkest"), [(36, 33), (60, 33), (120, 33), (120, 12)])
@pytest.mark.parametrize("bars", [(0, 60), (110, 0), (80, 50)])
def test_black_bars_are_removed_from_a_dark_film(
    level: int, darkest: int, bars: tuple[int, int]
) -> None:
    across, down = bars
    size = (960 - 2 * across, 540 - 2 * down)
    levels = np.array(photo("rocket.jpg", size), np.float64) / 255 * level + darkest
    image = Image.new("RGB", (960, 540))
    image.paste(Image.fromarray(levels.astype(np.uint8)), (across, down))
    shot = Example(decoded(encoded(image, quality=75)), Box(across, down, *size))

    assert_exact(found(shot.image), shot.box)


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("level", [10, 120, 190])
@pytest.mark.parametrize("width", [3, 30])
def test_a_strip_at_an_edge_of_a_scan_is_removed(turns: int, level: int, width: int) -> None:
    sheet, pen = paper()
    for line in range(8):
        write(pen, 150, 200 + 40 * line, "some words of a page")
    shot = printed(sheet)
    pixels = np.array(shot.image)
    np.rot90(pixels, turns)[:, :width] = level

    assert_exact(found(Image.fromarray(pixels)), shot.box)


@pytest.mark.parametrize("sides", [(0, 1), (0, 2), (1, 3), (0, 1, 2)])
def test_strips_at_several_edges_are_removed(sides: tuple[int, ...]) -> None:
    sheet, pen = paper()
    for line in range(8):
        write(pen, 150, 200 + 40 * line, "some words of a page")
    shot = printed(sheet)
    pixels = np.array(shot.image)
    for turns in sides:
        np.rot90(pixels, turns)[:, :20] = 25

    assert_exact(found(Image.fromarray(pixels)), shot.box)


def test_content_that_touches_an_edge_is_no_strip() -> None:
    image = Image.new("RGB", (600, 400), "white")
    image.paste(photo("coffee.png", (600, 30)), (0, 370))
    image.paste("black", (200, 100, 300, 200))

    assert found(image) == Box(0, 100, 600, 300)


def test_stripes_without_a_background_are_content() -> None:
    levels = np.zeros((240, 320), np.uint8)
    levels[1::2] = 255

    assert found(Image.fromarray(levels)) == Box(0, 0, 320, 240)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "edges"),
    [
        ("trim-contents-page.png", (151, 355, 1084, 851)),
        ("trim-page-number.png", (151, 215, 822, 1667)),
        ("trim-numbered-list.png", (151, 355, 258, 847)),
        ("trim-letterbox-night.jpg", (0, 70, 960, 470)),
        ("trim-scanner-strip-right.jpg", (120, 90, 720, 510)),
        ("trim-frame-1px-black.png", (0, 0, 600, 400)),
        ("trim-sprite-1px.png", (10, 10, 45, 51)),
    ],
)
def test_the_cases_have_their_true_boxes(name: str, edges: tuple[int, int, int, int]) -> None:
    if not (CASES / name).is_file():
        pytest.skip(optional_data("cases"))
    left, top, right, bottom = edges

    box = found(decoded((CASES / name).read_bytes()))

    assert_exact(box, Box(left, top, right - left, bottom - top))
