"""The parts of trim on an uneven background: extremes, plain colours, strips, scratches, dots."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from handler.core.image.components import ConnectedComponents, Mask
from handler.core.trim.dots import belong_to_content
from handler.core.trim.extremes import block_extremes
from handler.core.trim.marks import Marks
from handler.core.trim.plain_background import edge_colour
from handler.core.trim.scratches import are_scratches
from handler.core.trim.strips import remove_strips
from tests.pictures import noise

Planes = npt.NDArray[np.uint8]


@given(
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    factor=st.integers(1, 7),
    mode=st.sampled_from(["L", "RGB", "RGBX"]),
)
def test_extremes_are_those_of_each_block(width: int, height: int, factor: int, mode: str) -> None:
    image = noise(width, height).convert(mode)
    pixels = np.asarray(image).reshape(height, width, -1)[..., :3]

    lowest, highest = block_extremes(image, factor, mode)

    assert (lowest.shape[2], lowest.shape[1]) == image.reduce(factor).size
    for y, x in np.ndindex(lowest.shape[1:]):
        block = pixels[y * factor : (y + 1) * factor, x * factor : (x + 1) * factor]
        assert np.array_equal(lowest[:, y, x], block.min(axis=(0, 1)))
        assert np.array_equal(highest[:, y, x], block.max(axis=(0, 1)))


def test_extremes_of_large_pictures_are_found_in_strips() -> None:
    image = noise(3000, 1100)

    lowest, highest = block_extremes(image, 4, "RGB")

    blocks = np.asarray(image).reshape(275, 4, 750, 4, 3)
    assert np.array_equal(lowest, blocks.min(axis=(1, 3)).transpose(2, 0, 1))
    assert np.array_equal(highest, blocks.max(axis=(1, 3)).transpose(2, 0, 1))


def sheet(level: int = 240) -> Planes:
    return np.full((1, 300, 400), level, np.uint8)


def test_paper_has_a_plain_colour() -> None:
    levels = sheet()
    levels[:, 50:200, 0:150] = 20  # content that touches the left edge

    colour, plain = edge_colour(levels)

    assert (colour.tolist(), plain) == ([240], True)


def test_light_from_the_side_is_not_plain() -> None:
    levels = np.broadcast_to(np.linspace(180, 240, 400).astype(np.uint8), (1, 300, 400))

    assert not edge_colour(levels)[1]


def test_the_colour_of_two_strips_that_meet_is_not_that_of_the_paper() -> None:
    levels = sheet()
    levels[:, :12] = 30
    levels[:, :, -12:] = 30

    assert edge_colour(levels)[0].tolist() == [240]


def test_black_bars_are_the_background() -> None:
    levels = sheet(0)
    levels[:, 30:-30] = np.random.default_rng(1).integers(40, 90, (240, 400))

    colour, plain = edge_colour(levels)

    assert (colour.tolist(), plain) == ([0], True)


@pytest.mark.parametrize("turns", range(4))
def test_a_strip_is_replaced_by_the_paper_next_to_it(turns: int) -> None:
    levels = sheet()
    np.rot90(levels, turns, axes=(1, 2))[:, :, :9] = 60

    paper, lines, are_strips = remove_strips(levels, np.array([240], np.uint8), 15)

    assert are_strips
    assert (paper == 240).all()
    assert np.array_equal(np.flatnonzero(np.rot90(lines, turns).any(axis=0)), np.arange(10))


def test_a_skewed_strip_is_followed() -> None:
    levels = sheet()
    for row in range(300):
        levels[:, row, : 4 + row // 20] = 60

    paper, _, are_strips = remove_strips(levels, np.array([240], np.uint8), 15)

    assert are_strips
    assert (paper == 240).all()


@pytest.mark.parametrize("width", [60, 399])
def test_a_wide_band_is_content(width: int) -> None:
    levels = sheet()
    levels[:, :, :width] = 60

    assert not remove_strips(levels, np.array([240], np.uint8), 15)[1].any()


def test_lines_along_all_sides_are_a_frame() -> None:
    levels = np.pad(sheet(), [(0, 0), (2, 2), (2, 2)], constant_values=10)

    assert not remove_strips(levels, np.array([240], np.uint8), 15)[2]


def drawn(*lines: tuple[float, ...], width: int = 1) -> bool:
    """Return whether lines that touch each other are scratches."""
    image = Image.new("1", (600, 500))
    for line in lines:
        ImageDraw.Draw(image).line(line, fill=1, width=width)
    rows, columns = np.nonzero(np.asarray(image))
    return are_scratches(rows, columns, (500, 600))


def test_thin_straight_lines_at_an_angle_are_scratches() -> None:
    assert drawn((100, 50, 180, 400))
    assert drawn((50, 100, 500, 190))
    assert drawn((100, 50, 180, 400), (180, 50, 100, 400))


def test_rules_frames_curves_and_broad_lines_are_not_scratches() -> None:
    assert not drawn((100, 50, 100, 400))
    assert not drawn((100, 50, 500, 62))
    assert not drawn((50, 50, 500, 50, 500, 400, 50, 400, 50, 50))
    assert not drawn(
        tuple(np.stack([x := np.arange(50, 550), 250 + 90 * np.sin(x / 60)]).T.ravel())
    )
    assert not drawn((100, 50, 180, 400), width=5)


def marks(*boxes: tuple[int, int, int, int]) -> Marks:
    """Return the marks of filled boxes, given by left, top, width and height."""
    mask = np.zeros((200, 300), np.bool_)
    for left, top, width, height in boxes:
        mask[top : top + height, left : left + width] = True
    return Marks.of(ConnectedComponents.of(mask), mask)


def chosen(specks: Marks, content: Marks) -> list[bool]:
    result: Mask = belong_to_content(specks, content, 20)
    return [bool(value) for value in result]


def test_a_full_stop_belongs_to_the_letter_next_to_it() -> None:
    letter = marks((20, 20, 8, 14))

    assert chosen(marks((31, 31, 3, 3)), letter) == [True]
    assert chosen(marks((61, 31, 3, 3)), letter) == [False]
    assert chosen(marks((31, 80, 3, 3)), letter) == [False]


def test_specks_in_a_row_are_beads() -> None:
    row = [(20 + 7 * number, 50 + number, 4, 4) for number in range(4)]

    assert chosen(marks(*row), marks()) == [True] * 4
    assert chosen(marks(*row[:3]), marks()) == [False] * 3


def test_bullets_stand_in_a_column_next_to_text() -> None:
    lines = marks((40, 20, 9, 14), (40, 60, 9, 14))

    assert chosen(marks((15, 26, 4, 4), (15, 66, 4, 4)), lines) == [True, True]
    assert chosen(marks((15, 26, 4, 4)), lines) == [False]
    assert chosen(marks((15, 26, 4, 4), (3, 66, 4, 4)), lines) == [False, False]


def test_no_specks_are_no_content() -> None:
    assert chosen(marks(), marks((20, 20, 8, 14))) == []
