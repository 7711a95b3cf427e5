"""Maker of the README's screenshot: the page with a photo and its crop, in Chromium.

.venv/bin/python -m tests.readme.screenshot
"""

import io
import tempfile
from pathlib import Path

from PIL import Image
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from handler.config import Config
from tests.page.browser import Page
from tests.readme.pictures import FOLDER, original
from tests.serving import serving

NAME = "page.jpg"
SIZE = (1280, 760)
# So that no result is enlarged.
_SCALE = 4
_QUALITY = 85
_FLAGS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run")


def take() -> Image.Image:
    """Return a screenshot of the page."""
    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with tempfile.TemporaryDirectory() as folder:
        for flag in (*_FLAGS, f"--user-data-dir={folder}/profile"):
            options.add_argument(flag)
        store = Path(folder, "results").as_uri()
        with (
            serving(Config(store=store)) as url,
            Chrome(options, ChromeService("/usr/bin/chromedriver")) as driver,
        ):
            width, height = SIZE
            metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
            driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
            photo = original("group")
            path = Path(folder, "dogs.jpg")
            photo.resize((photo.width * _SCALE, photo.height * _SCALE)).save(path)
            return _shown(Page(driver, url), path)


def _shown(page: Page, photo: Path) -> Image.Image:
    page.pick(photo)
    page.until(page.window)
    page.run("document.querySelector('[name=shape][value=\"4:5\"]').click()")
    page.until(lambda: page.text("#strip").count("kB") == 2)  # both outputs are previewed
    page.until(lambda: not page.run("return document.getAnimations().length"))
    page.run("window.scrollTo(0, 0)")
    return Image.open(io.BytesIO(page.driver.get_screenshot_as_png())).convert("RGB")


def main() -> None:
    """Write the screenshot."""
    take().save(FOLDER / NAME, quality=_QUALITY, optimize=True)


if __name__ == "__main__":
    main()
