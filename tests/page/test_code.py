"""The request code of the page, run as it is copied."""

import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.needs import needs_curl
from tests.page.browser import Page
from tests.pictures import decoded

# Characters that shells, curl or string literals have to escape.
NAME = """it's "a" photo; $HOME, 1.jpg"""
RESULT = NAME.replace(".jpg", "_smartcrop.jpg")


@pytest.fixture
def code(page: Page, coffee: Path, tmp_path: Path) -> Callable[[str], str]:
    """Returns the code in a language; it is run in the folder of the photo."""

    def copy(language: str) -> str:
        photo = tmp_path / NAME
        photo.write_bytes(coffee.read_bytes())
        page.open(photo)
        page.fill("[name=width]", "60")
        page.fill("[name=height]", "40")
        page.press(f"[name=language][value={language}]")
        return page.one("#snippet").get_attribute("textContent") or ""

    return copy


def run(command: Sequence[str], folder: Path) -> str:
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def size_of(result: Path) -> tuple[int, int]:
    return decoded(result.read_bytes()).size


@needs_curl
def test_curl_saves_the_crop_of_the_page(code: Callable[[str], str], tmp_path: Path) -> None:
    run(["bash", "-c", code("curl")], tmp_path)

    assert size_of(tmp_path / RESULT) == (60, 40)


@needs_curl
def test_curl_saves_several_sizes_in_a_zip(
    page: Page, code: Callable[[str], str], tmp_path: Path
) -> None:
    code("curl")
    page.choose("shape", "16:9")

    run(["bash", "-c", page.one("#snippet").get_attribute("textContent") or ""], tmp_path)

    with ZipFile(tmp_path / "smartcrop.zip") as archive:
        assert [decoded(archive.read(name)).size for name in archive.namelist()] == [
            (60, 40),
            (1920, 1080),
        ]


def test_the_command_line_crops_as_the_page_does(
    code: Callable[[str], str], tmp_path: Path
) -> None:
    main = "from handler.cli import main; main()"
    command = f'smart-crop() {{ "{sys.executable}" -c "{main}" "$@"; }}; {code("cli")}'

    run(["bash", "-c", command], tmp_path)

    assert size_of(tmp_path / RESULT) == (60, 40)


def test_python_saves_the_crop_of_the_page(code: Callable[[str], str], tmp_path: Path) -> None:
    run([sys.executable, "-c", code("python")], tmp_path)

    assert size_of(tmp_path / RESULT) == (60, 40)


def test_node_saves_the_crop_of_the_page(code: Callable[[str], str], tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None or int(run([node, "--version"], tmp_path)[1:].split(".")[0]) < 18:
        pytest.skip("needs Node.js 18 or newer, which has fetch: apt-get install nodejs")
    script = tmp_path / "crop.mjs"
    script.write_text(code("node"))

    run([node, "--no-warnings", str(script)], tmp_path)

    assert size_of(tmp_path / RESULT) == (60, 40)


def test_the_browser_saves_the_crop_of_the_page(
    page: Page, code: Callable[[str], str], coffee: Path, saved: Callable[[str], bytes]
) -> None:
    script = code("browser")
    page.run(
        "const files = new DataTransfer();"
        "files.items.add(new File([new Uint8Array(arguments[0])], 'a.jpg'));"
        "document.querySelector('#file').files = files.files",
        list(coffee.read_bytes()),
    )

    page.run(f"return (async () => {{ {script} }})()")

    # Chromium replaces the characters that its system's file names may not have.
    assert decoded(saved(RESULT.replace('"', "_"))).size == (60, 40)


def test_the_copy_button_confirms_the_copy(page: Page) -> None:
    page.one("#copy").click()

    page.until(lambda: page.text("#copied"))
    assert page.text("#copied") in {"Copied.", "The code is selected. Copy it with Ctrl-C or ⌘C."}
