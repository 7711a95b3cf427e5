"""The examples of the Python interface, in docstrings and in the README, run as written."""

import doctest
import re
from pathlib import Path

import pytest

import handler
from handler.python import calls, crops, keywords, picture_bytes
from tests.structure.rules import ROOT

_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def examples() -> list[doctest.DocTest]:
    """Return the docstrings with examples, and the Python blocks of the README."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    modules = (handler, calls, crops, keywords, picture_bytes)
    found = [test for module in modules for test in finder.find(module, module.__name__)]
    text = (ROOT / "README.md").read_text()
    blocks = "\n".join(re.findall(r"^```pycon\n(.*?)^```", text, re.M | re.S))
    readme = doctest.DocTestParser().get_doctest(blocks, {}, "README", "README.md", 0)
    return [test for test in (*found, readme) if test.examples]


@pytest.mark.parametrize("example", examples(), ids=lambda test: test.name)
@pytest.mark.usefixtures("portrait")
def test_an_example_runs_as_written(example: doctest.DocTest) -> None:
    written: list[str] = []
    example.globs = {}

    doctest.DocTestRunner(optionflags=_FLAGS).run(example, out=written.append)

    assert written == []


def test_the_main_functions_have_examples() -> None:
    names = {test.name.rpartition(".")[2] for test in examples()}

    assert names >= {"analyze", "crop", "Settings", "handler", "README"}


def test_the_examples_write_the_files_that_they_name(portrait: Path) -> None:
    for example in examples():
        example.globs = {}
        doctest.DocTestRunner(optionflags=_FLAGS).run(example, out=lambda _: None)

    assert {path.name for path in portrait.parent.iterdir()} >= {"avatar.webp", "why.png"}
    assert len(list((portrait.parent / "crops").iterdir())) >= 3
