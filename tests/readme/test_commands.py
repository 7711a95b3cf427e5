"""The commands in the README work as written."""

import json
import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen
from zipfile import ZipFile

import pytest

from tests.needs import needs_curl
from tests.pictures import decoded, encoded, photo

ROOT = Path(__file__).parents[2]
PORT = 13490
# Enough to create the environment on a slow machine; usually it exists.
_START_SECONDS = 300

# Commands that this module does not run, and where they are run or why they cannot be.
NOT_RUN_HERE = {
    "make test": "it runs this test",
    "pip install .": "tests/package runs it",
    "make check": ".ci/run runs it",
    "make image-test": ".ci/run runs it as root",
    "make cloud-test": ".ci/run runs it",
    "make budget": "it takes minutes, and tests/budget measures smaller files",
    "make bench": "it takes minutes, and tests must not depend on times",
    "sam build": "tests/image and tests/cloud run it",
}


def commands() -> list[str]:
    """Return all bash commands; joins continued lines, and a function with its body."""
    blocks = re.findall(r"^```bash\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    text = re.sub(r"\\\n\s*", "", "".join(blocks))
    text = re.sub(r"\{\n(.*?)\n\}", lambda match: "{ " + match[1].strip() + " }", text, flags=re.S)
    return [line.split("   #")[0].strip() for line in text.splitlines() if line.strip()]


def commands_with(start: str) -> list[str]:
    found = [command for command in commands() if command.startswith(start)]
    assert found, f"the README has no command that begins with {start}"
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like a clone, with the photos that the README names."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "photos/summer").mkdir(parents=True)
    for name in ("portrait.jpg", "team.jpg", "photos/a.jpg", "photos/summer/b.jpg"):
        (folder / name).write_bytes(encoded(photo("astronaut.png")))
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Runs `make run` while the tests of the module run."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", PORT)) == 0:
            pytest.skip(f"needs port {PORT}, the README's: stop the program that listens there")
    log = tmp_path_factory.mktemp("run") / "log"
    (command,) = commands_with("make run")
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


def test_each_command_is_run_by_a_test_or_has_a_reason() -> None:
    run_here = ("make run", "make help", "curl -X POST", "curl -N", ".venv/bin/smart-crop ")
    unknown = [each for each in commands() if not each.startswith((*run_here, *NOT_RUN_HERE))]
    assert unknown == []


@needs_curl
@pytest.mark.usefixtures("served")
def test_the_requests_succeed(folder: Path) -> None:
    one, plan, picture, sizes, batch, named = commands_with("curl -X POST")

    answer = json.loads(run(one, folder))
    assert decoded(fetch(answer["downloadUrl"])).size == (1080, 1080)
    assert answer["filename"] == "portrait_smartcrop.jpg"

    results = json.loads(run(sizes, folder))["results"]
    found = [decoded(fetch(each["downloadUrl"])).size for each in results]
    assert found == [(1080, 1080), (1080, 1920), (300, 200), (1600, 400)]

    answer = json.loads(run(plan, folder))
    assert answer["plan"]["mode"] == "face"
    assert decoded(fetch(answer["overlayUrl"])).size == (512, 512)

    run(picture, folder)
    assert decoded((folder / "avatar.jpg").read_bytes()).size == (300, 300)
    (folder / "avatar.jpg").unlink()  # the command line is shown with all JPEG files of the folder

    run(batch, folder)
    with ZipFile(folder / "crops.zip") as crops:
        assert crops.namelist() == ["portrait_smartcrop.jpg", "team_smartcrop.jpg"]

    answer = json.loads(run(named, folder))
    (progress,) = commands_with("curl -N")
    (state,) = run(progress, folder).split("\n\n")[:-1]
    assert json.loads(state.removeprefix("data: "))["result"] == answer


@needs_curl
@pytest.mark.usefixtures("served")
def test_the_example_response_has_the_fields_of_a_response(folder: Path) -> None:
    (shown,) = re.findall(r"^```json\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    example = json.loads(shown.replace("…", ""))
    answer = json.loads(run(commands_with("curl -X POST")[0], folder))
    assert list(example) == list(answer)
    assert list(example["plan"]) == list(answer["plan"])


def test_the_commands_write_the_expected_files(folder: Path) -> None:
    for command in commands_with(".venv/bin/smart-crop"):
        if " serve " not in command:
            run(command, folder)
    assert decoded((folder / "thumbnails/team_smartcrop.jpg").read_bytes()).size == (400, 400)
    assert decoded((folder / "avatar.webp").read_bytes()).format == "WEBP"
    assert decoded((folder / "crops/a_smartcrop_16-9.jpg").read_bytes()).size == (1920, 1080)
    assert decoded((folder / "crops/summer/b_smartcrop_1-1.jpg").read_bytes()).size == (1080, 1080)
    assert {path.name for path in (folder / "why").iterdir()} == {
        "portrait_overlay.png",
        "team_overlay.png",
    }


def test_the_serve_command_starts_the_service(folder: Path) -> None:
    (command,) = (each for each in commands_with(".venv/bin/smart-crop") if " serve " in each)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = re.sub(r"--port \d+", f"--port {port}", command)
    process = subprocess.Popen(["bash", "-c", f"exec {command}"], cwd=folder)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        with urlopen(f"http://127.0.0.1:{port}/api/v1/health") as response:
            assert json.load(response)["status"] == "ok"
    finally:
        process.terminate()
        process.wait()


def test_make_lists_its_targets() -> None:
    assert "make" in run(commands_with("make help")[0], ROOT)
