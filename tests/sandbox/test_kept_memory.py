"""Memory that is kept for the next picture: no worker process sees the picture of another one."""

import os
from collections.abc import Callable, Iterator

import pytest

from handler.sandbox.client import ForkServer
from handler.sandbox.kept_memory import MOST_BYTES, KeptMemory
from handler.sandbox.pixels import HEADER_BYTES, free_rows
from handler.sandbox.protocol import Request
from tests.needs import needs_linux

pytestmark = needs_linux

_LENGTH = 2 << 20
_SIDE = 1000
# A fork server whose decoder of TIFF fills the memory, and returns whether it was all zeros before.
_PROGRAM = """
import sys
sys.path[:] = sys.argv[2:]
from PIL import Image
from handler.sandbox import libraries, server
def tiff():
    def decode(file, shared):
        before = shared.memory[:]
        shared.memory[4096:] = b"\\1" * (len(shared.memory) - 4096)
        return Image.new("L", (1, 1), 255 if before.strip(b"\\0") else 0)
    return decode
libraries.DECODERS["TIFF"] = tiff
server.main([])
"""
_UNFILTERED = "server.confine = lambda _: ['seccomp']\nserver.main([])"


@pytest.fixture
def kept() -> Iterator[KeptMemory]:
    memory = KeptMemory(lambda: True)
    yield memory
    memory.close()


def _use(kept: KeptMemory, length: int, content: bytes = b"\1") -> int:
    """Use memory as a worker process and the service do, and return its number."""
    with kept.lend(length) as descriptor:
        os.pwrite(descriptor, content, 0)
        kept.map(descriptor, length)
        return os.fstat(descriptor).st_ino


def _content(kept: KeptMemory, length: int) -> bytes:
    with kept.lend(length) as descriptor:
        return os.pread(descriptor, MOST_BYTES, 0)


def test_memory_is_zeroed_and_used_again(kept: KeptMemory) -> None:
    first = _use(kept, _LENGTH, b"\1" * MOST_BYTES)
    assert _use(kept, 2 * _LENGTH, b"\2" * 5000) == first
    assert _content(kept, _LENGTH) == bytes(MOST_BYTES)


def test_pages_that_were_never_used_are_not_made(kept: KeptMemory) -> None:
    _use(kept, _LENGTH, b"\1" * 5000)
    with kept.lend(_LENGTH) as descriptor:
        assert os.fstat(descriptor).st_blocks * 512 == 2 * os.sysconf("SC_PAGE_SIZE")


def test_memory_of_a_picture_that_is_in_use_is_not_lent(kept: KeptMemory) -> None:
    with kept.lend(_LENGTH) as descriptor:
        first = os.fstat(descriptor).st_ino
        picture = kept.map(descriptor, _LENGTH)
    assert _use(kept, _LENGTH) != first
    picture[:3] = b"abc"
    assert picture[:3] == b"abc"


def test_at_most_one_memory_is_kept(kept: KeptMemory) -> None:
    with kept.lend(_LENGTH) as first, kept.lend(_LENGTH) as second:
        numbers = [os.fstat(first).st_ino, os.fstat(second).st_ino]
        pictures = [kept.map(first, _LENGTH), kept.map(second, _LENGTH)]
    del pictures
    assert len(set(numbers)) == 2
    assert len(kept._kept) == 1


def test_memory_of_a_worker_process_that_failed_is_not_kept(kept: KeptMemory) -> None:
    _use(kept, _LENGTH)
    with pytest.raises(ValueError, match="damaged"), kept.lend(_LENGTH):
        raise ValueError("damaged")
    assert kept._kept == []


def _file(kept: KeptMemory, *parts: bytes) -> tuple[int, bytes]:
    """Return the number and the bytes of a file, as a worker process reads it."""
    with kept.lend_file(parts) as descriptor:
        return os.fstat(descriptor).st_ino, os.pread(descriptor, MOST_BYTES, 0)


