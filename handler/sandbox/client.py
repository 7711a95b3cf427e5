"""The fork server, as the service sees it."""

import mmap
import os
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from socket import send_fds, socket, socketpair
from threading import Lock
from typing import TypeVar

from PIL import Image

from handler.sandbox import pixels
from handler.sandbox.confinement import forbid_inspection
from handler.sandbox.frame_slots import FRAME_PAUSE_SECONDS, FrameSlots, stream_bytes
from handler.sandbox.kept_memory import KeptMemory
from handler.sandbox.protocol import DAMAGED, PROBE, Request, receive_status
from handler.sandbox.shared_memory import file_in_memory, fixed_memory

Answer = TypeVar("Answer")

# The folder that holds the package `handler`.
_ROOT = str(Path(__file__).parents[2])
# Arguments: the number of decoders to prepare, these, and the folders to import from.
_PROGRAM = """
import sys
count = int(sys.argv[1])
prepared, sys.path[:] = sys.argv[2 : 2 + count], sys.argv[2 + count :]
from handler.sandbox.server import main
main(prepared)
"""
# Variables for Python, the loader and this machine's libraries. The processes get no others: on AWS
# the environment holds credentials.
_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "OPENBLAS_CORETYPE")
# The fork server is started anew when it was killed, for example by a lack of memory.
_ATTEMPTS = 2
# Of a worker process that only gives up its rights.
_PROBE_BYTES, _PROBE_SECONDS = 1 << 26, 20


class WorkerFailed(Exception):
    """Raised if a worker process does not return a picture.

    Attributes:
        limited: whether it was ended, as it needed too much memory or time or did what is
            forbidden; otherwise the file is damaged.
    """

    def __init__(self, *, limited: bool) -> None:
        """Describe the failure."""
        super().__init__("the worker process returned no picture")
        self.limited = limited


class ForkServerFailed(Exception):
    """Raised if the fork server does not start, or ends again and again."""


