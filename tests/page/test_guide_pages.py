"""The pages of the guide, in the browser."""

from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome

from tests.page import axe
from tests.page.browser import Page


@pytest.fixture
def emulated(driver: Chrome) -> Iterator[Chrome]:
    """The driver, whose emulation ends with the test."""
    yield driver
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


# The home page, one with pictures, and one with a wide table.
@pytest.mark.parametrize(
    ("path", "width", "scheme"),
    [("/docs", 320, "dark"), ("/docs/settings", 1366, "light"), ("/docs/variables", 320, "light")],
)
def test_a_page_is_accessible_and_needs_no_horizontal_scrolling(
    emulated: Chrome, url: str, axe_script: str, path: str, width: int, scheme: str
) -> None:
    feature = {"name": "prefers-color-scheme", "value": scheme}
    emulated.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    metrics = {"width": width, "height": 768, "deviceScaleFactor": 1, "mobile": width < 500}
    emulated.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    page = Page(emulated, url, path, "/docs.css")
    page.run(axe_script)

    assert axe.findings(page) == []
    assert page.run("return document.documentElement.scrollWidth") <= width
    assert page.logged_errors() == []
    assert page.requests() == {url}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_reference_is_accessible(
    emulated: Chrome, url: str, axe_script: str, scheme: str
) -> None:
    feature = {"name": "prefers-color-scheme", "value": scheme}
    emulated.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    page = Page(emulated, url, "/docs/api", "/openapi.json")
    page.until(lambda: page.all("#crop .try"))
    page.run("document.querySelector('#crop .try').open = true")
    page.run(axe_script)

    # All operations and schemas have the same form, and axe needs minutes for all of them.
    assert axe.findings(page, "header") == []
    assert axe.findings(page, "#crop") == []
