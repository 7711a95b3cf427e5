"""The files for contributors match the project."""

import json
import re
import tomllib
from importlib.metadata import version
from pathlib import Path
from pkgutil import resolve_name
from typing import Any

import pytest

from handler.api import create_app
from handler.codec.formats import FORMATS
from handler.config import Config
from tests.bench.stages import STAGES

ROOT = Path(__file__).parents[2]
CONTRIBUTING = ROOT / ".github/CONTRIBUTING.md"
SECURITY = ROOT / ".github/SECURITY.md"
CHANGELOG = ROOT / ".github/CHANGELOG.md"


def hooks() -> list[dict[str, str]]:
    """Return the string fields of each hook of pre-commit."""
    text = (ROOT / ".pre-commit-config.yaml").read_text()
    return [
        dict(re.findall(r"^(?: *- )? *(\w+): (.+)$", hook, re.M))
        for hook in text.partition("hooks:\n")[2].split("- id:")[1:]
    ]


def locked(package: str) -> str:
    """Return the version of a package in the lock file."""
    found = re.search(rf"^{package}==(\S+)", (ROOT / "requirements.lock").read_text(), re.M)
    assert found is not None
    return found[1]


def project() -> dict[str, Any]:
    with (ROOT / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)


def test_contributing_describes_every_make_target() -> None:
    targets = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.M)
    described = re.findall(r"^\| `make ([a-z-]+)` \|", CONTRIBUTING.read_text(), re.M)
    assert sorted(described) == sorted(targets)


def test_contributing_names_files_that_exist() -> None:
    named = re.findall(r"`((?:tests|infra|layers)/[\w./*-]+)`", CONTRIBUTING.read_text())
    assert named
    for path in named:
        assert list(ROOT.glob(path)), path


def test_contributing_lists_the_tests_that_need_a_data_set() -> None:
    marked = {
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "tests").glob("*/test_*.py")
        if re.search(r"^(@|pytestmark = )pytest\.mark\.shared", path.read_text(), re.M)
    }
    assert marked
    assert marked == set(re.findall(r"`(tests/\w+/test_\w+\.py)`[,|` ]", data_sets()))


def data_sets() -> str:
    """Return the table of data sets in CONTRIBUTING."""
    return CONTRIBUTING.read_text().partition("| data set |")[2].partition("\n\n")[0]


@pytest.mark.parametrize("package", ["ruff", "mypy"])
def test_the_hooks_run_the_locked_version(package: str) -> None:
    entries = [hook["entry"] for hook in hooks()]
    assert any(entry.startswith(f".venv/bin/{package} ") for entry in entries)
    assert version(package) == locked(package)


def test_the_hooks_run_programs_of_the_environment() -> None:
    assert {hook["language"] for hook in hooks()} == {"system"}
    for hook in hooks():
        assert (ROOT / hook["entry"].split()[0]).exists(), hook


def test_the_changelog_has_the_version_of_the_package() -> None:
    newest = re.search(r"^## \[(.+?)\]", CHANGELOG.read_text(), re.M)
    assert newest is not None
    assert newest[1] == project()["project"]["version"]


def test_the_changelog_names_schemas_that_exist() -> None:
    table = re.findall(r"^  \| .+ \| (.+) \|$", CHANGELOG.read_text(), re.M)[1:]
    names = {name for row in table for name in re.findall(r"`(\w+)`", row)}
    assert names
    document = create_app(Config(uploads="s3://uploads")).openapi()
    assert names <= set(document["components"]["schemas"])


def test_security_describes_the_formats_decoded_in_a_worker_process() -> None:
    paragraphs = [" ".join(text.split()) for text in SECURITY.read_text().split("\n\n")]
    (isolated,) = (text for text in paragraphs if "decoded in a worker process" in text)
    (direct,) = (text for text in paragraphs if "decoded in the process of the service" in text)
    for format_ in FORMATS.values():
        assert format_.label in (isolated if format_.isolated else direct), format_.label


def test_the_package_has_type_information() -> None:
    assert (ROOT / "handler/py.typed").read_bytes() == b""
    wheel = project()["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert wheel["packages"] == ["handler"]
    assert set(wheel) == {"packages", "force-include"}, "a pattern may exclude py.typed"


def test_the_npm_lock_file_names_no_registry() -> None:
    lock = json.loads((ROOT / "tests/bench/package-lock.json").read_text())
    assert not [name for name, each in lock["packages"].items() if "resolved" in each]


def test_the_stages_of_the_profile_exist() -> None:
    for names in STAGES.values():
        for name in names:
            assert callable(resolve_name(name)), name
