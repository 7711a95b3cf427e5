import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from handler.config import Config
from tests.page import axe
from tests.page.browser import Page
from tests.pictures import encoded, photo
from tests.serving import serving
from tests.template.stack import ROOT

MAX_BODY_BYTES = 300_000

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
    # In many containers /dev/shm is small, and Chromium stops without an error when it is full.
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--window-size=1280,1000",
)


@pytest.fixture(scope="session")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chrome]:
    """Chromium, with a temporary profile."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        pytest.skip("needs Chromium: apt-get install chromium chromium-driver")
    options = ChromeOptions()
    options.binary_location = str(_isolated(chromium, tmp_path_factory.mktemp("chromium")))
    for flag in _FLAGS:
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with Chrome(options, ChromeService(chromedriver)) as driver:
        # Of 30 seconds by default. axe needs more of them on a busy machine.
        driver.set_script_timeout(300)
        yield driver


@pytest.fixture
def downloads(driver: Chrome, tmp_path: Path) -> Path:
    """Folder in which Chromium saves the files of one test, and none of an earlier one."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    saved = {"behavior": "allow", "downloadPath": str(folder)}
    driver.execute_cdp_cmd("Browser.setDownloadBehavior", saved)
    return folder


def _isolated(chromium: str, folder: Path) -> Path:
    """Write a program that starts Chromium without notifications of network changes."""
    command = (sys.executable, "-m", "tests.page.without_netlink", chromium)
    program = folder / "chromium"
    program.write_text(f"""#!/bin/sh
cd {shlex.quote(str(ROOT))}
exec {shlex.join(command)} "$@"
""")
    program.chmod(0o755)
    return program


@pytest.fixture(scope="session")
def url(bare_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a service without uploads."""
    store = tmp_path_factory.mktemp("results").as_uri()
    with serving(Config(store=store, max_body_bytes=MAX_BODY_BYTES)) as url:
        yield url


@pytest.fixture
def page(driver: Chrome, url: str, downloads: Path) -> Iterator[Page]:
    """The page. Afterwards, asserts that it logged no error and contacted only its service."""
    page = Page(driver, url)
    yield page
    page.leave()
    assert page.logged_errors() == []
    assert page.requests() == {url}


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Writes a photo of scikit-image, by its name and a file extension."""
    folder = tmp_path_factory.mktemp("photos")
    formats = {".jpg": "JPEG", ".png": "PNG", ".tif": "TIFF"}

    def write(name: str) -> Path:
        path = folder / name
        if not path.exists():
            stem = path.stem
            size = {"astronaut": (256, 256), "coffee": (300, 200)}[stem]
            path.write_bytes(encoded(photo(f"{stem}.png", size), formats[path.suffix]))
        return path

    return write


@pytest.fixture
def saved(downloads: Path) -> Callable[[str], bytes]:
    """Returns a file that the page saves, by its name, when it is complete."""

    def read(name: str) -> bytes:
        path, deadline = downloads / name, time.monotonic() + 60
        # Chromium reserves the name with an empty file, and renames the complete file to it.
        while not path.exists() or not path.stat().st_size:
            assert time.monotonic() < deadline, sorted(each.name for each in downloads.iterdir())
            time.sleep(0.02)
        return path.read_bytes()

    return read


@pytest.fixture(scope="session")
def axe_script() -> str:
    """The program of axe."""
    script = axe.read_script()
    if script is None:
        pytest.skip("needs axe-playwright-python, of the group dev")
    return script


@pytest.fixture(scope="session")
def portrait(photos: Callable[[str], Path]) -> Path:
    return photos("astronaut.jpg")


@pytest.fixture(scope="session")
def coffee(photos: Callable[[str], Path]) -> Path:
    return photos("coffee.jpg")
