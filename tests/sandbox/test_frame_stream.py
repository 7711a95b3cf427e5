"""Animations from a worker process: frame by frame, in memory that does not grow."""

import time
from collections.abc import Callable, Generator, Iterator

import pytest
from PIL import Image

from handler.sandbox.client import ForkServer, ForkServerFailed, WorkerFailed
from handler.sandbox.frame_slots import stream_bytes
from handler.sandbox.protocol import Request

_SIZES = [(4, 3)] * 5
_REQUEST = Request("GIF frames", 1 << 30, 5)
# A fork server whose decoder of GIF is the code in the middle.
_PROGRAM = """
import os, signal, sys, time
sys.path[:] = sys.argv[2:]
from PIL import Image
from handler.sandbox import frame_decoders, server
def gif():
    def decode(file, slots):
        def frame(number, size=(4, 3)):
            return Image.new("RGBA", size, (number, 0, 0, 255))
        {code}
    return decode
frame_decoders.FRAME_DECODERS["GIF frames"] = gif
server.main([])
"""
_ALL = "for number in range(5): slots.write(frame(number))"


@pytest.fixture
def planted(fork_server_of: Callable[..., ForkServer]) -> Callable[[str], ForkServer]:
    """Makes a fork server with some code in place of a decoder."""
    return lambda code: fork_server_of(_PROGRAM, code)


def _frames(server: ForkServer, seconds: float = 20) -> Iterator[Image.Image]:
    return server.decode_frames(_REQUEST, (b"a file",), _SIZES, lambda: seconds)


def _reds(frames: Iterator[Image.Image]) -> list[int]:
    return [frame.tobytes()[0] for frame in frames]


def test_frames_come_back_in_order(planted: Callable[[str], ForkServer]) -> None:
    assert _reds(_frames(planted(_ALL))) == [0, 1, 2, 3, 4]


def test_the_worker_process_waits_for_the_service(planted: Callable[[str], ForkServer]) -> None:
    found = []
    for frame in _frames(planted(_ALL)):
        time.sleep(0.02)
        found.append(frame.tobytes()[0])
    assert found == [0, 1, 2, 3, 4]


def test_a_frame_stays_while_later_ones_are_written(
    planted: Callable[[str], ForkServer],
) -> None:
    kept = list(_frames(planted(_ALL)))
    assert _reds(iter(kept)) == [0, 1, 2, 3, 4]


def test_the_memory_depends_on_the_largest_frame_alone() -> None:
    assert stream_bytes(1_000_000) < 3 * 4_000_000


@pytest.mark.parametrize(
    "code",
    [
        "slots.write(frame(0)); os.kill(os.getpid(), signal.SIGSEGV)",
        "slots.write(frame(0)); os._exit(0)",
        "slots.write(frame(0)); raise ValueError",
        "slots.write(frame(0)); slots.write(frame(1, (4000, 4000)))",
        "slots.write(frame(0)); open('/etc/passwd')",
    ],
)
def test_frames_before_a_failure_are_kept(code: str, planted: Callable[[str], ForkServer]) -> None:
    frames = _frames(planted(code))
    assert next(frames).tobytes()[0] == 0
    with pytest.raises((WorkerFailed, ForkServerFailed)):
        next(frames)


def test_a_worker_process_that_hangs_is_killed(planted: Callable[[str], ForkServer]) -> None:
    with pytest.raises(WorkerFailed) as failure:
        list(_frames(planted("slots.write(frame(0)); time.sleep(60)"), seconds=0.3))
    assert failure.value.limited


def test_wrong_counters_do_no_harm(planted: Callable[[str], ForkServer]) -> None:
    code = "slots._memory[:8] = b'\\xff' * 8; time.sleep(60)"
    assert _reds(_frames(planted(code))) == [0] * 5


def test_an_animation_that_is_left_ends_its_worker_process(
    planted: Callable[[str], ForkServer],
) -> None:
    server = planted(_ALL)
    frames = _frames(server)
    next(frames)
    assert isinstance(frames, Generator)
    frames.close()
    assert _reds(_frames(server)) == [0, 1, 2, 3, 4]
