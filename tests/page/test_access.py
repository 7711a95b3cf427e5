"""Accessibility: keyboard, screen reader, phone, dark and light."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from tests.page.browser import Page

# The controls that reach into the padding of their panel, or outside of it.
WIDE = """
const right = (element) => element.getBoundingClientRect().right;
return [...document.querySelectorAll('#form, #result')].flatMap((panel) =>
    [...panel.querySelectorAll(':is(select, button, input, label):not(#crop)')]
        .filter((control) => control.checkVisibility() && right(control) > right(panel) - 8)
        .map((control) => control.id || control.name || control.textContent));
"""


def press(page: Page, *keys: str) -> None:
    ActionChains(page.driver).send_keys(*keys).perform()


def focus(page: Page) -> str:
    """Return the id or name of the focused element; for a summary, the id of its details."""
    element = page.driver.switch_to.active_element
    if element.tag_name == "summary":
        return str(page.run("return arguments[0].parentElement.id", element))
    return element.get_attribute("id") or element.get_attribute("name") or ""


def tab_to(page: Page, name: str) -> Sequence[str]:
    """Press Tab until an element has the focus; return all elements that had it."""
    passed: list[str] = []
    while not passed or passed[-1] != name:
        press(page, Keys.TAB)
        passed.append(focus(page))
        assert len(passed) < 60, f"{name} is not reached: {passed}"
        outline = page.run(
            "const focused = document.activeElement;"
            "return [focused, focused.nextElementSibling].some("
            "    (each) => each && getComputedStyle(each).outlineStyle != 'none')"
        )
        assert outline, f"{passed[-1]} has the focus without a visible outline"
    return passed


def test_the_page_works_with_the_keyboard_alone(
    page: Page, portrait: Path, saved: Callable[[str], bytes]
) -> None:
    tab_to(page, "file")
    page.pick(portrait)  # the file dialog belongs to the system, not to the page
    page.until(page.window)
    tab_to(page, "fitted")
    tab_to(page, "mode")
    press(page, Keys.ARROW_RIGHT)
    page.until(page.line)
    passed = tab_to(page, "more")
    assert {"facePreset", "shape", "size", "width", "height", "another", "adjust"} <= set(passed)
    press(page, Keys.ENTER)
    passed = tab_to(page, "crop")
    assert {"sensitivity", "padding", "quality", "format"} <= set(passed)
    press(page, Keys.ENTER)
    page.until(page.is_done)
    assert page.settings()["mode"] == "face"
    assert focus(page) == "crop"
    assert saved("astronaut_smartcrop.jpg")
    tab_to(page, "language")
    press(page, Keys.ARROW_RIGHT)
    assert page.one("[name=language]:checked").get_attribute("value") != "curl"


def test_every_control_has_an_accessible_name(
    page: Page, portrait: Path, coffee: Path, saved: Callable[[str], bytes]
) -> None:
    page.open(portrait, coffee)
    page.crop()
    assert saved("smartcrop.zip")
    names = {}
    for mode in ("subject", "face", "trim"):
        page.mode(mode)
        # Then the page has no reason to replace its cards.
        page.until(lambda: page.text("#result-title") == "Result")
        for element in page.all("input, select, button, a, progress, [role]"):
            if element.is_displayed() or element.get_attribute("type") == "file":
                names[str(element.get_attribute("outerHTML"))] = element.accessible_name

    assert len(names) > 25
    unnamed = [html for html, name in names.items() if not name and 'role="status"' not in html]
    assert unnamed == []
    assert page.one("#modes").aria_role == "group"
    assert page.one("#modes").accessible_name == "Mode"
    assert {page.one(name).aria_role for name in ("#status", "#reason", "#copied")} == {"status"}


@pytest.fixture
def emulate(page: Page) -> Iterator[None]:
    """Ends the emulation of a test."""
    yield
    page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.usefixtures("emulate")
@pytest.mark.parametrize(("width", "height"), [(1440, 900), (1366, 768), (768, 1024), (320, 568)])
def test_the_main_button_is_on_the_first_screen(
    page: Page, portrait: Path, width: int, height: int
) -> None:
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    lower_edge = "return document.querySelector(arguments[0]).getBoundingClientRect().bottom"
    assert page.run(lower_edge, "#pick-title") < height

    page.open(portrait)
    page.mode("face")

    for y in (0, 400, 99_999):
        page.run("scrollTo(0, arguments[0])", y)
        assert page.run(lower_edge, "#crop") < height
    assert page.run("return document.documentElement.scrollWidth") <= width


@pytest.mark.usefixtures("emulate")
def test_a_phone_needs_no_horizontal_scrolling(page: Page, portrait: Path) -> None:
    metrics = {"width": 320, "height": 640, "deviceScaleFactor": 2, "mobile": True}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    page.open(portrait)
    page.run("document.querySelector('[name=shape][value=\"16:9\"]').click()")
    for mode in ("auto", "face", "subject", "trim"):
        page.mode(mode)
        assert page.run("return document.documentElement.scrollWidth") == 320
        assert page.run(WIDE) == []


@pytest.mark.usefixtures("emulate")
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast_in_light_and_dark(page: Page, scheme: str) -> None:
    feature = {"name": "prefers-color-scheme", "value": scheme}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})

    def luminance(expression: str) -> float:
        value = page.run(
            f"const style = (name) => getComputedStyle(document.querySelector(name));"
            f"return {expression}.match(/\\d+/g).slice(0, 3).map(Number)"
        )
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
            for c in (each / 255 for each in value)
        ]
        red, green, blue = linear
        return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)

    def contrast(text: str, background: str) -> float:
        dark, light = sorted((luminance(text), luminance(background)))
        return (light + 0.05) / (dark + 0.05)

    page.until(lambda: not page.run("return document.getAnimations().length"))
    background = luminance("style('body').backgroundColor")
    assert (background < 0.05) if scheme == "dark" else (background > 0.8)
    card = "style('#form').backgroundColor"
    # WCAG 2.2, 1.4.3
    assert contrast("style('h1').color", "style('body').backgroundColor") >= 4.5
    assert contrast("style('#status').color", card) >= 4.5
    assert contrast("style('#error').color", card) >= 4.5
    assert contrast("style('#crop').color", "style('#crop').backgroundColor") >= 4.5
