import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService

from handler.config import Config
from tests.page.browser import Page
from tests.pictures import encoded, photo
from tests.serving import serving

MAX_BODY_BYTES = 300_000

_FLAGS = (
    "--headless=new",
    "--no-sandbox",
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
    """Chromium, with a profile of its own."""
    chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
    if chromium is None or chromedriver is None:
        pytest.skip("needs Chromium: apt-get install chromium chromium-driver")
    options = ChromeOptions()
    options.binary_location = chromium
    for flag in _FLAGS:
        options.add_argument(flag)
    options.add_argument(f"--user-data-dir={tmp_path_factory.mktemp('profile')}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    with Chrome(options, ChromeService(chromedriver)) as driver:
        yield driver


@pytest.fixture(scope="session")
def url(bare_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where a service without uploads is."""
    store = tmp_path_factory.mktemp("results").as_uri()
    with serving(Config(store=store, max_body_bytes=MAX_BODY_BYTES)) as url:
        yield url


@pytest.fixture
def page(driver: Chrome, url: str) -> Iterator[Page]:
    """The page; afterwards, it must have logged no error, and asked nobody but its service."""
    page = Page(driver, url)
    yield page
    assert page.complaints() == []
    assert page.requests() == {url}


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Files of photos, by the name of scikit-image's photo and the file's ending."""
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


@pytest.fixture(scope="session")
def portrait(photos: Callable[[str], Path]) -> Path:
    return photos("astronaut.jpg")


@pytest.fixture(scope="session")
def coffee(photos: Callable[[str], Path]) -> Path:
    return photos("coffee.jpg")
