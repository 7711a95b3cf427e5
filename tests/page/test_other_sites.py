"""Pages of other sites that call the service, in a browser."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from handler.api import AcceptedOrigins
from handler.config import Config
from tests.page.conftest import MAX_BODY_BYTES
from tests.readme.documents import GUIDE, blocks
from tests.serving import serving

_PATIENCE_SECONDS = 60
# Calls the service, and returns what the page can read of the answer.
_CALL = """
const [url, options, text, done] = arguments;
const form = new FormData();
if (text !== null) form.append("file", new Blob([text]), "a.txt");
fetch(url, {...options, ...(options.method === "POST" && {body: form})})
    .then(async (answer) => done({
        status: answer.status,
        headers: Object.fromEntries(answer.headers),
        text: await answer.text(),
    }))
    .catch((error) => done({failure: String(error)}));
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("site")


@pytest.fixture(scope="module")
def site(folder: Path) -> Iterator[str]:
    """Origin of another site, whose pages are in the folder."""
    handler = partial(_Quiet, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_port}"
        server.shutdown()
        thread.join()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Log nothing."""


@pytest.fixture(scope="module")
def service(site: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a service that accepts the site."""
    store = tmp_path_factory.mktemp("results").as_uri()
    accepted = AcceptedOrigins(origins=frozenset({site}))
    with serving(Config(store=store, max_body_bytes=MAX_BODY_BYTES), accepted) as url:
        yield url


@pytest.fixture
def page(driver: Chrome, site: str, service: str, folder: Path) -> Chrome:
    """The page of the guide, on the other site."""
    (example,) = blocks(GUIDE["browser"], "html")
    (folder / "index.html").write_text(example.replace("http://localhost:13490", service))
    driver.get(f"{site}/index.html")
    return driver


def call(
    page: Chrome, url: str, options: dict[str, Any] | None = None, text: str | None = None
) -> Any:
    return page.execute_async_script(_CALL, url, options or {}, text)


def test_the_example_of_the_guide_works(page: Chrome, portrait: Path) -> None:
    page.find_element(By.ID, "photo").send_keys(str(portrait))

    image = page.find_element(By.ID, "crop")
    WebDriverWait(page, _PATIENCE_SECONDS).until(lambda _: image.get_property("naturalWidth"))

    assert [image.get_property(name) for name in ("naturalWidth", "naturalHeight")] == [300, 300]
    assert page.find_element(By.ID, "error").text == ""


def test_the_example_shows_errors(page: Chrome, tmp_path: Path) -> None:
    text = tmp_path / "text.jpg"
    text.write_text("text")

    page.find_element(By.ID, "photo").send_keys(str(text))

    error = page.find_element(By.ID, "error")
    WebDriverWait(page, _PATIENCE_SECONDS).until(lambda _: error.text)
    assert error.text.startswith("Invalid image: unrecognised format")


def test_a_page_reads_pictures_and_their_headers(
    page: Chrome, service: str, portrait: Path
) -> None:
    page.find_element(By.ID, "photo").send_keys(str(portrait))

    headers = page.execute_async_script(
        """
        const [url, done] = arguments;
        const form = new FormData();
        form.append("file", document.querySelector("#photo").files[0]);
        fetch(url, {method: "POST", body: form, headers: {Accept: "image/*"}})
            .then(({headers}) => done(Object.fromEntries(headers)))
            .catch((error) => done({failure: String(error)}));
        """,
        f"{service}/api/v1/tools/smart-crop",
    )

    assert headers["content-type"] == "image/jpeg"
    assert headers["x-smart-crop-plan"].startswith('{"mode":"subject"')
    assert {"content-disposition", "content-length", "x-request-id"} <= headers.keys()


@pytest.mark.parametrize(
    ("path", "options", "text", "status"),
    [
        ("/api/v1/tools/smart-crop", {"method": "POST"}, "text", 400),
        ("/api/v1/tools/smart-crop", {"method": "POST"}, None, 400),
        ("/api/v1/tools/smart-crop", {"method": "POST"}, "x" * MAX_BODY_BYTES, 413),
        ("/api/v1/tools/smart-crop?response=x", {"method": "POST"}, "text", 400),
        ("/api/v1/nowhere", {}, None, 404),
        ("/api/v1/tools/smart-crop", {}, None, 405),
    ],
)
def test_a_page_reads_errors(
    page: Chrome,
    service: str,
    path: str,
    options: dict[str, Any],
    text: str | None,
    status: int,
) -> None:
    answer = call(page, service + path, options, text)

    assert answer.get("status") == status, answer
    assert '"code":' in answer["text"]
    assert "x-request-id" in answer["headers"]


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Requested-With": "XMLHttpRequest", "Cache-Control": "no-cache"},
        {"Authorization": "Bearer x", "Prefer": "respond-async"},
        {"Range": "bytes=0-9", "If-Range": '"x"', "If-None-Match": '"x"'},
    ],
)
def test_a_page_sends_headers_that_need_a_preflight(
    page: Chrome, service: str, headers: dict[str, str]
) -> None:
    answer = call(page, f"{service}/api/v1/health", {"headers": headers})

    assert answer.get("status") == 200, answer


def test_a_page_reads_a_part_of_a_result(page: Chrome, service: str, portrait: Path) -> None:
    page.find_element(By.ID, "photo").send_keys(str(portrait))
    image = page.find_element(By.ID, "crop")
    WebDriverWait(page, _PATIENCE_SECONDS).until(lambda _: image.get_property("naturalWidth"))
    url = image.get_property("src")

    answer = call(page, str(url), {"headers": {"Range": "bytes=0-9"}})

    assert answer.get("status") == 206, answer
    assert answer["headers"]["content-range"].startswith("bytes 0-9/")
    assert {"etag", "accept-ranges", "last-modified"} <= answer["headers"].keys()


def test_a_page_of_an_origin_that_is_not_accepted_reads_nothing(
    page: Chrome, site: str, service: str
) -> None:
    page.get(f"{site.replace('localhost', '127.0.0.1')}/index.html")

    assert "Failed to fetch" in call(page, f"{service}/api/v1/health")["failure"]
