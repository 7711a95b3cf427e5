"""Shared memory that is kept for the file and the picture of the next worker process.

The system clears each page of new memory at its first use, and frees the pages one by one. For a
picture of 12 megapixels this takes 50 ms, and to overwrite the same pages with zeros takes 10 ms.
For a file of 43 MB it takes 15 ms.
"""

import errno
import mmap
import os
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from handler.sandbox.shared_memory import file_in_memory, fixed_memory

# A picture of 12.5 megapixels, the usual size of phones. An idle service keeps up to this much for
# the file, and up to this much for the picture.
MOST_BYTES = 48 << 20
# For fewer bytes, new memory takes next to no time.
_LEAST_BYTES = 1 << 20
_ZEROS = bytes(1 << 20)


class KeptMap(mmap.mmap):
    """Mapped memory that is kept for another picture when no object refers to it any more."""


class KeptMemory:
    """The memory of one file and one picture, which worker processes use in turns.

    A worker process gets the memory of another one after that has ended. All bytes of the picture
    were overwritten with zeros, and those of the file with the next file, before it starts. So it
    can neither read nor change the other's file and picture.
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
        self._files: list[int] = []

    @contextmanager
    def lend_file(self, parts: Sequence[bytes | memoryview]) -> Iterator[int]:
        """Yield the descriptor of a file that consists of parts.

        Its memory is kept unless an error ends the context, as the worker process may then still
        run.
        """
        if not self._keeps(sum(memoryview(part).nbytes for part in parts)):
            with file_in_memory(parts) as descriptor:
                yield descriptor
            return
        try:
            last = self._files.pop()
        except IndexError:
            last = None
        with file_in_memory(parts, last) as descriptor:
            yield descriptor
            _keep(self._files, os.dup(descriptor))

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
        for each in (self._kept, self._files):
            while each:
                os.close(each.pop())

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
        _keep(self._kept, descriptor)


def _keep(kept: list[int], descriptor: int) -> None:
    kept.append(descriptor)
    while len(kept) > 1:  # another thread has kept its memory in the meantime
        os.close(kept.pop())


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
