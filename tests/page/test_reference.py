"""The API reference, which the browser renders from openapi.json."""

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from selenium.webdriver import Chrome

from tests.needs import needs_curl
from tests.page.browser import Page


@pytest.fixture
def reference(driver: Chrome, url: str) -> Iterator[Page]:
    """The reference. Afterwards, asserts that it logged no error and contacted only its service."""
    page = Page(driver, url, "/docs/api", "/openapi.json")
    page.until(lambda: page.one("#reference").get_attribute("aria-busy") is None)
    yield page
    assert page.logged_errors() == []
    assert page.requests() == {url}


def test_it_shows_every_operation_schema_and_error(reference: Page, url: str) -> None:
    document = httpx.get(f"{url}/openapi.json").json()
    shown = {section.get_attribute("id") for section in reference.all("#reference section")}
    linked = {
        (link.get_attribute("href") or "").partition("#")[2]
        for link in reference.all("#contents a, td a")
    }

    operations = {
        operation["operationId"]: (path, method, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }
    assert shown == {*operations, *(f"schema-{name}" for name in document["components"]["schemas"])}
    assert linked == shown
    for name, (path, method, operation) in operations.items():
        text = reference.one(f"#{name}").text
        assert f"{method.upper()} {path}" in text
        for status, response in operation["responses"].items():
            assert status in text
            for content in response.get("content", {}).values():
                assert all(code in text for code in content.get("examples", ()))


@needs_curl
def test_the_example_of_a_crop_is_a_command_that_succeeds(
    reference: Page, portrait: Path, tmp_path: Path
) -> None:
    example = reference.one("#crop pre").text
    (tmp_path / "portrait.jpg").write_bytes(portrait.read_bytes())

    done = subprocess.run(["bash", "-c", example], cwd=tmp_path, capture_output=True, check=True)

    assert json.loads(done.stdout)["plan"]["mode"] == "subject"


def test_a_request_can_be_sent(reference: Page, portrait: Path) -> None:
    reference.run("document.querySelector('#crop .try').open = true")
    reference.one("#crop [type=file]").send_keys(str(portrait))
    reference.fill("#crop textarea", '{"width": 30, "height": 20}')
    reference.run("document.querySelector('#crop .try button').click()")
    reference.until(lambda: reference.text("#crop .answer"))

    assert reference.text("#crop .answer").startswith("200 OK, ")
    assert json.loads(reference.text("#crop .answer pre"))["width"] == 30

    reference.fill("#crop [name='query:response']", "image")
    reference.run("document.querySelector('#crop .try button').click()")
    reference.until(lambda: reference.all("#crop .answer img"))
    image = "document.querySelector('#crop .answer img')"
    reference.until(lambda: reference.run(f"return {image}.naturalWidth") == 30)


def test_a_rejected_request_shows_the_error(reference: Page) -> None:
    reference.expects_rejection = True
    reference.run("document.querySelector('#job .try').open = true")
    reference.fill("#job [name='path:jobId']", "0b9e6a3c-5d1f-4b7e-8f0a-2c4d6e8f0a1b")
    reference.run("document.querySelector('#job .try button').click()")
    reference.until(lambda: reference.text("#job .answer"))

    assert reference.text("#job .answer p").startswith("404 ")
    assert json.loads(reference.text("#job .answer pre"))["code"] == "NOT_FOUND"


def test_a_setting_has_its_range_default_and_meaning(reference: Page) -> None:
    rows = reference.all("#schema-CropSettings tbody tr")
    cells = {row.text.split()[0]: row.text for row in rows}

    assert cells["padding"].startswith("padding integer 0–50 ")
    assert cells["padding"].endswith(" Default 0.")
    assert cells["facePreset"].startswith("facePreset FacePreset ")
    assert '"closeup", "head-shoulders"' in reference.one("#schema-FacePreset").text


def test_a_link_to_a_schema_scrolls_to_it(driver: Chrome, url: str) -> None:
    page = Page(driver, url, "/docs/api#schema-DetectedFace", "/openapi.json")

    page.until(lambda: page.all("#schema-DetectedFace"))
    page.until(
        lambda: page.run(
            "return document.querySelector('#schema-DetectedFace').getBoundingClientRect().top < 99"
        )
    )


@pytest.mark.parametrize("width", [320, 1280])
def test_it_needs_no_horizontal_scrolling(reference: Page, width: int) -> None:
    metrics = {"width": width, "height": 640, "deviceScaleFactor": 1, "mobile": width < 500}
    reference.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        assert reference.run("return document.documentElement.scrollWidth") <= width
    finally:
        reference.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
