"""Killed worker processes: the work of the others is not lost."""

import os
import signal
from functools import partial
from pathlib import Path

from handler.cli.pool import cores, in_processes

COUNT = 20


def work(item: int, folder: Path, deadly: frozenset[int]) -> tuple[int, int]:
    """Return the square of a number. A deadly one kills the process, a positive one only once."""
    mark = folder / str(item)
    if item in deadly and (item < 0 or not mark.exists()):
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return item * item, os.getpid()


def done(items: list[int], folder: Path, deadly: frozenset[int]) -> list[tuple[int, int]]:
    do = partial(work, folder=folder, deadly=deadly)
    with in_processes(do, items, 2, lambda item: (-item, 0)) as results:
        return list(results)


def test_results_come_in_order_from_other_processes(tmp_path: Path) -> None:
    results = done(list(range(COUNT)), tmp_path, frozenset())
    assert [square for square, _ in results] == [n * n for n in range(COUNT)]
    assert os.getpid() not in {process for _, process in results}


def test_the_item_of_a_killed_process_is_retried_alone(tmp_path: Path) -> None:
    results = done(list(range(COUNT)), tmp_path, frozenset({3, 11}))
    assert [square for square, _ in results] == [n * n for n in range(COUNT)]


def test_an_item_that_kills_its_process_twice_is_given_up(tmp_path: Path) -> None:
    items = [*range(1, 8), -8, *range(9, COUNT)]
    results = done(items, tmp_path, frozenset({-8}))
    assert [square for square, _ in results] == [8 if n == -8 else n * n for n in items]


def test_a_few_items_are_processed_in_threads(tmp_path: Path) -> None:
    results = done([1, 2, 3], tmp_path, frozenset())
    assert results == [(n * n, os.getpid()) for n in (1, 2, 3)]


def test_cores_are_at_most_those_of_the_machine() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)
