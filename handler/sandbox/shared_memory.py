"""Unnamed files in memory, which are passed to other processes by their descriptors."""

import fcntl
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress


@contextmanager
def file_in_memory(parts: Iterable[bytes | memoryview]) -> Iterator[int]:
    """Yield the descriptor of a file that consists of parts."""
    with _unnamed_file() as descriptor:
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
