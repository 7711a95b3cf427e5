"""Parallel work on many pictures, in threads or worker processes."""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from typing import Any, TypeVar

from handler.malloc import keep_large_blocks

Item = TypeVar("Item")
Result = TypeVar("Result")

# Starting a process takes as long as cropping this many photos.
_FEW = 4


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


# Receives the index of an item and its result, in any thread of this process.
Finished = Callable[[int, Result], None]


@contextmanager
def in_order(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    workers: int,
    finished: Finished[Result] | None = None,
) -> Iterator[Iterator[Result]]:
    """Do the work on each item in threads, and yield the results in the order of the items.

    A crop keeps a core busy and a decoded picture in memory, so that no more run in parallel than
    there are workers. Leaving the context early cancels the work that has not begun, and waits for
    the rest.

    Args:
        work: the work on one item.
        items: the items.
        workers: number of threads.
        finished: is called when an item's result is there, also if the context is left early.
            Without it a single thread is this one, in which Ctrl-C interrupts a read from the
            terminal.
    """
    if not items or (finished is None and min(workers, len(items)) == 1):
        yield map(work, items)
        return
    pool = ThreadPoolExecutor(min(workers, len(items)))
    try:
        futures = [pool.submit(work, item) for item in items]
        _report(futures, range(len(items)), finished)
        yield (future.result() for future in futures)
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def in_processes(
    work: Callable[[Item], Result],
    items: Sequence[Item],
    workers: int,
    killed: Callable[[Item], Result],
    finished: Finished[Result] | None = None,
) -> Iterator[Iterator[Result]]:
    """Do the work on each item in worker processes, or in threads for a few items.

    Threads share Python's global lock, except in C code. Leaving the context early cancels the
    work that has not begun, and waits for the rest.

    Args:
        work: the work on one item; it and its results can be pickled.
        items: the items, which can be pickled.
        workers: number of worker processes.
        killed: returns the result for an item whose worker process was killed twice. The second
            time no other worker process ran.
        finished: see `in_order`.
    """
    if workers <= 1 or len(items) <= _FEW * workers:
        with in_order(work, items, workers, finished) as results:
            yield results
        return
    pools = _Pools(work, workers)
    try:
        yield _results(pools, items, killed, finished)
    finally:
        pools.close()


class _Pools:
    """The pool of worker processes. A new one replaces it if a worker process is killed."""

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
    pools: _Pools,
    items: Sequence[Item],
    killed: Callable[[Item], Result],
    finished: Finished[Result] | None,
) -> Iterator[Result]:
    waiting = list(items)
    while waiting:
        pool = pools.open()
        with _interrupts_deferred():
            futures: list[Future[Result]] = [pool.submit(_work_on, item) for item in waiting]
        _report(futures, range(len(items) - len(waiting), len(items)), finished)
        done = 0
        for future in futures:
            if _was_killed(future):
                break
            yield future.result()
            done += 1
        waiting = waiting[done:]
        if waiting:  # the first one may have needed too much memory, together with the others
            with _interrupts_deferred():
                alone: Future[Result] = pools.open(1).submit(_work_on, waiting[0])
            yield killed(waiting[0]) if _was_killed(alone) else alone.result()
            waiting = waiting[1:]


def _report(
    futures: Sequence[Future[Result]], indices: Sequence[int], finished: Finished[Result] | None
) -> None:
    def report(future: Future[Result], index: int) -> None:
        if finished is not None and not future.cancelled() and future.exception() is None:
            finished(index, future.result())

    for index, future in zip(indices, futures, strict=True):
        future.add_done_callback(partial(report, index=index))


def _was_killed(future: Future[Result]) -> bool:
    return isinstance(future.exception(), BrokenProcessPool)


@contextmanager
def _interrupts_deferred() -> Iterator[None]:
    """Defer Ctrl-C in this context, and let processes that start in it inherit that.

    This process receives the signal when the context is left; the worker processes never do.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


# In a worker process: its work on each item, which is sent to it once.
_work: list[Callable[[Any], Any]] = []


def _start_worker(work: Callable[[Any], Any]) -> None:
    keep_large_blocks()
    _work[:] = [work]


def _work_on(item: Any) -> Any:
    return _work[0](item)
