from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.hostile.corpus import CORPUS
from tests.hostile.sandbox import Answer, Sandbox, WorkerDied

# Not every build can write every format that it reads.
_SETTINGS = {"width": 40, "height": 40, "format": "png"}


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A process to open files in."""
    with Sandbox(tmp_path_factory.mktemp("hostile") / "stderr") as sandbox:
        yield sandbox


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of the corpus, one file after the other in one process.

    Attributes:
        answers: by the file's name.
        deaths: of the process, by the name of the file that it was sent last.
        written: what the process wrote to its standard error.
    """

    answers: dict[str, Answer]
    deaths: dict[str, WorkerDied]
    written: str


@pytest.fixture(scope="session")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    """The corpus, tried."""
    answers, deaths = {}, {}
    with Sandbox(tmp_path_factory.mktemp("corpus") / "stderr") as sandbox:
        for name, case in CORPUS.items():
            try:
                answers[name] = sandbox.try_file(case.build(), **_SETTINGS)
            except WorkerDied as death:
                deaths[name] = death
    return Trial(answers, deaths, sandbox.log.read_text())