@pytest.mark.parametrize("length", [_LENGTH - 1, _LENGTH + 5000])
def test_the_memory_of_a_file_has_only_the_next_file(kept: KeptMemory, length: int) -> None:
    first, _ = _file(kept, b"\1" * _LENGTH)
    second, content = _file(kept, b"\2" * 10, b"\3" * (length - 10))
    assert second == first
    assert content == b"\2" * 10 + b"\3" * (length - 10)


def test_a_file_that_is_in_use_is_not_overwritten(kept: KeptMemory) -> None:
    with kept.lend_file((b"\1" * _LENGTH,)) as first:
        _file(kept, b"\2" * _LENGTH)
        assert os.pread(first, _LENGTH, 0) == b"\1" * _LENGTH
    assert len(kept._files) == 1


def test_the_file_of_a_worker_process_that_failed_is_not_kept(kept: KeptMemory) -> None:
    _file(kept, b"\1" * _LENGTH)
    with pytest.raises(ValueError, match="damaged"), kept.lend_file((b"\2" * _LENGTH,)):
        raise ValueError("damaged")
    assert kept._files == []


@pytest.mark.parametrize("length", [0, 1, 5000, MOST_BYTES + 1])
def test_files_of_other_sizes_are_not_kept(kept: KeptMemory, length: int) -> None:
    _, content = _file(kept, b"\1" * length)
    assert len(content) == min(length, MOST_BYTES)
    assert kept._files == []


@pytest.mark.parametrize("length", [1, 4096, MOST_BYTES + 1, 3 * MOST_BYTES])
def test_memory_of_other_sizes_is_made_for_each_picture(kept: KeptMemory, length: int) -> None:
    with kept.lend(length) as descriptor:
        assert os.fstat(descriptor).st_size == length
        kept.map(descriptor, length)
    assert kept._kept == []


def test_memory_of_another_process_is_not_kept(kept: KeptMemory) -> None:
    with kept.lend(_LENGTH) as descriptor:
        kept._take_back(os.dup(descriptor), os.getppid())
    assert kept._kept == []


def test_freed_rows_leave_the_memory_of_the_service(kept: KeptMemory) -> None:
    with kept.lend(_LENGTH) as descriptor:
        picture = kept.map(descriptor, _LENGTH)
        picture[:_LENGTH] = b"\1" * _LENGTH
        before = _shared_kib()
        free_rows(picture, 0, _LENGTH - HEADER_BYTES)
        assert before - _shared_kib() == (_LENGTH - HEADER_BYTES) // 1024


def _shared_kib() -> int:
    """Return the shared memory that is mapped by this process."""
    with open("/proc/self/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("RssShmem:"))


def _decode(server: ForkServer) -> bytes:
    received = server.decode(Request("TIFF", 1 << 30, 20), (b"a file",), _SIDE, _SIDE, 60)
    return received.image.tobytes()


def test_a_worker_process_finds_zeros_only(fork_server_of: Callable[..., ForkServer]) -> None:
    server = fork_server_of(_PROGRAM)
    assert [_decode(server) for _ in range(3)] == [b"\0"] * 3
    assert len(server._memory._kept) == 1


def test_nothing_is_kept_without_the_filter_of_system_calls(
    fork_server_of: Callable[..., ForkServer],
) -> None:
    # A worker process could then leave another one behind, which still has the memory.
    server = fork_server_of(_PROGRAM.replace("server.main([])", _UNFILTERED))
    assert [_decode(server) for _ in range(2)] == [b"\0"] * 2
    assert server._memory._kept == []


def test_the_end_of_the_fork_server_frees_the_memory(
    fork_server_of: Callable[..., ForkServer],
) -> None:
    server = fork_server_of(_PROGRAM)
    _decode(server)
    server.close()
    assert server._memory._kept == []
    assert _decode(server) == b"\0"
