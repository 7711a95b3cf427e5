"""Every command of the README does what it says, as it stands there."""

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
# Making the environment anew on a slow machine; here, it is there already.
_START_SECONDS = 300

# Commands that this folder does not run, and who does, or why nobody can.
ELSEWHERE = {
    "make test": "it is what runs this",
    "make check": "it runs beside this: .ci/run",
    "make image-test": "it runs beside this, as root: .ci/run",
    "make bench": "it takes minutes, and no test depends on a time",
    "sam build": "tests/image builds with it",
    "sam deploy": "needs an AWS account",
    "sam delete": "needs an AWS account",
    "aws ": "needs an AWS account",
    "export AWS_REGION": "needs an AWS account",
    "eval ": "needs an AWS account",
    "output() ": "needs an AWS account",
    "API=": "needs an AWS account",
    "sign": "tests/lambda_ signs and sends them",
    "printf ": "tests/lambda_ signs and sends them",
    "cat portrait.jpg": "tests/lambda_ signs and sends them",
}


def commands() -> list[str]:
    """All lines of bash, a continued one in one piece, and a function with its body."""
    blocks = re.findall(r"^```bash\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    text = re.sub(r"\\\n\s*", "", "".join(blocks))
    text = re.sub(r"\{\n(.*?)\n\}", lambda match: "{ " + match[1].strip() + " }", text, flags=re.S)
    return [line.split("   #")[0].strip() for line in text.splitlines() if line.strip()]


def those(start: str) -> list[str]:
    found = [command for command in commands() if command.startswith(start)]
    assert found, f"the README has no command that begins with {start}"
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a reader has the photos that the README talks of, in a clone."""
    folder = tmp_path_factory.mktemp("clone")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    (folder / "photos/summer").mkdir(parents=True)
    for name in ("portrait.jpg", "team.jpg", "photos/a.jpg", "photos/summer/b.jpg"):
        (folder / name).write_bytes(encoded(photo("astronaut.png")))
    return folder


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """`make run`, as it stands."""
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", PORT)) == 0:
            pytest.skip(f"needs port {PORT}, the README's: stop the program that listens there")
    log = tmp_path_factory.mktemp("run") / "log"
    (command,) = those("make run")
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


def test_each_command_is_run_somewhere() -> None:
    run_here = ("make run", "make help", "curl -X POST", ".venv/bin/smart-crop ")
    unknown = [each for each in commands() if not each.startswith((*run_here, *ELSEWHERE))]
    assert unknown == []


@needs_curl
@pytest.mark.usefixtures("served")
def test_the_requests_are_answered_as_they_stand(folder: Path) -> None:
    one, plan, sizes, batch = those("curl -X POST")

    answer = json.loads(run(one, folder))
    assert decoded(fetch(answer["downloadUrl"])).size == (1080, 1080)
    assert answer["filename"] == "portrait_smartcrop.jpg"

    results = json.loads(run(sizes, folder))["results"]
    found = [decoded(fetch(each["downloadUrl"])).size for each in results]
    assert found == [(1080, 1080), (1080, 1920), (300, 200), (1600, 400)]

    answer = json.loads(run(plan, folder))
    assert answer["plan"]["mode"] == "face"
    assert decoded(fetch(answer["overlayUrl"])).size == (512, 512)

    run(batch, folder)
    with ZipFile(folder / "crops.zip") as crops:
        assert crops.namelist() == ["portrait_smartcrop.jpg", "team_smartcrop.jpg"]


@needs_curl
@pytest.mark.usefixtures("served")
def test_the_answer_has_the_fields_that_the_readme_shows(folder: Path) -> None:
    (shown,) = re.findall(r"^```json\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    example = json.loads(shown.replace("…", ""))
    answer = json.loads(run(those("curl -X POST")[0], folder))
    assert list(example) == list(answer)
    assert list(example["plan"]) == list(answer["plan"])


def test_the_command_line_does_what_its_section_says(folder: Path) -> None:
    for command in those(".venv/bin/smart-crop"):
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


def test_the_command_that_serves_serves(folder: Path) -> None:
    (command,) = (each for each in those(".venv/bin/smart-crop") if " serve " in each)
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
    assert "make" in run(those("make help")[0], ROOT)
