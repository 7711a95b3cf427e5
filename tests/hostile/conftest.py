from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.hostile.corpus import CORPUS
from tests.hostile.sandbox import Answer, Sandbox, WorkerDied

# Some builds cannot write all formats that they read.
_SETTINGS = {"width": 40, "height": 40, "format": "png"}


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A worker process that opens files."""
    with Sandbox(tmp_path_factory.mktemp("hostile") / "stderr") as sandbox:
        yield sandbox


@dataclass(frozen=True, slots=True)
class Trial:
    """The outcomes of the corpus, of which one process opened all files.

    Attributes:
        answers: by the file's name.
        deaths: ends of the process, by the name of the last file that it received.
        written: the standard error of the process.
    """

    answers: dict[str, Answer]
    deaths: dict[str, WorkerDied]
    written: str


@pytest.fixture(scope="session")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """The outcomes of the corpus."""
    answers, deaths = {}, {}
    with Sandbox(tmp_path_factory.mktemp("corpus") / "stderr") as sandbox:
        for name, case in CORPUS.items():
            try:
                answers[name] = sandbox.try_file(case.build(), **_SETTINGS)
            except WorkerDied as death:
                deaths[name] = death
    return Trial(answers, deaths, sandbox.log.read_text())
