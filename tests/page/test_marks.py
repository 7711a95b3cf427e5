"""Marks: a focus point, boxes to keep and avoid, a moved window; by pointer and by keyboard."""

from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.page.browser import Page

Fractions = tuple[float, float]


def drag(page: Page, start: Fractions, end: Fractions) -> None:
    """Drag over the photo, between two points in fractions of its sides."""
    photo = page.one("#fitted")
    # The plan may arrive before the browser has read the photo, which then has no size.
    page.until(lambda: page.run("return document.querySelector('#before').naturalWidth"))
    # Below the upper edge, the photo would move when the height of the results changes.
    page.run("scrollTo(0, 0)")
    width, height = photo.size["width"], photo.size["height"]

    def offset(point: Fractions) -> tuple[int, int]:  # from the middle
        return round((point[0] - 0.5) * width), round((point[1] - 0.5) * height)

    (x, y), (to_x, to_y) = offset(start), offset(end)
    actions = ActionChains(page.driver, duration=0).move_to_element_with_offset(photo, x, y)
    actions.click_and_hold().move_by_offset(to_x - x, to_y - y).release().perform()


def middle(page: Page) -> float:
    """Return the x coordinate of the middle of the window."""
    left, _, width, _ = page.window() or (0, 0, 0, 0)
    return left + width / 2


def test_a_click_sets_the_focus(page: Page, coffee: Path) -> None:
    page.open(coffee)
    page.choose("tool", "focus")

    drag(page, (0.4, 0.5), (0.4, 0.5))

    page.until(lambda: middle(page) == pytest.approx(0.4 * 300, abs=2))
    assert page.settings()["focus"] == pytest.approx({"x": 0.4, "y": 0.5}, abs=0.01)
    drag(page, (0.6, 0.5), (0.6, 0.5))
    page.until(lambda: middle(page) == pytest.approx(0.6 * 300, abs=2))
    assert len(page.all("#marks li")) == 1
    assert len(page.all("#plan .manual-focus")) == 1


def test_a_drag_marks_a_box_to_keep_or_avoid(page: Page, coffee: Path) -> None:
    page.open(coffee)

    page.choose("tool", "keep")
    drag(page, (0.8, 0.2), (0.98, 0.6))
    page.until(lambda: middle(page) > 190)
    page.choose("tool", "avoid")
    # A drag may start at any corner.
    drag(page, (0.2, 0.7), (0.05, 0.3))

    settings = page.settings()
    (keep,), (avoid,) = settings["keep"], settings["avoid"]
    expected = {"left": 0.8, "top": 0.2, "width": 0.18, "height": 0.4}
    assert keep == pytest.approx(expected, abs=0.01)
    assert avoid == pytest.approx(
        {"left": 0.05, "top": 0.3, "width": 0.15, "height": 0.4}, abs=0.01
    )
    page.until(lambda: page.all("#plan .keep") and page.all("#plan .avoid"))
    assert page.result() == (1080, 1080)
    assert page.text("#error") == ""


def test_a_drag_of_a_few_pixels_marks_no_box(page: Page, coffee: Path) -> None:
    page.open(coffee)
    page.choose("tool", "keep")

    drag(page, (0.5, 0.5), (0.503, 0.5))

    assert page.settings() == {"mode": "auto", "width": 1080, "height": 1080}


def test_the_keyboard_adds_changes_and_removes_a_mark(page: Page, coffee: Path) -> None:
    page.open(coffee)
    page.choose("tool", "focus")
    page.one("#mark").send_keys(Keys.ENTER)
    focused = page.driver.switch_to.active_element
    assert focused.accessible_name == "Focus: x, percent"

    page.fill("#marks input", "37.5")

    page.until(lambda: middle(page) == pytest.approx(0.375 * 300, abs=2))
    assert page.settings()["focus"] == {"x": 0.375, "y": 0.5}
    page.fill("#marks input", "101")
    page.until(lambda: page.text("#error").startswith("Focus: x, percent: "))
    remove = page.one("#marks button")
    assert remove.accessible_name == "Remove: Focus"
    remove.send_keys(Keys.ENTER)
    page.until(lambda: page.text("#error") == "")
    assert "focus" not in page.settings()
    assert page.driver.switch_to.active_element == page.one("[name=tool]:checked")


