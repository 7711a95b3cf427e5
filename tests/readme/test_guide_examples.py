"""The examples in the guide work as written, against a server."""

import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

import httpx
import pytest

from handler.cli import main
from handler.config import Config
from tests.needs import needs_curl
from tests.pictures import decoded
from tests.readme.documents import GUIDE, PHOTOS, README, blocks, commands, languages
from tests.readme.pictures import FOLDER
from tests.serving import serving
from tests.structure.rules import ROOT

ADDRESS = "http://localhost:13490"
# Languages of blocks, and the module that runs them.
RUN_BY = {
    "bash": "this module",
    "js": "this module",
    "json": "this module",
    "html": "tests/page/test_other_sites.py runs the one that sends a photo",
    "pycon": "tests/python_api",
}
# Commands that do not end, and the test that runs them.
ENDLESS = {"smart-crop serve": "tests/server starts it with these options"}
# Commands that sentences name without the files that they need.
NEED_FILES = {"analyze", "crop"}
PAGES = [name for name, path in GUIDE.items() if blocks(path, "bash")]


@pytest.fixture(scope="module")
def url(bare_environment: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server."""
    with serving(Config(store=tmp_path_factory.mktemp("results").as_uri())) as url:
        yield url


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the photos that the guide names."""
    folder = tmp_path_factory.mktemp("guide")
    for name in PHOTOS:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        photo = "product" if name.startswith("product") else "portrait"
        shutil.copy(FOLDER / f"{photo}-before.jpg", path)
    return folder


def run(command: str, folder: Path, url: str) -> str:
    """Run a command against a server, with the programs of the environment."""
    path = f"{ROOT / '.venv/bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command.replace(ADDRESS, url)],
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
        env={**os.environ, "PATH": path},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_each_block_has_a_language_that_a_test_runs() -> None:
    found = {language for path in GUIDE.values() for language in languages(path)}
    assert found == set(RUN_BY)


def test_the_other_languages_are_on_the_pages_whose_blocks_are_run() -> None:
    found = {
        language: {name for name, path in GUIDE.items() if blocks(path, language)}
        for language in set(RUN_BY) - {"bash"}
    }
    assert found == {
        "js": {"picture"},
        "json": {"errors", "responses"},
        "html": {"browser", "object-position"},
        "pycon": {"python"},
    }


@pytest.mark.parametrize("path", [README, *GUIDE.values()], ids=lambda path: str(path.stem))
def test_the_commands_within_sentences_succeed(path: Path, folder: Path, url: str) -> None:
    for command in re.findall(r"`smart-crop ([^`]+)`", path.read_text()):
        name, *arguments = shlex.split(command)
        if name == "serve":  # it does not end
            main.commands[name].make_context(name, arguments).close()
        elif arguments or name not in NEED_FILES:
            run(f"smart-crop {command}", folder, url)
        else:
            assert name in main.commands


@needs_curl
@pytest.mark.parametrize("name", PAGES)
def test_the_commands_of_a_page_succeed(name: str, folder: Path, url: str) -> None:
    for command in commands(GUIDE[name]):
        if command.startswith(tuple(ENDLESS)):
            continue
        output = run(command, folder, url)
        written = re.search(r" (?:-o|>) (\S+\.\w+)$", command)
        if written:
            check_file(folder / written[1], command)
        elif command.startswith("curl -N"):
            (state,) = output.split("\n\n")[:-1]
            assert "result" in json.loads(state.removeprefix("data: "))
        elif command.startswith("curl"):
            assert "error" not in json.loads(output)


def check_file(path: Path, command: str) -> None:
    """Assert that a file was written whose content is what the command requests."""
    if path.suffix == ".zip":
        with ZipFile(path) as crops:
            assert crops.namelist() == ["portrait_smartcrop.jpg", "team_smartcrop.jpg"]
    elif path.suffix == ".json":
        assert json.loads(path.read_text())["plan"]["focus"]
    else:
        size = decoded(path.read_bytes()).size
        named = re.findall(r"\b(?:width|height)\W+(\d{2,})", command)
        assert not named or size == tuple(map(int, named)), command
    if path.suffix != ".json":  # which the next command reads
        path.unlink()


def test_the_command_line_writes_what_the_guide_says(folder: Path, url: str) -> None:
    for command in commands(GUIDE["command-line"]):
        run(command, folder, url)

    assert decoded((folder / "thumbnails/team_smartcrop.jpg").read_bytes()).size == (400, 400)
    assert decoded((folder / "crops/a_smartcrop_16-9.jpg").read_bytes()).size == (1920, 1080)
    assert {"portrait_overlay.png", "team_overlay.png"} <= {
        path.name for path in (folder / "why").iterdir()
    }


@needs_curl
def test_the_sizes_are_those_of_the_request(folder: Path, url: str) -> None:
    request = commands(GUIDE["sizes"])[0]
    results = json.loads(run(request, folder, url))["results"]

    assert [(each["width"], each["height"]) for each in results] == [
        (1080, 1080),
        (1080, 1920),
        (300, 200),
        (1600, 400),
    ]
    assert results[3]["filename"] == "portrait_smartcrop_hero.jpg"


@needs_curl
def test_the_example_response_has_the_fields_of_a_response(folder: Path, url: str) -> None:
    (shown,) = blocks(GUIDE["responses"], "json")
    example = json.loads(shown.replace("…", ""))
    answer = json.loads(run(commands(GUIDE["responses"])[0], folder, url))

    assert list(example) == list(answer)
    assert list(example["plan"]) == list(answer["plan"])


def test_the_example_error_is_that_of_a_request(url: str) -> None:
    (shown,) = blocks(GUIDE["errors"], "json")
    with (FOLDER / "portrait-before.jpg").open("rb") as file:
        answer = httpx.post(
            f"{url}/api/v1/tools/smart-crop", files={"file": file}, data={"padding": "51"}
        )

    assert answer.json() == json.loads(shown)


@needs_curl
def test_the_position_in_the_style_is_that_of_the_plan(folder: Path, url: str) -> None:
    request, shown = commands(GUIDE["object-position"])
    run(request, folder, url)

    assert run(shown, folder, url).strip() in blocks(GUIDE["object-position"], "html")[0]


def test_the_javascript_saves_the_picture(folder: Path, url: str) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("needs Node.js: apt-get install nodejs")
    (program,) = blocks(GUIDE["picture"], "js")
    command = [node, "--input-type=module", "-e", program.replace(ADDRESS, url)]
    subprocess.run(command, cwd=folder, check=True)

    assert decoded((folder / "avatar.jpg").read_bytes()).size == (300, 300)
