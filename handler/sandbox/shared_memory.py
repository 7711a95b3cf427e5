"""Unnamed files in memory, which are passed to other processes by their descriptors."""

import fcntl
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress


@contextmanager
def file_in_memory(parts: Sequence[bytes | memoryview], last: int | None = None) -> Iterator[int]:
    """Yield the descriptor of a file that consists of parts.

    Args:
        parts: of the file.
        last: descriptor of another file in memory, which is overwritten; None for new memory.
    """
    with _unnamed_file() if last is None else _overwritten(last, parts) as descriptor:
        for part in parts:
            with memoryview(part) as rest:
                written = 0
                while written < len(rest):
                    written += os.write(descriptor, rest[written:])
        yield descriptor


@contextmanager
def fixed_memory(length: int) -> Iterator[int]:
    """Yield the descriptor of zeroed memory whose length is fixed on Linux.

    A process that reads beyond the end of a file that was shortened is killed.
    """
    with _unnamed_file() as descriptor:
        os.ftruncate(descriptor, length)
        if sys.platform == "linux":
            seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_SEAL
            with suppress(OSError):  # a temporary file cannot be sealed
                fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
        yield descriptor


@contextmanager
def _overwritten(descriptor: int, parts: Sequence[bytes | memoryview]) -> Iterator[int]:
    """Yield a file that was cut to the length of its new parts."""
    try:
        os.ftruncate(descriptor, sum(memoryview(part).nbytes for part in parts))
        os.lseek(descriptor, 0, os.SEEK_SET)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def _unnamed_file() -> Iterator[int]:
    try:
        descriptor = os.memfd_create("picture", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
    except (AttributeError, OSError):  # no Linux, or forbidden in this container
        with tempfile.TemporaryFile() as file:
            yield file.fileno()
        return
    try:
        yield descriptor
    finally:
        os.close(descriptor)
