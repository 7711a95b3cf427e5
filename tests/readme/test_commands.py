"""The commands in the README work as written."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest

from tests.needs import needs_curl
from tests.pictures import decoded
from tests.readme.documents import README, blocks, commands, languages
from tests.structure.rules import ROOT

PORT = 13490
# Enough to create the environment on a slow machine; usually it exists.
_START_SECONDS = 300
_SAMPLE = "handler/api/static/portrait.jpg"

# Commands that this module does not run, and where they are run or why they cannot be.
NOT_RUN_HERE = {
    "make test": "it runs this test",
    "docker ": "tests/image builds and runs the image",
    "pip install .": "tests/package runs it",
    "smart-crop serve": "tests/package runs it after pip install",
    "sam build": "tests/image and tests/cloud run it",
}
# Languages of blocks, and the module that runs them.
RUN_BY = {"bash": "this module", "js": "this module", "pycon": "tests/python_api"}


def commands_with(start: str) -> list[str]:
    found = [command for command in commands(README) if command.startswith(start)]
    assert found, f"the README has no command that begins with {start}"
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like a clone."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    sample = folder / _SAMPLE
    sample.parent.mkdir(parents=True)
    shutil.copy(ROOT / _SAMPLE, sample)
    (copy,) = commands_with("cp ")
    run(copy, folder)
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Runs `make run` while the tests of the module run."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", PORT)) == 0:
            pytest.skip(f"needs port {PORT}, the README's: stop the program that listens there")
    log = tmp_path_factory.mktemp("run") / "log"
    command = commands_with("make run")[0]
    with log.open("wb") as file:
        process = subprocess.Popen(
            ["bash", "-c", command], cwd=ROOT, stdout=file, stderr=file, start_new_session=True
        )
    try:
        wait(process, log)
        yield
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait()


def wait(process: "subprocess.Popen[bytes]", log: Path) -> None:
    end = time.monotonic() + _START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            with urlopen(f"http://localhost:{PORT}/api/v1/health"):
                return
        except URLError:
            time.sleep(0.1)
    raise AssertionError(log.read_text())


def run(command: str, folder: Path) -> str:
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, capture_output=True, check=False, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def fetch(path: str) -> bytes:
    with urlopen(f"http://localhost:{PORT}{path}") as response:
        data: bytes = response.read()
    return data


def size_of(path: Path) -> tuple[int, int]:
    """Return the size of a picture, and delete it, so that the next example has to write it."""
    size = decoded(path.read_bytes()).size
    path.unlink()
    return size


def test_the_readme_opens_with_the_two_commands() -> None:
    assert [each.split("#")[0].strip() for each in commands(README)[:2]] == [
        "make run",
        "make test",
    ]
    assert README.read_text().index("make test") < 600


def test_each_command_is_run_by_a_test_or_has_a_reason() -> None:
    run_here = ("make run", "cp ", "curl ", ".venv/bin/smart-crop ")
    unknown = [each for each in commands(README) if not each.startswith((*run_here, *NOT_RUN_HERE))]
    assert unknown == []
    assert languages(README) == set(RUN_BY)


@needs_curl
@pytest.mark.usefixtures("served")
def test_the_requests_succeed(folder: Path) -> None:
    small, picture = (each for each in commands_with("curl ") if "Accept: image" in each)
    run(small, folder)
    assert size_of(folder / "portrait-small.jpg") == (300, 400)
    run(picture, folder)
    assert size_of(folder / "crop.jpg") == (400, 400)


@needs_curl
@pytest.mark.usefixtures("served")
def test_the_request_of_the_seed_succeeds(folder: Path) -> None:
    (command,) = commands_with("curl -X POST http://localhost:13490/api/v1/tools/smart-crop -F")
    answer = json.loads(run(command, folder))

    assert decoded(fetch(answer["downloadUrl"])).size == (1080, 1080)
    assert answer["filename"] == "portrait_smartcrop.jpg"
    assert answer["plan"]["reason"]


@pytest.mark.usefixtures("served")
def test_the_guide_is_at_its_address() -> None:
    (address,) = set(re.findall(r"<http://localhost:13490(/docs)>", README.read_text()))
    assert b"<h1" in fetch(address)


@pytest.mark.usefixtures("served")
def test_the_javascript_saves_the_crop(folder: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node.js: apt-get install nodejs")
    (program,) = blocks(README, "js")
    subprocess.run([node, "--input-type=module", "-e", program], cwd=folder, check=True)
    assert size_of(folder / "crop.jpg") == (400, 400)


def test_the_command_line_saves_the_crop(folder: Path) -> None:
    (command,) = commands_with(".venv/bin/smart-crop")
    run(command, folder)
    assert size_of(folder / "crop.jpg") == (400, 400)


def test_make_lists_its_targets() -> None:
    assert "`make help`" in README.read_text()
    assert "make" in run("make help", ROOT)


def test_the_linked_files_exist() -> None:
    links = re.findall(r"\]\(([^)#:]+)[^)]*\)", README.read_text())
    assert links
    for link in links:
        assert (ROOT / link).exists(), link
