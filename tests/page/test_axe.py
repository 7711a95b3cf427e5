"""The rules of axe, which checks accessibility in the browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.page import axe
from tests.page.browser import Page


@pytest.fixture
def emulate(page: Page) -> Iterator[None]:
    """Ends the emulation of a test."""
    yield
    page.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


@pytest.mark.usefixtures("emulate")
@pytest.mark.parametrize(("width", "scheme"), [(1366, "light"), (1366, "dark"), (320, "dark")])
def test_axe_finds_nothing(
    page: Page, axe_script: str, portrait: Path, tmp_path: Path, width: int, scheme: str
) -> None:
    feature = {"name": "prefers-color-scheme", "value": scheme}
    page.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    metrics = {"width": width, "height": 768, "deviceScaleFactor": 1, "mobile": width < 500}
    page.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    page.expects_rejection = True
    notes = tmp_path / "notes.txt"
    notes.write_text("Buy milk.")
    page.run(axe_script)
    assert axe.findings(page) == []

    # With a box, a second output, a comparison, the heat map, and a second photo that fails.
    page.open(portrait)
    page.run("document.querySelector('[name=tool][value=keep]').click()")
    page.run("document.querySelector('#mark').click()")
    page.run("document.querySelector('[name=shape][value=\"16:9\"]').click()")
    page.run("document.querySelector('#heat').click()")
    page.fill("#compare", "centre")
    page.pick(notes)
    page.until(lambda: page.text("#failure-text"))
    assert axe.findings(page) == []

    page.run("document.querySelector('#list .open').click()")
    page.until(lambda: page.text("#strip").count("kB") == 2)
    page.run("document.querySelector('#zoom').click()")
    page.until(lambda: not page.run("return document.getAnimations().length"))
    assert axe.findings(page) == []
