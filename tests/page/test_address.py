"""The settings in the fragment of the address."""

from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome

from tests.page.browser import Page

ADDRESS = (
    "/#mode=face&sizes=16:9,x-post,300x200&facePreset=closeup&sensitivity=0.7&onNoFaces=error"
    "&format=webp&quality=60&enlarge=false"
)


def fragment(page: Page) -> str:
    text: str = page.run("return decodeURIComponent(location.hash)")
    return text


def shown(page: Page) -> dict[str, Any]:
    page.until(lambda: "settings=" in (page.one("#snippet").get_attribute("textContent") or ""))
    return page.settings()


def test_a_link_restores_the_settings(driver: Chrome, url: str) -> None:
    page = Page(driver, url, ADDRESS)

    assert shown(page) == {
        "mode": "face",
        "sizes": ["16:9", "x-post", "300x200"],
        "facePreset": "closeup",
        "sensitivity": 0.7,
        "onNoFaces": "error",
        "format": "webp",
        "quality": 60,
        "enlarge": False,
    }
    page.run("location.hash = 'width=640&height=480&background=auto&padding=7'")
    page.until(lambda: page.settings()["mode"] == "auto")
    assert page.settings() == {"mode": "auto", "width": 640, "height": 480, "padding": 7}


def test_the_address_follows_the_settings(page: Page, coffee: Path) -> None:
    assert fragment(page) == ""
    page.open(coffee)

    page.choose("shape", "16:9")
    page.fill("[name=quality]", "80")
    assert fragment(page) == "#sizes=1:1,16:9&quality=80"
    page.mode("trim")
    page.fill("[name=background]", "colour")
    page.fill("[data-colour-of=background]", "#102030")
    assert fragment(page) == "#mode=trim&background=#102030&quality=80"

    page.driver.refresh()
    page.until(lambda: page.text("#pick-title") == "Choose photos")
    assert shown(page) == {"mode": "trim", "background": "#102030", "quality": 80}


def test_unknown_names_and_values_are_ignored(driver: Chrome, url: str) -> None:
    page = Page(driver, url, "/#mode=magic&sizes=huge&size=1&tool=keep&item=2&length=3&x")

    assert shown(page) == {"mode": "auto", "width": 1080, "height": 1080}
    assert page.one("[name=tool]:checked").get_attribute("value") == "move"
    assert page.logged_errors() == []
