"""Earlier finds of the fuzzer, and a short run of it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fuzz.client import Client
from tests.fuzz.corpus import WITHOUT_SHARED, seeds
from tests.fuzz.generate import TARGETS
from tests.fuzz.inputs import Input
from tests.fuzz.oracle import Limits
from tests.needs import needs_linux

pytestmark = needs_linux

SEEDS = dict(seeds())
# On a busy machine a worker process may take longer to start than an input may last.
LIMITS = Limits(seconds=20)
INPUTS = 120


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A worker process, whose inputs are the same on every machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(WITHOUT_SHARED, "1")
        yield from started(tmp_path_factory.mktemp("fuzz") / "stderr")


def started(log: Path) -> Iterator[Client]:
    with Client(log, LIMITS) as client:
        yield client


@pytest.mark.parametrize("name", SEEDS)
def test_an_earlier_find_breaks_no_rule(client: Client, name: str) -> None:
    assert client.try_input(SEEDS[name])["finds"] == []


def test_a_short_run_breaks_no_rule_and_reaches_every_target(client: Client) -> None:
    lines: list[dict[str, Any]] = list(client.run(0, 0, INPUTS, tuple(TARGETS)))

    *tried, end = lines
    assert [line for line in tried if line["finds"]] == []
    assert {line["target"] for line in tried} == set(TARGETS)
    assert len(tried) == INPUTS
    assert sum(line["decoded"] for line in tried) > INPUTS / 10
    assert end["rss"] > 0
    assert end["lines"]


def test_seeds_are_small() -> None:
    assert {
        name: len(each.to_file()) for name, each in SEEDS.items() if len(each.data) > 8192
    } == {}


def test_a_file_that_is_no_input_is_an_image() -> None:
    assert Input.from_file(b"GIF89a").data == b"GIF89a"


def test_an_input_is_read_as_it_was_written(tmp_path: Path) -> None:
    input_ = Input("form", "multipart", b"\n\0\xff", {"path": "/", "headers": [["a", "\ud800"]]})
    assert Input.from_file(input_.to_file()) == input_
