"""Code planted in a worker process gets nothing.

Each attack is run without the sandbox as well, where it must succeed: a test whose attack fails by
itself would prove nothing.
"""

import platform
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from handler.sandbox import landlock, system_calls
from handler.sandbox.confinement import PARTS
from tests.needs import needs_linux
from tests.sandbox import planted

pytestmark = needs_linux
needs_landlock = pytest.mark.skipif(
    sys.platform != "linux" or landlock.version() < 1, reason="needs Linux 5.13 with Landlock"
)
KILLED = -signal.SIGSYS
# More than Linux 6.18 has.
_MOST_CALLS = 480
# `uretprobe` and `uprobe` of x86_64, which the kernel lets no filter see. They do nothing in a
# process without a probe.
_UNFILTERED = {335, 336}
ALL = tuple(PARTS)
NO_FILTER = tuple(part for part in PARTS if part != "seccomp")


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    """Yield a process of the same user with a secret in its environment."""
    with subprocess.Popen(
        [sys.executable, "-c", "import sys; print(flush=True); sys.stdin.read()"],
        env={"AWS_SECRET_ACCESS_KEY": "a secret"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


@pytest.fixture
def port() -> Iterator[int]:
    """Yield a port of this machine that accepts connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def accept() -> None:
            while True:
                try:
                    server.accept()[0].close()
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


_CONNECT = "socket.socket().connect(('127.0.0.1', argument))"
_FORK = "os._exit(0) if os.fork() == 0 else os.wait()"
_EXEC = "os.execv('/bin/true', ['/bin/true'])"


def test_no_file_can_be_read() -> None:
    code = "assert open('/etc/passwd').read()"
    assert planted.run(code, ()) == planted.SUCCEEDED
    assert planted.run(code, ALL) == planted.REFUSED
    assert planted.run(code, ["no_new_privs", "seccomp"]) == planted.REFUSED


@needs_landlock
def test_landlock_alone_keeps_files_from_being_read() -> None:
    code = "assert open('/etc/passwd').read()"
    assert planted.run(code, ["no_new_privs", "landlock"]) == planted.REFUSED


@pytest.mark.parametrize("parts", [ALL, ["no_new_privs", "seccomp"]])
def test_no_file_can_be_written(parts: list[str], tmp_path: Path) -> None:
    path, code = tmp_path / "file", "os.close(os.open(argument, os.O_CREAT | os.O_WRONLY))"
    assert planted.run(code, (), str(path)) == planted.SUCCEEDED
    path.unlink()
    assert planted.run(code, parts, str(path)) == KILLED
    assert not path.exists()


@needs_landlock
def test_landlock_alone_keeps_files_from_being_written(tmp_path: Path) -> None:
    path, code = tmp_path / "file", "os.close(os.open(argument, os.O_CREAT | os.O_WRONLY))"
    assert planted.run(code, ["no_new_privs", "landlock"], str(path)) == planted.REFUSED
    assert not path.exists()


def test_no_descriptor_can_be_made() -> None:
    code = "os.close(os.dup(0))"
    assert planted.run(code, ()) == planted.SUCCEEDED
    assert planted.run(code, ALL) == KILLED
    assert planted.run(code, ["file_limits"]) == planted.REFUSED


def test_no_connection_can_be_made(port: int) -> None:
    assert planted.run(_CONNECT, (), port) == planted.SUCCEEDED
    assert planted.run(_CONNECT, ALL, port) == KILLED
    assert planted.run(_CONNECT, ["no_new_privs", "seccomp"], port) == KILLED


@pytest.mark.parametrize("code", [_FORK, _EXEC])
def test_no_process_can_be_started(code: str) -> None:
    assert planted.run(code, ()) == planted.SUCCEEDED
    assert planted.run(code, ALL) == KILLED


@pytest.mark.parametrize("file", ["environ", "mem"])
def test_another_process_cannot_be_read(file: str, victim: subprocess.Popen[bytes]) -> None:
    code = "os.close(os.open(argument, os.O_RDONLY))"
    path = f"/proc/{victim.pid}/{file}"
    assert planted.run(code, (), path) == planted.SUCCEEDED
    assert planted.run(code, ALL, path) == planted.REFUSED
    assert planted.run(code, NO_FILTER, path) == planted.REFUSED


def test_another_process_cannot_be_signalled(victim: subprocess.Popen[bytes]) -> None:
    code = "os.kill(argument, 0)"
    assert planted.run(code, (), victim.pid) == planted.SUCCEEDED
    assert planted.run(code, ALL, victim.pid) == KILLED


def test_memory_is_limited() -> None:
    # Memory that is not written to. The machine may not have as much free memory.
    code = "libc.malloc.restype = ctypes.c_void_p; assert libc.malloc(ctypes.c_size_t(5 << 30))"
    assert planted.run(code, ()) == planted.SUCCEEDED
    assert planted.run(code, ALL) == planted.REFUSED
    assert planted.run(code, ["memory_limit"]) == planted.REFUSED


def test_cpu_time_is_limited() -> None:
    code = "while True: pass"
    assert planted.run(code, ALL) == -signal.SIGKILL
    assert planted.run(code, ["cpu_limit"]) == -signal.SIGKILL


def test_no_memory_becomes_code() -> None:
    code = "mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)"
    assert planted.run(code, ()) == planted.SUCCEEDED
    assert planted.run(code, ALL) == KILLED


def test_a_thread_can_be_started() -> None:
    # Decoders of AVIF and JPEG XL use threads.
    code = "thread = threading.Thread(target=int); thread.start(); thread.join()"
    assert planted.run(code, ALL) == planted.SUCCEEDED


def test_each_further_system_call_ends_the_process() -> None:
    numbers = system_calls.NUMBERS_BY_MACHINE.get(platform.machine())
    if numbers is None:
        pytest.skip("needs x86_64 or aarch64")
    allowed = set(numbers.values())
    calls = [number for number in range(_MOST_CALLS) if number not in allowed | _UNFILTERED]
    assert planted.survivors(calls) == []
