"""Shared memory that is kept for the picture of the next worker process.

The system clears each page of new memory at its first use, and frees the pages one by one. For a
picture of 12 megapixels this takes 50 ms, and to overwrite the same pages with zeros takes 10 ms.
"""

import errno
import mmap
import os
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from handler.sandbox.shared_memory import fixed_memory

# Memory for a picture of 16 megapixels. As much may be kept while the service is idle.
MOST_BYTES = 64 << 20
# New memory for a small picture costs nothing.
_LEAST_BYTES = 1 << 20
_ZEROS = bytes(1 << 20)


class KeptMap(mmap.mmap):
    """Mapped memory that is kept for another picture when no object refers to it any more."""


class KeptMemory:
    """The memory of one picture, which worker processes use in turns.

    A worker process gets the memory of another one after that has ended, and after all its bytes
    were overwritten with zeros. So it can neither read nor change the other's picture.
    """

    def __init__(self, may_keep: Callable[[], bool]) -> None:
        """Keep no memory yet.

        Args:
            may_keep: returns whether a worker process cannot start another process, which would
                still have the memory after its end. It is called once, before the first memory of
                a large picture is lent.
        """
        self._ask = may_keep
        self._may_keep: bool | None = None
        # A lock could be held by the very thread in which a picture is freed. `append` and `pop`
        # need none.
        self._kept: list[int] = []

    @contextmanager
    def lend(self, length: int) -> Iterator[int]:
        """Yield the descriptor of zeroed memory of at least a length, which is fixed on Linux."""
        if not self._keeps(length):
            with fixed_memory(length) as descriptor:
                yield descriptor
            return
        try:
            descriptor = self._kept.pop()
        except IndexError:
            with fixed_memory(MOST_BYTES) as descriptor:
                yield descriptor
            return
        try:
            yield descriptor
        finally:
            os.close(descriptor)

    def map(self, descriptor: int, length: int) -> mmap.mmap:
        """Return the memory that a worker process has used, which has ended.

        Args:
            descriptor: of the lent memory.
            length: the length for which it was lent.
        """
        if not self._keeps(length):
            return mmap.mmap(descriptor, 0)
        memory = KeptMap(descriptor, 0)
        ended = weakref.finalize(memory, self._take_back, os.dup(descriptor), os.getpid())
        ended.atexit = False
        return memory

    def close(self) -> None:
        """Free the memory that is kept."""
        while self._kept:
            os.close(self._kept.pop())

    def _keeps(self, length: int) -> bool:
        if not _LEAST_BYTES <= length <= MOST_BYTES:
            return False
        if self._may_keep is None:
            self._may_keep = self._ask()
        return self._may_keep

    def _take_back(self, descriptor: int, process: int) -> None:
        # In a fork of that process, the memory belongs to the parent.
        if process != os.getpid() or self._kept or not _clear(descriptor):
            os.close(descriptor)
            return
        self._kept.append(descriptor)
        while len(self._kept) > 1:  # another thread has kept its memory at the same time
            os.close(self._kept.pop())


def _clear(descriptor: int) -> bool:
    """Overwrite all pages that exist with zeros, and return whether that was possible."""
    end, length = 0, os.fstat(descriptor).st_size
    try:
        while end < length:
            start = os.lseek(descriptor, end, os.SEEK_DATA)
            end = os.lseek(descriptor, start, os.SEEK_HOLE)
            while start < end:
                start += os.pwrite(descriptor, _ZEROS[: end - start], start)
    except OSError as error:
        return error.errno == errno.ENXIO  # no page exists after the last hole
    return True
