"""The request code of the page, run as it is copied."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.request import urlopen

import pytest

from tests.needs import needs_curl
from tests.page.browser import Page
from tests.pictures import decoded

# Characters that shells, curl or string literals have to escape.
NAME = """it's "a" photo; $HOME, 1.jpg"""


@pytest.fixture
def code(page: Page, coffee: Path, tmp_path: Path) -> Callable[[str], str]:
    """Returns the code in a language; it is run in the folder of the photo."""

    def copy(language: str) -> str:
        photo = tmp_path / NAME
        photo.write_bytes(coffee.read_bytes())
        page.open(photo)
        page.fill("[name=width]", "60")
        page.fill("[name=height]", "40")
        page.one(f"[name=language][value={language}]").click()
        return page.one("#snippet").get_attribute("textContent") or ""

    return copy


def run(command: Sequence[str], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def size_at(url: str) -> tuple[int, int]:
    with urlopen(url) as response:
        return decoded(response.read()).size


@needs_curl
def test_curl_crops_as_the_page_does(code: Callable[[str], str], tmp_path: Path) -> None:
    answer = json.loads(run(["bash", "-c", code("curl")], tmp_path))

    assert (answer["width"], answer["height"]) == (60, 40)


def test_python_crops_as_the_page_does(code: Callable[[str], str], tmp_path: Path) -> None:
    assert size_at(run([sys.executable, "-c", code("python")], tmp_path)) == (60, 40)


def test_javascript_crops_as_the_page_does(code: Callable[[str], str], tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or int(run([node, "--version"], tmp_path)[1:].split(".")[0]) < 18:
        pytest.skip("needs Node.js 18 or newer, which has fetch: apt-get install nodejs")
    script = tmp_path / "crop.mjs"
    script.write_text(code("javascript"))

    assert size_at(run([node, "--no-warnings", str(script)], tmp_path)) == (60, 40)


def test_the_copy_button_confirms_the_copy(page: Page) -> None:
    page.one("#copy").click()

    page.until(lambda: page.text("#copied"))
    assert page.text("#copied") in {"Copied.", "The code is selected. Copy it with Ctrl-C or ⌘C."}
