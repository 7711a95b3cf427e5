"""The worker processes: each may crash, hang, grow or lie without harm to the service."""

import gc
import os
import signal
import subprocess
import sys
import threading
import time
from bisect import bisect_left
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handler.codec import Limits, open_picture, sandbox_parts
from handler.codec.decoders import isolated
from handler.core.geometry import Size
from handler.errors import DecoderUnavailable, ProcessingFailed
from handler.sandbox import client
from handler.sandbox.client import ForkServer, ForkServerFailed, WorkerFailed
from handler.sandbox.protocol import Request
from tests.codec import samples
from tests.codec.flat_jpeg import flat_jpeg
from tests.fuzz import process
from tests.hostile.specimens import specimen
from tests.needs import needs_linux
from tests.pictures import encoded, photo
from tests.sandbox.planted import ROOT
from tests.server.raw import until

_SIZE = Size(4, 3)
_REQUEST = Request("TIFF", 1 << 30, 5)
# A fork server whose decoder of TIFF is the code in the middle.
_PROGRAM = """
import ctypes, os, signal, sys, time
sys.path[:] = sys.argv[2:]
from PIL import Image
from handler.sandbox import libraries, server
def tiff():
    def decode(file, shared):
        memory = shared.memory
        {code}
    return decode
libraries.DECODERS["TIFF"] = tiff
server.main([])
"""


@pytest.fixture
def planted(fork_server_of: Callable[..., ForkServer]) -> Callable[[str], ForkServer]:
    """Makes a fork server with some code in place of a decoder."""
    return lambda code: fork_server_of(_PROGRAM, code)


def _decode(server: ForkServer, data: bytes = b"a file", seconds: float = 20) -> Image.Image:
    return server.decode(_REQUEST, (data,), _SIZE.width, _SIZE.height, seconds).image


def _fail(server: ForkServer) -> None:
    with pytest.raises((WorkerFailed, ForkServerFailed)):
        _decode(server)


def _process(server: ForkServer) -> subprocess.Popen[bytes]:
    server.start()
    assert server._process is not None
    return server._process


def _open_files(number: int) -> set[str]:
    return {file.partition(" ")[0] for file in process.files_of(number).values()}


_PICTURE = "return Image.frombytes('RGB', (4, 3), bytes(range(36)))"


def test_pixels_come_back_as_the_decoder_returned_them(
    planted: Callable[[str], ForkServer],
) -> None:
    image = _decode(planted(_PICTURE))
    assert image.convert("RGB").tobytes() == bytes(range(36))


def test_the_decoder_gets_the_file(planted: Callable[[str], ForkServer]) -> None:
    server = planted("return Image.frombytes('L', (4, 3), bytes(file))")
    assert _decode(server, b"twelve bytes").tobytes() == b"twelve bytes"


@pytest.mark.parametrize(
    "code",
    [
        "os.kill(os.getpid(), signal.SIGSEGV)",
        "ctypes.string_at(0)",
        "os.abort()",
        "os._exit(0)",
        "os._exit(1)",
        "raise ValueError",
        "return None",
        "return Image.new('RGB', (40, 3))",
        "return Image.new('F', (4, 3))",
        "memory[:7] = b'no json'; os._exit(0)",
        "memory[:6] = b'[1, 2]'; os._exit(0)",
        "memory[:4] = b'null'; os._exit(0)",
        "memory[:2] = b'{}'; os._exit(0)",
        "memory[:4096] = b'[' * 4096; os._exit(0)",
        "memory[:4096] = b'{\"\": ' * 819 + b' '; os._exit(0)",
        "shared.describe({'mode': 'L', 'width': 9, 'height': 9}); os._exit(0)",
        "shared.describe({'mode': 'L', 'width': -4, 'height': -3}); os._exit(0)",
        "shared.describe({'mode': 'L', 'width': 0, 'height': 3}); os._exit(0)",
        "shared.describe({'mode': 'L', 'width': 'a', 'height': 3}); os._exit(0)",
        "shared.describe({'mode': 'L', 'width': 1e999, 'height': 3}); os._exit(0)",
        "shared.describe({'mode': ['L'], 'width': 4, 'height': 3}); os._exit(0)",
        "shared.describe({'mode': 'P', 'width': 4, 'height': 3}); os._exit(0)",
        "shared.describe({'mode': 'P', 'width': 4, 'height': 3, 'palette': '00',"
        " 'palette_mode': 'NONE'}); os._exit(0)",
        "shared.describe({'mode': 'RGB', 'width': 4, 'height': 3, 'transparency': [-1, 2, 3]});"
        " os._exit(0)",
        "memory[:3] = b'\\xff\\xfe\\xfd'; os._exit(0)",
    ],
)
def test_every_failure_of_a_worker_process_is_one_of_its_file(
    code: str, planted: Callable[[str], ForkServer]
) -> None:
    server = planted(code)
    with pytest.raises(WorkerFailed):
        _decode(server)
    assert _process(server).poll() is None


