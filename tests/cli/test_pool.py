"""Processes that are ended from outside: the work of the others is not lost with them."""

import os
import signal
from functools import partial
from pathlib import Path

from handler.cli.pool import cores, in_processes

COUNT = 20


def work(item: int, folder: Path, deadly: frozenset[int]) -> tuple[int, int]:
    """Square a number; where it is deadly, the first time."""
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


def test_a_process_that_is_ended_is_tried_again_alone(tmp_path: Path) -> None:
    results = done(list(range(COUNT)), tmp_path, frozenset({3, 11}))
    assert [square for square, _ in results] == [n * n for n in range(COUNT)]


def test_what_ends_it_every_time_is_given_up(tmp_path: Path) -> None:
    items = [*range(1, 8), -8, *range(9, COUNT)]
    results = done(items, tmp_path, frozenset({-8}))
    assert [square for square, _ in results] == [8 if n == -8 else n * n for n in items]


def test_a_few_are_not_worth_a_process(tmp_path: Path) -> None:
    results = done([1, 2, 3], tmp_path, frozenset())
    assert results == [(n * n, os.getpid()) for n in (1, 2, 3)]


def test_no_more_cores_are_counted_than_there_are() -> None:
    assert 1 <= cores() <= (os.cpu_count() or 1)
