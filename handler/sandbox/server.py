"""The fork server: the program that forks a worker process for each file.

It runs in a process of its own, with one thread, a minimal environment and no files of the service.
It ends when the service does.

Messages from the service arrive on standard input, a socket. Each is a `Request` of fixed length
and three descriptors: the file, the shared memory, and the job's own socket. The exit status of the
worker process goes back on the job's socket. If the service closes the job's socket before, the
worker process is killed.
"""

import gc
import mmap
import os
import resource
import selectors
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import NoReturn

from handler.sandbox.confinement import (
    MAX_DESCRIPTORS,
    Allowance,
    close_all_but,
    confine,
    die_with_parent,
    forbid_inspection,
)
from handler.sandbox.frame_decoders import FRAME_DECODERS, DecodeFrames
from handler.sandbox.frame_slots import FrameSlots
from handler.sandbox.libraries import DECODERS, Decode, MappedFile
from handler.sandbox.pixels import SharedPixels
from handler.sandbox.protocol import (
    DAMAGED,
    OUT_OF_MEMORY,
    PROBE,
    REQUEST_BYTES,
    Request,
    pack_status,
)


class Server:
    """The loop over requests, jobs and ended worker processes."""

    def __init__(self, control: socket.socket) -> None:
        """Serve the requests of a socket."""
        self._control = control
        self._number = os.getpid()
        self._jobs: dict[int, socket.socket] = {}
        self._decoders: dict[str, Decode] = {}
        self._frame_decoders: dict[str, DecodeFrames] = {}
        self._selector = selectors.DefaultSelector()

    def run(self) -> None:
        """Serve until the service closes the socket."""
        wake, woken = socket.socketpair()
        for end in (wake, woken):
            end.setblocking(False)
        signal.set_wakeup_fd(wake.fileno())
        signal.signal(signal.SIGCHLD, lambda *_: None)
        self._selector.register(self._control, selectors.EVENT_READ)
        self._selector.register(woken, selectors.EVENT_READ)
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._control:
                    if not self._receive():
                        return
                elif key.fileobj is woken:
                    woken.recv(1024)
                    self._reap()
                elif key.data in self._jobs:  # closed: the service does not wait any longer
                    os.kill(key.data, signal.SIGKILL)
                    self._selector.unregister(key.fileobj)

    def kill_all(self) -> None:
        """Kill the worker processes that run."""
        for worker in self._jobs:
            os.kill(worker, signal.SIGKILL)

    def prepare(self, decoder: str) -> None:
        """Import a decoder's library, so that worker processes have it."""
        if decoder in FRAME_DECODERS and decoder not in self._frame_decoders:
            self._frame_decoders[decoder] = FRAME_DECODERS[decoder]()
            gc.freeze()
        elif decoder in DECODERS and decoder not in self._decoders:
            self._decoders[decoder] = DECODERS[decoder]()
            # Collections would write to the memory that is shared with worker processes.
            gc.freeze()

    def _receive(self) -> bool:
        message, descriptors, _, _ = socket.recv_fds(self._control, REQUEST_BYTES, 3)
        if len(message) < REQUEST_BYTES or len(descriptors) < 3:
            return False
        file, shared, job = descriptors
        self._start(Request.unpack(message), file, shared, socket.socket(fileno=job))
        os.close(file)
        os.close(shared)
        return True

    def _start(self, request: Request, file: int, shared: int, job: socket.socket) -> None:
        try:
            if request.decoder != PROBE:
                self.prepare(request.decoder)
            worker = os.fork()
        except (ImportError, OSError):  # a library that is missing, or too many processes
            with job, suppress(OSError):  # the service may not wait any longer
                job.sendall(pack_status(DAMAGED))
            return
        if worker == 0:
            run = self._runner(request.decoder)
            _work(request, run, file, shared, self._number)
        self._jobs[worker] = job
        self._selector.register(job, selectors.EVENT_READ, worker)

    def _runner(self, decoder: str) -> "Run | None":
        """Return the function that decodes a file into the shared memory; None for the probe."""
        if (decode := self._decoders.get(decoder)) is not None:
            return partial(_write_picture, decode)
        if (decode_frames := self._frame_decoders.get(decoder)) is not None:
            return partial(_write_frames, decode_frames)
        return None

    def _reap(self) -> None:
        while self._jobs:
            worker, status = os.waitpid(-1, os.WNOHANG)
            if worker == 0:
                return
            job = self._jobs.pop(worker)
            if job.fileno() in self._selector.get_map():
                self._selector.unregister(job)
            with job, suppress(OSError):  # the service may not wait any longer
                job.sendall(pack_status(os.waitstatus_to_exitcode(status)))


Run = Callable[[MappedFile, mmap.mmap], None]


def _write_picture(decode: Decode, file: MappedFile, memory: mmap.mmap) -> None:
    pixels = SharedPixels(memory)
    pixels.write(decode(file, pixels))


def _write_frames(decode: DecodeFrames, file: MappedFile, memory: mmap.mmap) -> None:
    decode(file, FrameSlots(memory))


def _work(request: Request, run: Run | None, file: int, shared: int, server: int) -> NoReturn:
    """Decode a file in this process, a fork of ``server``, and exit with status 0 or another.

    Without a decoder, only the missing parts of the confinement are written.
    """
    status = DAMAGED
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        die_with_parent(server)
        with suppress(OSError):  # forbidden in some containers
            os.setsid()
        close_all_but(file, shared)
        mapped = MappedFile(0, 0, access=mmap.ACCESS_READ)
        memory = mmap.mmap(1, 0)
        missing = confine(Allowance(_mapped_bytes() + request.memory, request.cpu_seconds))
        if run is None:
            SharedPixels(memory).describe({"missing": missing})
        else:
            run(mapped, memory)
        status = 0
    except MemoryError:
        status = OUT_OF_MEMORY
    except BaseException:  # decoders raise anything, and this process must not go on as a server
        status = DAMAGED
    finally:
        os._exit(status)


def _mapped_bytes() -> int:
    """Return the size of the address space of this process."""
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except OSError:  # no Linux, where the limit on memory does not hold either
        return 0


def main(prepared: list[str]) -> None:
    """Run the fork server.

    Args:
        prepared: names of decoders whose libraries are imported at once.
    """
    # Ctrl-C is for the service alone.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with suppress(OSError):  # forbidden in some containers
        os.setsid()
    with suppress(ValueError, OSError):
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(MAX_DESCRIPTORS, most), most))
    forbid_inspection()
    server = Server(socket.socket(fileno=os.dup(0)))
    # Descriptors 0 to 2 stay occupied, so that no other file gets their numbers.
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    gc.disable()
    for decoder in prepared:
        server.prepare(decoder)
    try:
        server.run()
    finally:
        server.kill_all()
        # Without the end of the interpreter, which a library's threads may hold up.
        os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])
