"""Ways to look at a crop: the heat map, the picture before, and single pixels."""

from pathlib import Path

import pytest

from tests.page.browser import Page


def test_the_heat_map_has_a_legend(page: Page, coffee: Path) -> None:
    page.open(coffee)
    shown = page.one("#before").get_attribute("src")
    assert not page.one("#legend").is_displayed()

    page.press("#heat")

    page.until(lambda: "overlay_coffee" in (page.one("#before").get_attribute("src") or ""))
    assert page.one("#heat").get_attribute("aria-pressed") == "true"
    assert page.text("#legend").split() == ["Interest:", "low", "high"]
    page.press("#heat")
    page.until(lambda: page.one("#before").get_attribute("src") == shown)
    page.until(page.window)
    assert not page.one("#legend").is_displayed()


def test_the_heat_map_has_the_window_of_the_shown_output(page: Page, coffee: Path) -> None:
    page.open(coffee)
    page.choose("shape", "9:16")
    page.press("#heat")
    page.until(lambda: "_9-16.jpg" in (page.one("#before").get_attribute("src") or ""))

    page.press("#strip button")

    page.until(lambda: "_1-1.jpg" in (page.one("#before").get_attribute("src") or ""))


def signs(page: Page) -> list[str]:
    """Return the names of the signs that are drawn on the photo, and the hint."""
    return [each.text for each in page.all("#key span") if each.is_displayed()]


def test_the_signs_on_the_photo_are_named_below_it(page: Page, portrait: Path) -> None:
    hint = "Drag the window to move it, or a corner to resize it."
    page.open(portrait)
    assert signs(page) == ["Focus point", "Face", hint]

    page.mode("face")
    page.until(lambda: signs(page) == ["Face", "Eye line", hint])
    page.mode("trim")

    page.until(lambda: not page.one("#key").is_displayed())


def covering(page: Page) -> tuple[float, str]:
    """Return the share of the result that the picture before covers, and the picture."""
    share, picture = page.run(
        "const canvas = document.querySelector('#covering');"
        "const right = parseFloat(canvas.style.clipPath.split(' ')[1]);"
        "return [1 - right / 100, canvas.toDataURL()]"
    )
    return share, picture


def test_a_slider_compares_the_result_with_the_picture_before(page: Page, coffee: Path) -> None:
    page.open(coffee)
    page.choose("tool", "focus")
    # A focus at the edge: the window is not that of a centre crop.
    page.press("#mark")
    page.fill("#marks input", "0")
    page.until(lambda: (page.window() or (1,))[0] == 0)
    assert page.result() == (1080, 1080)
    page.until(lambda: page.one("#compare").is_displayed())
    assert not page.one("#split").is_displayed()

    page.fill("#compare", "original")
    page.fill("#split", "30")
    share, original = covering(page)
    assert share == pytest.approx(0.3)
    page.fill("#compare", "centre")

    assert covering(page)[1] != original
    page.fill("#compare", "")
    assert not page.one("#covering").is_displayed()
    page.mode("trim")
    page.until(lambda: not page.one("#compare").is_displayed())


def test_at_100_percent_each_pixel_is_one_of_the_screen(page: Page, coffee: Path) -> None:
    page.open(coffee)
    assert page.result() == (1080, 1080)
    width = "return document.querySelector('#after').getBoundingClientRect().width"
    assert page.run(width) < 1080

    page.press("#zoom")

    assert page.run(width) == 1080
    assert page.run(
        "const { scrollWidth, clientWidth } = document.querySelector('.full');"
        "return scrollWidth > clientWidth"
    )
    page.press("#zoom")
    assert page.run(width) < 1080
