"""The files for contributors, compared with what they describe."""

import re
from importlib.resources import files

import pytest

from tests.structure.rules import ROOT

LOCK = (ROOT / "requirements.lock").read_text()


def pinned(package: str) -> str:
    found = re.search(rf"^{package}==(\S+)", LOCK, re.MULTILINE)
    assert found
    return found[1]


def test_the_guide_names_every_target_of_the_makefile() -> None:
    guide = (ROOT / ".github/CONTRIBUTING.md").read_text()
    targets = re.findall(r"^([a-z-]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE)

    assert len(targets) > 5
    assert re.findall(r"^\| `make ([a-z-]+)`", guide, re.MULTILINE) == targets


@pytest.mark.parametrize(
    ("package", "line"), [("ruff", "    rev: v{}\n"), ("mypy", "        name: mypy {}\n")]
)
def test_hooks_before_a_commit_have_the_versions_of_the_lock(package: str, line: str) -> None:
    assert line.format(pinned(package)) in (ROOT / ".pre-commit-config.yaml").read_text()


def test_the_package_declares_its_types() -> None:
    assert files("handler").joinpath("py.typed").is_file()