def test_marks_belong_to_their_photo_and_do_not_apply_to_trim(
    page: Page, coffee: Path, portrait: Path
) -> None:
    page.open(coffee)
    page.choose("tool", "focus")
    drag(page, (0.4, 0.5), (0.4, 0.5))
    page.mode("trim")
    assert page.settings() == {"mode": "trim"}
    drag(page, (0.6, 0.5), (0.6, 0.5))
    page.mode("face")
    focus = page.settings()["focus"]
    assert focus == pytest.approx({"x": 0.4, "y": 0.5}, abs=0.01)

    page.open(portrait)
    assert "focus" not in page.settings()
    assert page.all("#marks li") == []
    page.press("#list .open")

    assert page.settings()["focus"] == focus
    assert len(page.all("#marks li")) == 1


def test_the_window_moves_and_its_corner_resizes_it(page: Page, coffee: Path) -> None:
    page.open(coffee)
    page.until(lambda: middle(page) == pytest.approx(150, abs=20))

    drag(page, (0.5, 0.5), (0.2, 0.5))

    page.until(lambda: middle(page) == pytest.approx(100, abs=1))
    assert set(page.settings()) == {"mode", "width", "height", "focus"}
    # The lower right corner, inwards.
    drag(page, (200 / 300, 0.995), (170 / 300, 0.85))
    page.until(lambda: (page.window() or (0, 0, 0, 0))[2] == pytest.approx(170, abs=3))
    assert page.settings()["padding"] == pytest.approx(18, abs=3)
    assert page.text("#marks").startswith("Window")


def test_a_box_moves_and_resizes_and_delete_and_undo_restore(page: Page, coffee: Path) -> None:
    page.open(coffee)
    page.choose("tool", "keep")
    drag(page, (0.6, 0.2), (0.9, 0.6))
    drawn = page.settings()["keep"]

    drag(page, (0.75, 0.4), (0.65, 0.5))
    expected = {"left": 0.5, "top": 0.3, "width": 0.3, "height": 0.4}
    assert page.settings()["keep"][0] == pytest.approx(expected, abs=0.01)
    drag(page, (0.8, 0.7), (0.7, 0.6))
    expected = {"left": 0.5, "top": 0.3, "width": 0.2, "height": 0.3}
    assert page.settings()["keep"][0] == pytest.approx(expected, abs=0.01)
    page.one("#fitted").send_keys(Keys.DELETE)
    assert "keep" not in page.settings()

    undo(page)
    assert page.settings()["keep"][0] == pytest.approx(expected, abs=0.01)
    undo(page)
    undo(page)
    assert page.settings()["keep"] == drawn
    page.press("#undo")
    assert "keep" not in page.settings()
    assert not page.one("#undo").is_displayed()


def undo(page: Page) -> None:
    page.one("#fitted").send_keys(Keys.CONTROL, "z")


def test_keys_on_the_photo_move_and_resize_the_window(page: Page, coffee: Path) -> None:
    page.open(coffee)
    page.until(lambda: middle(page) == pytest.approx(150, abs=20))
    before = middle(page)

    page.one("#fitted").send_keys(Keys.SHIFT, Keys.ARROW_LEFT)

    page.until(lambda: middle(page) == pytest.approx(before - 30, abs=1))
    page.one("#fitted").send_keys("-")
    page.until(lambda: (page.window() or (0, 0, 0, 0))[2] < 195)
    assert page.settings()["padding"] > 0


def test_in_face_mode_the_window_has_the_dragged_size(page: Page, portrait: Path) -> None:
    page.open(portrait)
    page.mode("face")
    page.until(page.line)
    window = page.window()
    assert window is not None
    left, top, width, _ = window

    drag(page, ((left + 1) / 256, (top + 1) / 256), ((left + 31) / 256, (top + 31) / 256))

    page.until(lambda: (page.window() or (0, 0, 0, 0))[2] == pytest.approx(width - 30, abs=3))