class ForkServer:
    """The fork server, which is started when it is needed first."""

    def __init__(self, prepared: Sequence[str] = (), program: str = _PROGRAM) -> None:
        """Describe a fork server.

        Args:
            prepared: names of decoders whose libraries it imports at its start.
            program: its Python program.
        """
        self._prepared = prepared
        self._program = program
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket | None = None
        self._memory = KeptMemory(self._confines)
        os.register_at_fork(after_in_child=self._forget)

    @property
    def process_id(self) -> int | None:
        """Number of the process, or None if it was not started."""
        return None if self._process is None else self._process.pid

    def start(self) -> None:
        """Start the process if it does not run, and do not wait for it."""
        with self._lock:
            self._connect()

    def close(self) -> None:
        """End the process, and all worker processes with it."""
        with self._lock:
            self._disconnect()
        self._memory.close()

    def decode(
        self,
        request: Request,
        parts: Sequence[bytes | memoryview],
        width: int,
        height: int,
        seconds: float,
    ) -> pixels.ReceivedImage:
        """Decode a file in a worker process.

        Args:
            request: decoder and limits.
            parts: of the file.
            width: the largest width of the picture, in pixels.
            height: the largest height.
            seconds: time after which the worker process is killed.

        Returns:
            Picture whose pixels are in memory that is freed with it.

        Raises:
            WorkerFailed: the worker process ends without a picture, or not in time.
            ForkServerFailed: there is no worker process.
        """
        length = pixels.bytes_needed(width, height)
        return self._answer(
            request, parts, length, seconds, lambda memory: pixels.read(memory, width, height)
        )

    def decode_frames(
        self,
        request: Request,
        parts: Sequence[bytes | memoryview],
        sizes: Sequence[tuple[int, int]],
        seconds: Callable[[], float],
    ) -> Iterator[Image.Image]:
        """Decode the frames of an animation in a worker process, which waits for the caller.

        Args:
            request: decoder, of `handler.sandbox.frame_decoders.FRAME_DECODERS`, and limits.
            parts: of the file.
            sizes: width and height of each frame, in pixels.
            seconds: returns the time after which the worker process is killed, when the service
                begins to wait for a frame.

        Yields:
            Each frame, mode RGBA.

        Raises:
            WorkerFailed: the worker process ends before the last frame, or is too slow.
            ForkServerFailed: there is no worker process.
        """
        length = stream_bytes(max(width * height for width, height in sizes))
        try:
            with file_in_memory(parts) as file, fixed_memory(length) as shared:
                slots = FrameSlots(mmap.mmap(shared, 0))
                ours, theirs = socketpair()
                # When our end is closed, the worker process is killed.
                with ours:
                    with theirs:
                        process = self._send(request, file, shared, theirs.fileno())
                    for size in sizes:
                        self._wait_for_frame(slots, ours, process, seconds())
                        yield slots.read(size)
        except OSError as error:
            raise ForkServerFailed from error

    def _wait_for_frame(
        self,
        slots: FrameSlots,
        job: socket,
        process: "subprocess.Popen[bytes] | None",
        seconds: float,
    ) -> None:
        end = time.monotonic() + seconds
        watched = select.poll()
        watched.register(job, select.POLLIN)
        while not slots.has_frame():
            if watched.poll(FRAME_PAUSE_SECONDS * 1000) and not slots.has_frame():
                status = receive_status(job)
                if status is None:
                    self._discard(process)
                    raise ForkServerFailed
                raise WorkerFailed(limited=status not in (0, DAMAGED))
            if time.monotonic() > end:
                raise WorkerFailed(limited=True)

    def missing_parts(self) -> list[str]:
        """Return the names of the parts of the confinement that this platform lacks.

        Raises:
            WorkerFailed, ForkServerFailed: no worker process can be started.
        """
        request = Request(PROBE, _PROBE_BYTES, _PROBE_SECONDS)
        length = pixels.HEADER_BYTES
        return self._answer(request, (b"-",), length, _PROBE_SECONDS, pixels.read_missing_parts)

    def _confines(self) -> bool:
        """Return whether a worker process cannot start another process."""
        try:
            return "seccomp" not in self.missing_parts()
        except (WorkerFailed, ForkServerFailed):
            return False

    def _answer(
        self,
        request: Request,
        parts: Sequence[bytes | memoryview],
        length: int,
        seconds: float,
        read: Callable[[mmap.mmap], Answer],
    ) -> Answer:
        """Return what ``read`` makes of the memory that a worker process has written."""
        try:
            with self._memory.lend_file(parts) as file:
                return self._attempt(request, file, length, seconds, read)
        except OSError as error:  # no memory, too many processes or descriptors, no interpreter
            raise ForkServerFailed from error

    def _attempt(
        self,
        request: Request,
        file: int,
        length: int,
        seconds: float,
        read: Callable[[mmap.mmap], Answer],
    ) -> Answer:
        for _ in range(_ATTEMPTS):
            # Other memory, because a worker process may have written to that of the first attempt.
            with self._memory.lend(length) as shared:
                status = self._run(request, file, shared, seconds)
                if status is None:
                    continue
                if status != 0:
                    raise WorkerFailed(limited=status != DAMAGED)
                try:
                    return read(self._memory.map(shared, length))
                except ValueError as error:
                    raise WorkerFailed(limited=False) from error
        raise ForkServerFailed

    def _run(self, request: Request, file: int, shared: int, seconds: float) -> int | None:
        """Return the exit status of a worker process, or None if the fork server has ended."""
        ours, theirs = socketpair()
        # When our end is closed, the worker process is killed.
        with ours:
            with theirs:
                process = self._send(request, file, shared, theirs.fileno())
            ours.settimeout(seconds)
            try:
                status = receive_status(ours)
            except TimeoutError as error:
                raise WorkerFailed(limited=True) from error
            except OSError:
                status = None
            if status is None:
                self._discard(process)
            return status

    def _send(self, request: Request, *descriptors: int) -> "subprocess.Popen[bytes] | None":
        """Send a request, and return the process that may serve it."""
        with self._lock:
            control = self._connect()
            # If the process has ended, the job's socket will end as well.
            with suppress(OSError):
                send_fds(control, [request.pack()], descriptors)
            return self._process

    def _discard(self, process: "subprocess.Popen[bytes] | None") -> None:
        """Forget a process that has ended, unless another thread has replaced it."""
        with self._lock:
            if self._process is process:
                self._disconnect()

    def _connect(self) -> socket:
        if self._process is not None and self._process.poll() is not None:
            self._disconnect()
        if self._control is None:
            forbid_inspection()
            self._control, theirs = socketpair()
            try:
                with theirs:
                    self._process = self._start_process(theirs.fileno())
            except OSError:
                self._disconnect()
                raise
        return self._control

    def _start_process(self, control: int) -> "subprocess.Popen[bytes]":
        arguments = [str(len(self._prepared)), *self._prepared, _ROOT, *filter(None, sys.path)]
        return subprocess.Popen(  # noqa: S603  # this Python, with a program of ours
            [sys.executable, "-I", "-S", "-c", self._program, *arguments],
            env=_environment(),
            stdin=control,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def _disconnect(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            self._process.kill()  # the worker processes are killed with it
            self._process.wait()
        self._control = self._process = None

    def _forget(self) -> None:
        """Leave the process to the parent of this fork."""
        self._lock = Lock()
        self._memory.close()
        if self._control is not None:
            self._control.close()
        self._control = self._process = None


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    # Each further arena of malloc reserves 64 MB of the memory limit. numpy has too little work
    # there for more than one thread. Without a time zone, the C library would look for that of the
    # machine whenever a decoder reads a date.
    return kept | {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1", "TZ": "UTC0"}
