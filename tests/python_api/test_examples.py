"""The examples of the Python interface, in docstrings, README and guide, run as written."""

import doctest
from pathlib import Path

import pytest

import handler
from handler.python import calls, crops, keywords, picture_bytes
from tests.readme.documents import GUIDE, README, blocks

_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE


def examples() -> list[doctest.DocTest]:
    """Return the docstrings with examples, and the Python blocks of README and guide."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    modules = (handler, calls, crops, keywords, picture_bytes)
    found = [test for module in modules for test in finder.find(module, module.__name__)]
    for name, path in {"README": README, "guide": GUIDE["python"]}.items():
        text = "\n".join(blocks(path, "pycon"))
        found.append(doctest.DocTestParser().get_doctest(text, {}, name, path.name, 0))
    return [test for test in found if test.examples]


@pytest.mark.parametrize("example", examples(), ids=lambda test: test.name)
@pytest.mark.usefixtures("portrait")
def test_an_example_runs_as_written(example: doctest.DocTest) -> None:
    written: list[str] = []
    example.globs = {}

    doctest.DocTestRunner(optionflags=_FLAGS).run(example, out=written.append)

    assert written == []


def test_the_main_functions_have_examples() -> None:
    names = {test.name.rpartition(".")[2] for test in examples()}

    assert names >= {"analyze", "crop", "Settings", "handler", "README", "guide"}


def test_the_examples_write_the_files_that_they_name(portrait: Path) -> None:
    for example in examples():
        example.globs = {}
        doctest.DocTestRunner(optionflags=_FLAGS).run(example, out=lambda _: None)

    assert {path.name for path in portrait.parent.iterdir()} >= {"avatar.webp", "why.png"}
    assert len(list((portrait.parent / "crops").iterdir())) >= 3