@pytest.mark.parametrize("code", ["time.sleep(1000)", "while True: pass"])
def test_one_that_never_ends_is_killed(code: str, planted: Callable[[str], ForkServer]) -> None:
    server = planted(code)
    with pytest.raises(WorkerFailed) as caught:
        _decode(server, seconds=0.5)
    assert caught.value.limited
    if sys.platform == "linux":
        # Without a limit: one that goes on would run for longer than a test may take.
        while process.children(_process(server).pid):
            time.sleep(0.01)


@needs_linux
def test_shared_memory_cannot_be_shortened(planted: Callable[[str], ForkServer]) -> None:
    # Reading beyond its end would kill the service.
    code = """
shared.describe({'mode': 'L', 'width': 4, 'height': 3})
os._exit(0 if ctypes.CDLL(None).ftruncate(1, 0) < 0 else 1)
"""
    server = planted(code)
    # The filter of system calls would end the worker process before.
    unfiltered = "server.confine = lambda _: []\nserver.main([])"
    server._program = server._program.replace("server.main([])", unfiltered)
    assert _decode(server).size == (4, 3)


@needs_linux
def test_processes_have_no_environment_and_no_files_of_the_service(
    planted: Callable[[str], ForkServer], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    server = planted("time.sleep(1000)")
    with (tmp_path / "secret").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        thread = threading.Thread(target=_fail, args=(server,))
        thread.start()
        number = _process(server).pid
        while not (workers := process.children(number)):
            time.sleep(0.01)
        for pid in (number, *workers):
            assert b"AWS" not in Path(f"/proc/{pid}/environ").read_bytes()
        # Python's mmap keeps a second descriptor of each.
        while _open_files(workers[0]) != {"/memfd:picture"}:
            time.sleep(0.01)
        assert os.getsid(workers[0]) == workers[0]
        os.kill(workers[0], signal.SIGKILL)
        thread.join()


@needs_linux
def test_the_service_cannot_be_inspected(planted: Callable[[str], ForkServer]) -> None:
    # In a process of its own, as the flag stays.
    program = (
        "import ctypes; from handler.sandbox.client import ForkServer;"
        "server = ForkServer(); server.start();"
        "print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0)); server.close()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout == "0\n"


@needs_linux
def test_a_fork_server_that_was_killed_is_started_anew(
    planted: Callable[[str], ForkServer],
) -> None:
    server = planted(_PICTURE)
    _decode(server)
    first = _process(server)
    first.kill()
    assert _decode(server).size == (4, 3)
    assert _process(server) is not first


@needs_linux
def test_worker_processes_end_with_the_fork_server(planted: Callable[[str], ForkServer]) -> None:
    server = planted("time.sleep(1000)")
    thread = threading.Thread(target=_fail, args=(server,))
    thread.start()
    seen: set[int] = set()
    for _ in range(2):  # the request is repeated once
        while not (workers := set(process.children(_process(server).pid)) - seen):
            time.sleep(0.01)
        seen |= workers
        _process(server).kill()
    thread.join()
    while not all(map(process.has_ended, seen)):
        time.sleep(0.01)


@needs_linux
def test_all_processes_end_with_the_service() -> None:
    program = (
        "import sys; from handler.sandbox.client import ForkServer;"
        "server = ForkServer(['TIFF']); server.start();"
        "print(server._process.pid, flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as service:
        assert service.stdout is not None
        number = int(service.stdout.readline())
        assert not process.has_ended(number)
        service.kill()
    while not process.has_ended(number):
        time.sleep(0.01)


def test_an_interpreter_that_does_not_start_is_no_fault_of_the_file(
    planted: Callable[[str], ForkServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(ForkServerFailed):
        _decode(planted(_PICTURE))
    monkeypatch.undo()
    assert _decode(planted(_PICTURE)).size == (4, 3)


def test_a_program_that_does_not_start_is_no_fault_of_the_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    broken = ForkServer(program="raise SystemExit(1)")
    with pytest.raises(ForkServerFailed):
        _decode(broken)
    monkeypatch.setattr(isolated, "fork_server", lambda: broken)
    with pytest.raises(DecoderUnavailable):
        open_picture(encoded(photo(), "TIFF"), Limits(10**7)).pixels(1)


@needs_linux
def test_a_bomb_in_a_small_frame_is_stopped_by_its_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    # The boxes have a size of 64 × 64; the coded picture has 6,000 times as many pixels.
    small = encoded(Image.new("L", (64, 64)), "AVIF", quality=50)
    large = encoded(Image.new("L", (5_000, 5_000)), "AVIF", quality=50)
    side = (5_000).to_bytes(4, "big")
    assert large.count(side * 2) == 1
    bomb = large.replace(side * 2, (64).to_bytes(4, "big") * 2)
    assert len(bomb) < 50_000

    def opens(megabytes: int, data: bytes) -> bool:
        monkeypatch.setattr(isolated, "_BASE_BYTES", megabytes << 20)
        try:
            return open_picture(data, Limits(10_000)).pixels(1).size == Size(64, 64)
        except ProcessingFailed:
            return False

    # A decoder maps memory before it starts, in proportion to the machine's processors. The bomb's
    # pixels, which are scaled down in the end, need another 37 MB.
    start = bisect_left(range(640), True, key=lambda megabytes: opens(megabytes, small))
    assert opens(start + 8, small)
    assert not opens(start + 8, bomb)


def test_several_at_once_do_not_disturb_one_another() -> None:
    files = [encoded(photo(size=(40 + i, 30)), "TIFF") for i in range(8)]
    sizes: dict[int, Size] = {}

    def decode(index: int) -> None:
        sizes[index] = open_picture(files[index], Limits(10_000)).pixels(1).size

    threads = [threading.Thread(target=decode, args=(index,)) for index in range(len(files))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == {index: Size(40 + index, 30) for index in range(len(files))}


def test_a_forked_service_starts_a_fork_server_of_its_own(tmp_path: Path) -> None:
    file = tmp_path / "picture.psd"
    file.write_bytes(samples.psd(photo()))
    program = (
        "import os, pathlib, sys; from handler.codec import Limits, open_picture;"
        "read = lambda: open_picture(pathlib.Path(sys.argv[1]).read_bytes(), Limits(10**7))"
        ".pixels(1).size;"
        "size = read(); child = os.fork();"
        "assert read() == size; os._exit(0) if child == 0 else None;"
        "assert os.waitpid(child, 0)[1] == 0; assert read() == size"
    )
    subprocess.run([sys.executable, "-c", program, str(file)], cwd=ROOT, check=True)


@needs_linux
def test_no_worker_process_is_left_behind() -> None:
    open_picture(samples.psd(photo()), Limits(1_000_000)).pixels(1)
    # Those that earlier tests have left may take a moment to end.
    until(lambda: process.children(_process(isolated.fork_server()).pid) == [])


@needs_linux
def test_descriptors_are_closed() -> None:
    data = encoded(photo(), "TIFF")
    open_picture(data, Limits(10**7)).pixels(1)
    # Connections of earlier tests may be closed meanwhile.
    gc.collect()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        open_picture(data, Limits(10**7)).pixels(1)
        with pytest.raises(ProcessingFailed):
            open_picture(data[:-1000], Limits(10**7)).pixels(1)
    assert len(os.listdir("/proc/self/fd")) <= before


def test_a_long_file_with_noise_is_decoded() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1_500, 2_000, 3), np.uint8)
    data = encoded(Image.fromarray(noise), "TIFF")
    image = open_picture(data, Limits(10_000_000)).pixels(1).native()
    assert np.array_equal(np.asarray(image.convert("RGB")), noise)


def test_decoding_a_file_again_gives_the_same_pixels() -> None:
    # Its one strip of deflated data ends early. Memory that libtiff has not written must not show.
    data = bytearray(encoded(photo(size=(64, 48)).convert("L"), "TIFF", compression="tiff_deflate"))
    data[40:60] = bytes(20)
    pixels = set()
    for _ in range(5):
        try:
            pixels.add(open_picture(bytes(data), Limits(10**7)).pixels(1).native().tobytes())
        except ProcessingFailed:
            pixels.add(b"")
    assert len(pixels) == 1


@needs_linux
def test_all_parts_of_the_sandbox_are_reported() -> None:
    assert set(sandbox_parts()) >= {"seccomp", "landlock", "no_new_privs", "memory_limit"}
    assert sandbox_parts()["seccomp"]


def test_the_project_folder_comes_first() -> None:
    assert Path(client._ROOT, "handler", "sandbox", "server.py").is_file()


# A worker process cannot import anything, and the fork server imports libraries when they are first
# needed: each kind of file is the first one here.
FIRST = (
    *("jpeg/unusual", "png/palette-transparent", "png/rgb-16", "webp/animated", "gif/still"),
    *("gif/transparent", "bmp/rle", "tiff/lzw", "tiff/cmyk", "tiff/oriented-with-profile"),
    *("avif/still", "heic/still", "jp2/still", "jxl/still", "psd/flat", "ico/alpha", "tga/rle"),
)


@pytest.mark.parametrize("kind", FIRST)
def test_any_kind_of_file_may_be_the_first(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    blocks = [np.zeros((6, 12), int), np.zeros((3, 3), int), np.zeros((3, 3), int)]
    factors = [(4, 2), (1, 1), (1, 1)]
    data = flat_jpeg(blocks, factors) if kind == "jpeg/unusual" else specimen(kind)
    server = ForkServer()
    monkeypatch.setattr(isolated, "fork_server", lambda: server)
    try:
        picture = open_picture(data, Limits(1_000_000))
        assert picture.pixels(1).native().size == (picture.size.width, picture.size.height)
        assert server.process_id is not None
    finally:
        server.close()
