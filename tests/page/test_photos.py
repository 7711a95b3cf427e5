"""Selecting, dropping and pasting photos; several photos; large photos."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from uuid import uuid4
from zipfile import ZipFile

import pytest
from mypy_boto3_s3 import S3Client
from mypy_boto3_s3.type_defs import CORSRuleTypeDef
from selenium.webdriver import Chrome

from handler.aws import credentials
from handler.config import Config
from handler.events import create_handler
from tests.conftest import BUCKET, UPLOADS
from tests.events.conftest import FakeContext
from tests.events.notifications import s3_put
from tests.page.browser import Page
from tests.page.conftest import MAX_BODY_BYTES
from tests.pictures import decoded, encoded, noise
from tests.servers import Program
from tests.serving import serving


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("large") / "large.png"
    path.write_bytes(encoded(noise(400, 300), "PNG"))
    assert path.stat().st_size > MAX_BODY_BYTES
    return path


def states(page: Page) -> list[str]:
    states: list[str] = page.run(
        "return [...document.querySelectorAll('#list li')].map((each) => each.dataset.state)"
    )
    return states


def badges(page: Page) -> list[list[str]]:
    """Return the badges of each photo on the contact sheet."""
    badges: list[list[str]] = page.run(
        "return [...document.querySelectorAll('#list li')]"
        "    .map((card) => [...card.querySelectorAll('.badge')].map((each) => each.textContent))"
    )
    return badges


def test_the_contact_sheet_shows_results_badges_and_errors(
    page: Page, portrait: Path, coffee: Path, tmp_path: Path
) -> None:
    page.expects_rejection = True
    notes = tmp_path / "notes.txt"
    notes.write_text("Buy milk.")
    page.open(portrait, notes, coffee)
    assert page.text("#crop") == "Download 3 files"

    page.press("#all")

    page.until(lambda: states(page) == ["done", "failed", "done"])
    page.until(page.is_done)
    assert page.text("#status") == "Cropped 2 files. 1 of 3 photos failed."
    assert badges(page) == [["1 face", "enlarged 4.22×"], [], ["enlarged 5.4×"]]
    assert "is not a picture" in page.all("#list li")[1].text
    assert page.text("#crop") == "Download 2 files"
    page.press("#list .open", 2)
    assert page.text("#made").startswith("coffee_smartcrop.jpg")
    page.until(lambda: page.all("#list .open")[2].get_attribute("aria-current") == "true")
    page.until(lambda: "of 300 × 200." in page.text("#reason"))


def test_the_badges_of_a_photo_are_those_of_its_worst_output(
    page: Page, portrait: Path, coffee: Path
) -> None:
    page.open(portrait, coffee)
    page.choose("shape", "16:9")

    page.press("#all")

    page.until(lambda: states(page) == ["done", "done"])
    # 1,920 pixels of 256, where the square has 1,080.
    page.until(lambda: badges(page)[0] == ["1 face", "enlarged 7.5×"])


def test_photos_are_added_and_removed(page: Page, portrait: Path, coffee: Path) -> None:
    page.open(portrait)
    page.open(coffee)
    assert page.text("#crop") == "Download 2 files"
    assert [name.text for name in page.all("#list strong")] == ["astronaut.jpg", "coffee.jpg"]

    page.press("#list .remove")

    assert page.text("#crop") == "Download"
    assert page.text("#source").startswith("coffee.jpg, ")
    page.press("#remove")
    assert not page.one("#original").is_displayed()
    assert not page.one("#result").is_displayed()
    assert page.text("#pick-title") == "Choose photos"
    assert not page.one("#crop").is_enabled()


@pytest.mark.parametrize(
    ("name", "mode", "reason"),
    [
        ("Sailing boat", "auto", "% of the interest"),
        ("Portrait", "auto", "1 face."),
        ("Product", "trim", "Window 288 × 780 of 1800 × 1200."),
    ],
)
def test_samples_need_no_photo(page: Page, name: str, mode: str, reason: str) -> None:
    (sample,) = (each for each in page.all("#samples button") if each.text == name)

    sample.click()

    page.until(lambda: reason in page.text("#reason"))
    page.until(lambda: page.text("#result-title") == "Result")
    assert page.settings()["mode"] == mode
    assert not page.one("#samples").is_displayed()


def test_several_photos_are_saved_in_one_zip(
    page: Page, portrait: Path, coffee: Path, saved: Callable[[str], bytes]
) -> None:
    page.open(portrait, coffee)
    page.fill("[name=width]", "50")
    page.fill("[name=height]", "40")

    page.crop()

    with ZipFile(BytesIO(saved("smartcrop.zip"))) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["astronaut_smartcrop.jpg", "coffee_smartcrop.jpg"]
        assert decoded(archive.read("coffee_smartcrop.jpg")).size == (50, 40)
    assert page.text("#status").startswith("Saved smartcrop.zip with 2 files, ")


def test_two_photos_of_the_same_name_are_both_in_the_zip(
    page: Page, coffee: Path, saved: Callable[[str], bytes]
) -> None:
    page.open(coffee)
    page.open(coffee)
    page.fill("[name=width]", "50")

    page.crop()

    with ZipFile(BytesIO(saved("smartcrop.zip"))) as archive:
        assert archive.namelist() == ["coffee_smartcrop.jpg", "coffee_smartcrop-2.jpg"]


@pytest.mark.parametrize(
    "gesture",
    [
        "new DragEvent('drop', {dataTransfer: files, bubbles: true, cancelable: true})",
        "new ClipboardEvent('paste', {clipboardData: files, bubbles: true, cancelable: true})",
    ],
)
def test_photos_can_be_dropped_and_pasted(page: Page, coffee: Path, gesture: str) -> None:
    page.run(
        "const files = new DataTransfer();"
        "files.items.add(new File([new Uint8Array(arguments[0])], 'dropped.jpg'));"
        f"document.body.dispatchEvent({gesture})",
        list(coffee.read_bytes()),
    )

    page.until(lambda: page.text("#made").startswith("dropped_smartcrop.jpg"))


def test_without_uploads_a_large_photo_shows_an_error(page: Page, large: Path) -> None:
    page.pick(large)

    page.until(lambda: page.text("#failure-text"))
    size = large.stat().st_size / 1000
    words = f"This file is {size:.0f} kB. The service accepts at most 300 kB."
    assert page.text("#failure-text") == words


@pytest.fixture
def deployed(
    seaweedfs: Program, uploads: S3Client, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Config]:
    """A deployment with uploads, whose buckets allow its page as in the template."""
    for name, value in seaweedfs.environment.items():
        monkeypatch.setenv(name, value)
    rule: CORSRuleTypeDef = {
        "AllowedMethods": ["POST", "GET"],
        "AllowedOrigins": ["*"],
        "AllowedHeaders": ["*"],
    }
    for bucket in (BUCKET, UPLOADS):
        uploads.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": [rule]})
    credentials.session.cache_clear()
    yield Config(
        store=f"s3://{BUCKET}/page-{uuid4()}",
        uploads=f"s3://{UPLOADS}",
        max_body_bytes=MAX_BODY_BYTES,
    )
    credentials.session.cache_clear()


def test_a_large_photo_goes_through_the_uploads_bucket(
    driver: Chrome,
    deployed: Config,
    seaweedfs: Program,
    large: Path,
    saved: Callable[[str], bytes],
) -> None:
    with serving(deployed) as url:
        page = Page(driver, url)
        page.open(large)
        page.fill("[name=width]", "50")
        page.fill("[name=height]", "40")
        page.crop()

        assert page.text("#error") == ""
        assert page.result() == (50, 40)
        assert decoded(saved("large_smartcrop.png")).size == (50, 40)
        assert page.logged_errors() == []
        assert page.requests() == {url, seaweedfs.url}


def test_a_result_that_is_too_large_for_an_answer_comes_from_its_bucket(
    driver: Chrome, deployed: Config, seaweedfs: Program, coffee: Path
) -> None:
    with serving(deployed.model_copy(update={"max_answer_bytes": 20_000})) as url:
        page = Page(driver, url)
        page.open(coffee)

        assert page.result() == (1080, 1080)
        assert page.text("#made") == "coffee_smartcrop.jpg"
        page.leave()
        assert page.logged_errors() == []
        assert page.requests() == {url, seaweedfs.url}


@contextmanager
def network(driver: Chrome, **conditions: object) -> Iterator[None]:
    """Emulate a slow or broken network connection."""
    unlimited = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
    driver.execute_cdp_cmd("Network.enable", {})
    driver.execute_cdp_cmd("Network.emulateNetworkConditions", {**unlimited, **conditions})
    try:
        yield
    finally:
        driver.execute_cdp_cmd("Network.emulateNetworkConditions", unlimited)


def test_the_progress_of_an_upload_is_shown(driver: Chrome, deployed: Config, large: Path) -> None:
    with serving(deployed) as url:
        page = Page(driver, url)
        bar = page.one("#progress")
        # So slow that the upload does not end before this does.
        with network(driver, uploadThroughput=10_000):
            page.pick(large)
            page.until(lambda: bar.is_displayed() and 0 < float(str(bar.get_property("value"))) < 1)
            assert bar.accessible_name == "Upload progress"

        page.until(page.window)
        assert not bar.is_displayed()


def test_a_lost_connection_is_reported_and_the_next_try_succeeds(page: Page, coffee: Path) -> None:
    page.expects_rejection = True
    page.open(coffee)
    # Otherwise the next step could read the error of this request.
    page.result()
    with network(page.driver, offline=True):
        page.fill("[name=quality]", "80")
        words = "The service did not respond. Check the network connection."
        page.until(lambda: page.text("#failure-text") == words)

    page.press("#retry")

    assert page.result() == (1080, 1080)
    assert not page.one("#failure").is_displayed()


def test_a_large_photo_among_several_is_in_the_zip(
    driver: Chrome,
    deployed: Config,
    large: Path,
    coffee: Path,
    saved: Callable[[str], bytes],
) -> None:
    with serving(deployed) as url:
        page = Page(driver, url)
        page.open(coffee, large)
        page.crop()

        with ZipFile(BytesIO(saved("smartcrop.zip"))) as archive:
            assert archive.namelist() == ["coffee_smartcrop.jpg", "large_smartcrop.png"]
        assert page.logged_errors() == []


def keys_of(uploads: S3Client) -> set[str]:
    return {each["Key"] for each in uploads.list_objects_v2(Bucket=UPLOADS).get("Contents", [])}


# Postpones the later polls of a job, after which the page would request the crop itself.
LATE_POLLS = """
const start = window.setTimeout;
window.setTimeout = (callback, delay) => start(callback, delay >= 500 ? 1e9 : delay);
"""


def test_the_page_uses_the_job_that_its_upload_started(
    driver: Chrome,
    deployed: Config,
    uploads: S3Client,
    large: Path,
    saved: Callable[[str], bytes],
) -> None:
    with serving(deployed) as url:
        page = Page(driver, url)
        page.run(LATE_POLLS)
        before = keys_of(uploads)
        page.open(large)
        (key,) = keys_of(uploads) - before
        create_handler(deployed)(s3_put(key), FakeContext())
        page.crop()

        assert page.result() == (1080, 1080)
        assert saved("large_smartcrop.png")
        page.logged_errors()
        entries = driver.get_log("performance")  # type: ignore[no-untyped-call]  # no stub
        sent = [json.loads(entry["message"])["message"]["params"] for entry in entries]
        paths = [each["request"]["url"].removeprefix(url) for each in sent if "request" in each]
        assert "/api/v1/tools/smart-crop" not in paths
        assert any(path.startswith("/api/v1/jobs/") for path in paths)
