"""The worker process: it may crash, hang or grow without harm to the service."""

import json
import subprocess
import sys
import threading
import time
from bisect import bisect_left
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from handler.codec import Limits, open_picture
from handler.codec.decoders import isolated
from handler.codec.headers.header import ImageHeader
from handler.core.geometry import Size
from handler.errors import ProcessingFailed
from tests.codec import samples
from tests.needs import needs_linux
from tests.pictures import encoded, photo

_PROGRAM = "import os, resource, signal, sys, time\n"
_DATA = b"a file"


def _run(program: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Image.Image:
    """Run another program in place of the worker, with the same arguments and pipes."""
    script = tmp_path / "program.py"
    script.write_text(_PROGRAM + program)
    monkeypatch.setattr(isolated, "_PROGRAM", str(script))
    return isolated.decode(ImageHeader(_DATA, Size(4, 3), 12), "TIFF", "TIFF")


_ANSWER = """
sys.stdin.buffer.read()
sys.stdout.buffer.write(b'{"mode": "RGB", "width": 4, "height": 3}\\n' + bytes(range(36)))
"""


def test_pixels_come_back_as_they_were_sent(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    image = _run(_ANSWER, monkeypatch, tmp_path)
    assert (image.mode, image.size) == ("RGB", (4, 3))
    assert image.tobytes() == bytes(range(36))


@pytest.mark.parametrize(
    "program",
    [
        "os.kill(os.getpid(), signal.SIGSEGV)",
        "os.abort()",
        "sys.exit(0)",
        "sys.exit(1)",
        "sys.stdin.buffer.read(); os.kill(os.getpid(), signal.SIGSEGV)",
        "sys.stdin.buffer.read(); print('no json')",
        "sys.stdin.buffer.read(); print('[1, 2]')",
        "sys.stdin.buffer.read(); print('null')",
        "sys.stdin.buffer.read(); print('{}')",
        "sys.stdin.buffer.read(); print('{' * 100_000)",
        """sys.stdin.buffer.read(); print('{"mode": "RGB", "width": 4, "height": 3}')""",
        """sys.stdin.buffer.read(); print('{"mode": "F", "width": 4, "height": 3}' + 'x' * 99)""",
        """sys.stdin.buffer.read(); print('{"mode": "L", "width": 9, "height": 9}' + 'x' * 99)""",
        """sys.stdin.buffer.read(); print('{"mode": "L", "width": -4, "height": -3}')""",
        """sys.stdin.buffer.read(); print('{"mode": "L", "width": 0, "height": 3}')""",
        """sys.stdin.buffer.read(); print('{"mode": "L", "width": "a", "height": 3}')""",
        """sys.stdin.buffer.read(); print('{"mode": ["L"], "width": 4, "height": 3}')""",
        """sys.stdin.buffer.read(); sys.stdout.buffer.write(b'\\xff\\xfe\\xfd')""",
    ],
)
def test_every_failure_of_the_worker_is_an_error_of_the_picture(
    program: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(ProcessingFailed):
        _run(program, monkeypatch, tmp_path)


def test_one_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(isolated, "_WALL_SECONDS", 0.2)
    with pytest.raises(ProcessingFailed):
        _run("time.sleep(1000)", monkeypatch, tmp_path)


def test_one_that_has_answered_need_not_end(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    program = _ANSWER + "sys.stdout.flush(); time.sleep(1000)"
    assert _run(program, monkeypatch, tmp_path).size == (4, 3)


def _probe(
    code: str, memory: int = 1 << 30, cpu_seconds: int = 5
) -> subprocess.CompletedProcess[bytes]:
    """Run some code in place of a decoder, under the same limits."""
    script = Path(isolated._PROGRAM)
    program = (
        f"import sys; sys.path.insert(0, {str(script.parent)!r})\n"
        f"import {script.stem} as it\n"
        f"def decode(data):\n    {code}\n"
        "it._DECODERS['TIFF'] = decode\n"
        f"it.main('TIFF', {memory}, {cpu_seconds}, {sys.path!r})\n"
    )
    return subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], input=_DATA, capture_output=True, check=False
    )


@needs_linux
def test_memory_is_limited() -> None:
    assert b"MemoryError" in _probe("bytearray(2 << 30)").stderr


@needs_linux
def test_processor_time_is_limited() -> None:
    assert _probe("\n    while True: pass", cpu_seconds=1).returncode < 0


def test_no_file_can_be_written(tmp_path: Path) -> None:
    path = tmp_path / "written"
    done = _probe(f"open({str(path)!r}, 'wb', buffering=0).write(b'x')")
    assert done.returncode != 0
    assert not path.exists() or path.read_bytes() == b""


def test_the_environment_stays_behind(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "a secret")
    program = "assert not [name for name in os.environ if name.startswith('AWS')]\n" + _ANSWER
    assert _run(program, monkeypatch, tmp_path).size == (4, 3)


def test_no_open_file_goes_along(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = """
for descriptor in range(3, 100):
    try:
        os.fstat(descriptor)
    except OSError:
        continue
    sys.exit(1)
"""
    with (tmp_path / "secret").open("w"):
        assert _run(program + _ANSWER, monkeypatch, tmp_path).size == (4, 3)


@needs_linux
def test_it_dies_with_whoever_started_it(tmp_path: Path) -> None:
    child = f"""
import sys; sys.path.insert(0, {str(Path(isolated._PROGRAM).parent)!r})
import isolated_worker, os, time
def decode(data):
    print(os.getpid(), flush=True)
    time.sleep(1000)
isolated_worker._DECODERS["TIFF"] = decode
isolated_worker.main("TIFF", 1 << 30, 5, sys.path)
"""
    parent = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-I", "-S", "-c", {child!r}], stdin=subprocess.DEVNULL)
time.sleep(1000)
"""
    with subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE) as starter:
        assert starter.stdout is not None
        number = int(starter.stdout.readline())
        starter.kill()
    # Without a limit: a worker that outlives its parent sleeps for longer than a test may take.
    while _is_running(number):
        time.sleep(0.01)


def _is_running(number: int) -> bool:
    try:
        state = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"


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
    files = [encoded(photo(size=(40 + i, 30)), "TIFF") for i in range(4)]
    sizes: dict[int, Size] = {}

    def decode(index: int) -> None:
        sizes[index] = open_picture(files[index], Limits(10_000)).pixels(1).size

    threads = [threading.Thread(target=decode, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sizes == {index: Size(40 + index, 30) for index in range(4)}


def test_no_process_is_left_behind(tmp_path: Path) -> None:
    # In a process of its own, because this one has the tests' servers as children.
    file = tmp_path / "picture.psd"
    file.write_bytes(samples.psd(photo()))
    program = (
        "import os, pathlib, sys; from handler.codec import Limits, open_picture;"
        "open_picture(pathlib.Path(sys.argv[1]).read_bytes(), Limits(1_000_000)).pixels(1);"
        "os.waitpid(-1, os.WNOHANG)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(file)], capture_output=True, check=False
    )
    assert done.stderr.splitlines()[-1].startswith(b"ChildProcessError")


def test_a_long_file_goes_through_the_pipe() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (1_500, 2_000, 3), np.uint8)
    data = encoded(Image.fromarray(noise), "TIFF")
    image = open_picture(data, Limits(10_000_000)).pixels(1).native()
    assert np.array_equal(np.asarray(image.convert("RGB")), noise)


def test_its_header_is_json() -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-I", "-S", isolated._PROGRAM, "TIFF", str(1 << 30), "5"),
            *filter(None, sys.path),
        ],
        input=encoded(photo(size=(4, 3)), "TIFF"),
        capture_output=True,
        check=True,
    )
    header, _, pixels = done.stdout.partition(b"\n")
    assert json.loads(header) == {"mode": "RGBX", "width": 4, "height": 3}
    assert pixels == photo(size=(4, 3)).tobytes("raw", "RGBX")
