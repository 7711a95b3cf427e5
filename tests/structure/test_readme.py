"""The tree in `handler/README.md`, and the size of the folders that it shows."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.structure.rules import ROOT

HANDLER = ROOT / "handler"
# Shown as one line.
CLOSED = {HANDLER / "api/static", HANDLER / "api/guide/pages"}
IGNORED = {"__init__.py", "__pycache__", "README.md", "py.typed"}


def shown() -> Iterator[Path]:
    """Yield the paths of the tree in the README."""
    text = (HANDLER / "README.md").read_text()
    block = re.search(r"```text\n(.*?)```", text, re.DOTALL)
    assert block
    folders: list[Path] = []
    for line in block[1].splitlines():
        name = line.split()[0]
        depth = (len(line) - len(line.lstrip())) // 2
        path = folders[depth - 1] / name.rstrip("/") if depth else ROOT / name.rstrip("/")
        yield path
        if name.endswith("/"):
            folders[depth:] = [path]


def real(folder: Path) -> Iterator[Path]:
    """Yield the modules and folders below a folder."""
    yield folder
    for path in folder.iterdir():
        if path.name in IGNORED:
            continue
        if path.is_dir() and path not in CLOSED:
            if any(path.rglob("*.py")):  # a checkout may keep caches of modules that have moved
                yield from real(path)
        else:
            yield path


def test_the_readme_shows_the_tree() -> None:
    assert sorted(shown()) == sorted(real(HANDLER))


@pytest.mark.parametrize("folder", ["handler", "handler/core"])
def test_a_folder_has_at_most_twelve_files(folder: str) -> None:
    files = [path.name for path in (ROOT / folder).iterdir() if path.is_file()]

    assert len(files) <= 12, files


def test_a_base_name_stands_for_one_thing() -> None:
    names = Counter(path.stem for path in real(HANDLER) if path not in CLOSED)

    assert {name for name, count in names.items() if count > 1} == set()


def test_modules_have_at_most_300_lines_or_little_more() -> None:
    lengths = {
        path.relative_to(ROOT): len(path.read_text().splitlines())
        for path in real(HANDLER)
        if path.suffix == ".py"
    }

    assert {path: lines for path, lines in lengths.items() if lines > 320} == {}
