"""The page as a person has it before them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

# Far above what anything takes, on a machine that is busy with something else.
_PATIENCE_SECONDS = 60


class Page:
    """The page of one service, open in Chromium.

    Attributes:
        refused: whether the test has the service refuse something, which Chromium logs as an
            error of the page.
    """

    def __init__(
        self, driver: Chrome, url: str, path: str = "/", asks: str = "/api/v1/health"
    ) -> None:
        self.driver = driver
        self.refused = False
        driver.get("about:blank")
        self.complaints()
        self.requests()
        driver.get(url + path)
        # What it asks for when it opens has come.
        self.until(
            lambda: self.run("return performance.getEntriesByName(arguments[0]).length", url + asks)
        )

    def run(self, script: str, *arguments: object) -> Any:
        """Run a script in the page, as its function's body."""
        return self.driver.execute_script(script, *arguments)

    def one(self, selector: str) -> WebElement:
        return self.driver.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def text(self, selector: str) -> str:
        return self.one(selector).text

    def until(self, true: Callable[[], object]) -> None:
        """Wait until something is true."""
        wait = WebDriverWait(self.driver, _PATIENCE_SECONDS, poll_frequency=0.02)
        wait.until(lambda _: true())

    def pick(self, *files: Path) -> None:
        """Choose photos in the dialog."""
        self.one("#file").send_keys("\n".join(map(str, files)))

    def open(self, *files: Path) -> None:
        """Choose photos, and wait until the first one's plan is drawn."""
        self.pick(*files)
        self.until(self.window)

    def mode(self, name: str) -> None:
        button = self.one(f"[name=mode][value={name}]")
        # Below what stays in sight on a phone, and above the button.
        self.run("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()

    def choose(self, name: str, value: str) -> None:
        """Set a setting: a control of its own, or one of a few buttons."""
        buttons = self.all(f"[name={name}][type=radio][value='{value}']")
        if buttons:
            buttons[0].click()
        else:
            self.fill(f"[name={name}]", value)

    def fill(self, selector: str, value: str) -> None:
        """Give a control a value, and have both events happen that happen with people.

        The driver alone has only one of them happen when an option is selected.
        """
        self.run(
            "const [control, value] = arguments;"
            "control.value = value;"
            "for (const kind of ['input', 'change'])"
            "    control.dispatchEvent(new Event(kind, {bubbles: true}))",
            self.one(selector),
            value,
        )

    def window(self) -> tuple[float, ...] | None:
        """Left, top, width and height of the window that is drawn."""
        return self.numbers("#plan .window", "x", "y", "width", "height")

    def line(self) -> tuple[float, ...] | None:
        """Left, right and height of the eye line that is drawn."""
        return self.numbers("#plan .eye-line", "x1", "x2", "y1")

    def numbers(self, selector: str, *names: str) -> tuple[float, ...] | None:
        """Attributes of the first mark that is drawn and matches; None when none does."""
        values = self.run(
            "const mark = document.querySelector(arguments[0]);"
            "return mark && arguments[1].map((name) => Number(mark.getAttribute(name)))",
            selector,
            names,
        )
        return None if values is None else tuple(values)

    def crop(self) -> None:
        """Press the button, and wait until all is done."""
        self.one("#crop").click()
        self.until(self.is_done)

    def is_done(self) -> bool:
        busy = self.one("#crop").get_attribute("aria-disabled")
        return busy is None and bool(self.text("#status") or self.text("#error"))

    def result(self) -> tuple[int, int]:
        """Size of the result that is shown."""
        image = self.one("#after")
        self.until(lambda: self.run("return arguments[0].complete", image))
        width, height = self.run(
            "return [arguments[0].naturalWidth, arguments[0].naturalHeight]", image
        )
        return width, height

    def settings(self) -> dict[str, Any]:
        """Those that the request in code has."""
        code = self.one("#snippet").get_attribute("textContent") or ""
        settings: dict[str, Any] = json.loads(code.partition("settings=")[2].removesuffix("'"))
        return settings

    def complaints(self) -> list[str]:
        """What Chromium has logged since the last call."""
        entries = self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # as above
        return [
            entry["message"]
            for entry in entries
            if not (self.refused and entry["source"] == "network")
        ]

    def requests(self) -> set[str]:
        """Where requests have gone since the last call: the origins.

        A picture that is in the page already, and Chromium's own pages, are nowhere.
        """
        entries = self.driver.get_log("performance")  # type: ignore[no-untyped-call]  # as above
        messages = (json.loads(entry["message"])["message"] for entry in entries)
        urls = (
            each["params"]["request"]["url"]
            for each in messages
            if each["method"] == "Network.requestWillBeSent"
        )
        return {"/".join(url.split("/")[:3]) for url in urls if url.startswith(("http", "ws"))}
