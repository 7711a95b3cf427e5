"""A driver for the page, in the terms of its user."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from selenium.common.exceptions import StaleElementReferenceException, TimeoutException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

# Far longer than any step takes, even on a busy machine.
_PATIENCE_SECONDS = 60
# Presses an element in the middle of the screen, if nothing covers it.
_PRESS = """
const element = document.querySelectorAll(arguments[0])[arguments[1]];
if (!element || element.matches(':disabled')) return false;
element.scrollIntoView({block: 'center'});
const {left, top, width, height} = element.getBoundingClientRect();
if (!element.contains(document.elementFromPoint(left + width / 2, top + height / 2))) return false;
element.focus({preventScroll: true});
element.click();
return true;
"""
# Changes a control as a user does. The driver sends only one event when an option is selected.
_FILL = """
const control = document.querySelector(arguments[0]);
control.value = arguments[1];
for (const kind of ['input', 'change']) control.dispatchEvent(new Event(kind, {bubbles: true}));
"""


class Page:
    """The page of one service, open in Chromium.

    Attributes:
        expects_rejection: True if the test makes the service reject a request, which Chromium
            logs as an error of the page.
    """

    def __init__(
        self, driver: Chrome, url: str, path: str = "/", asks: str = "/api/v1/health"
    ) -> None:
        self.driver = driver
        self.expects_rejection = False
        driver.get("about:blank")
        self.logged_errors()
        self.requests()
        # On a busy machine, Chromium sometimes stops while it loads a page, and logs nothing.
        if not (self._load(url, path, asks) or self._load(url, path, asks)):
            pytest.fail(f"{path} did not request {asks}")

    def _load(self, url: str, path: str, asks: str) -> bool:
        """Load the page, and return True after the request that it sends when it opens."""
        self.driver.get(url + path)
        try:
            self.until(
                lambda: self.run(
                    "return performance.getEntriesByName(arguments[0]).length", url + asks
                )
            )
        except TimeoutException:
            errors = self.logged_errors()
            assert errors == []
            return False
        return True

    def run(self, script: str, *arguments: object) -> Any:
        """Run a script in the page, as the body of a function."""
        return self.driver.execute_script(script, *arguments)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        return self.one(selector).text

    def until(self, condition: Callable[[], object]) -> None:
        """Wait until a condition is true."""
        wait = WebDriverWait(
            self.driver,
            _PATIENCE_SECONDS,
            poll_frequency=0.02,
            # The page may replace an element after it was found and before it is read.
            ignored_exceptions=(StaleElementReferenceException,),
        )
        wait.until(lambda _: condition())

    def pick(self, *files: Path) -> None:
        """Select photos in the file dialog."""
        self.one("#file").send_keys("\n".join(map(str, files)))

    def open(self, *files: Path) -> None:
        """Unfold all settings, select photos, and wait until the plan of the first is drawn."""
        self.run("document.querySelectorAll('details').forEach((each) => (each.open = true))")
        self.pick(*files)
        self.until(lambda: self.text("#source").startswith(f"{files[0].name}, ") and self.window())

    def leave(self) -> None:
        """Close the page; its requests end."""
        self.driver.get("about:blank")

    def press(self, selector: str, index: int = 0) -> None:
        """Press an element when nothing covers it.

        It is found and pressed in one step. The layout moves when a plan or a result arrives, and
        between two steps, so that a click of the driver would hit another element.
        """
        self.until(lambda: self.run(_PRESS, selector, index))

    def mode(self, name: str) -> None:
        self.press(f"[name=mode][value={name}]")

    def choose(self, name: str, value: str) -> None:
        """Change a setting: press a radio button, or fill in a control."""
        button = f"[name={name}]:is([type=radio], [type=checkbox])[value='{value}']"
        if self.all(button):
            self.press(button)
        else:
            self.fill(f"[name={name}]", value)

    def fill(self, selector: str, value: str) -> None:
        """Set the value of a control, and send the two events that a user's change sends."""
        self.fill_and_run(selector, value, "")

    def fill_and_run(self, selector: str, value: str, script: str) -> Any:
        """Fill in a control, and run a script before an answer of the service can arrive."""
        return self.run(_FILL + script, selector, value)

    def window(self) -> tuple[float, ...] | None:
        """Return left, top, width and height of the drawn window."""
        return self.numbers("#plan .window", "x", "y", "width", "height")

    def line(self) -> tuple[float, ...] | None:
        """Return left, right and height of the drawn eye line."""
        return self.numbers("#plan .eye-line", "x1", "x2", "y1")

    def numbers(self, selector: str, *names: str) -> tuple[float, ...] | None:
        """Return attributes of the first drawn element that matches; None if none does."""
        values = self.run(
            "const mark = document.querySelector(arguments[0]);"
            "return mark && arguments[1].map((name) => Number(mark.getAttribute(name)))",
            selector,
            names,
        )
        return None if values is None else tuple(values)

    def crop(self) -> None:
        """Press the Download button, and wait until all crops are done."""
        self.press("#crop")
        self.until(self.is_done)

    def is_done(self) -> bool:
        busy = self.one("#crop").get_attribute("aria-disabled")
        return busy is None and bool(self.text("#status") or self.text("#error"))

    def result(self) -> tuple[int, int]:
        """Return width and height of the displayed result."""
        image = self.one("#after")
        self.until(lambda: self.text("#result-title") == "Result")
        self.until(lambda: self.run("return arguments[0].complete", image))
        width, height = self.run(
            "return [arguments[0].naturalWidth, arguments[0].naturalHeight]", image
        )
        return width, height

    def settings(self) -> dict[str, Any]:
        """Return the settings in the displayed request code."""
        code = self.one("#snippet").get_attribute("textContent") or ""
        text = code.partition("settings=")[2].removesuffix("'")
        settings: dict[str, Any] = json.loads(text)
        return settings

    def logged_errors(self) -> list[str]:
        """Return the messages that Chromium logged since the last call."""
        entries = self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # as above
        return [
            entry["message"]
            for entry in entries
            if not (self.expects_rejection and entry["source"] == "network")
        ]

    def requests(self) -> set[str]:
        """Return the origins of the requests since the last call.

        Data URLs and Chromium's own pages have no origin and are left out.
        """
        entries = self.driver.get_log("performance")  # type: ignore[no-untyped-call]  # as above
        messages = (json.loads(entry["message"])["message"] for entry in entries)
        urls = (
            each["params"]["request"]["url"]
            for each in messages
            if each["method"] == "Network.requestWillBeSent"
        )
        return {"/".join(url.split("/")[:3]) for url in urls if url.startswith(("http", "ws"))}
