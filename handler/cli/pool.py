"""Work on many pictures at once: a process for each core."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context
from typing import Any, TypeVar

from handler.malloc import keep_large_blocks

Item = TypeVar("Item")
Result = TypeVar("Result")

# Starting a process takes as long as a few crops of photos.
_FEW = 4


def cores() -> int:
    """How many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def in_order(
    work: Callable[[Item], Result], items: Sequence[Item], workers: int
) -> Iterator[Iterator[Result]]:
    """Do the work on each of a few items, on threads; results come in the items' order.

    A crop keeps a core busy and a decoded picture in memory: there are no more at once than
    workers. Leaving early drops what has not begun.
    """
    if min(workers, len(items)) <= 1:  # where Ctrl-C reaches a read from the terminal
        yield map(work, items)
        return
    pool = ThreadPoolExecutor(min(workers, len(items)))
    try:
        yield pool.map(work, items)
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def in_processes(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    workers: int,
    killed: Callable[[Item], Result],
) -> Iterator[Iterator[Result]]:
    """Do the work on each item, in processes where there are more than a few.

    Threads would take turns at Python's lock for what is not in C. Leaving early drops what has
    not begun, and waits for what has.

    Args:
        work: can be sent to a process, and its results from there.
        items: likewise.
        workers: how many there are at once.
        killed: the result for an item whose process was ended from outside, twice: the second time
            it was alone.
    """
    if workers <= 1 or len(items) <= _FEW * workers:
        with in_order(work, items, workers) as results:
            yield results
        return
    pools = _Pools(work, workers)
    try:
        yield _results(pools, items, killed)
    finally:
        pools.close()


class _Pools:
    """The pool of processes; another takes its place when one of them was ended."""

    def __init__(self, work: Callable[[Any], Any], workers: int) -> None:
        self._work = work
        self._workers = workers
        self._pool: ProcessPoolExecutor | None = None

    def open(self, workers: int | None = None) -> ProcessPoolExecutor:
        self.close()
        self._pool = ProcessPoolExecutor(
            workers or self._workers, get_context("spawn"), _start_worker, (self._work,)
        )
        return self._pool

    def close(self) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _results(
    pools: _Pools, items: Sequence[Item], killed: Callable[[Item], Result]
) -> Iterator[Result]:
    waiting = list(items)
    while waiting:
        pool = pools.open()
        with _interrupts_deferred():
            futures: list[Future[Result]] = [pool.submit(_work_on, item) for item in waiting]
        done = 0
        for future in futures:
            if _was_killed(future):
                break
            yield future.result()
            done += 1
        waiting = waiting[done:]
        if waiting:  # the first of them may be what took too much memory beside the others
            with _interrupts_deferred():
                alone: Future[Result] = pools.open(1).submit(_work_on, waiting[0])
            yield killed(waiting[0]) if _was_killed(alone) else alone.result()
            waiting = waiting[1:]


def _was_killed(future: Future[Result]) -> bool:
    return isinstance(future.exception(), BrokenProcessPool)


@contextmanager
def _interrupts_deferred() -> Iterator[None]:
    """Start processes that Ctrl-C does not reach, from their first moment on.

    It is for the one that waits for them, which gets it when this is left.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# In a process of the pool: what it does with each item, which is sent to it but once.
_work: list[Callable[[Any], Any]] = []


def _start_worker(work: Callable[[Any], Any]) -> None:
    keep_large_blocks()
    _work[:] = [work]


def _work_on(item: Any) -> Any:
    return _work[0](item)
