"""Decoding in a worker process, whose crash does not affect the service."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from threading import Timer
from typing import IO

import numpy as np
from PIL import Image

from handler.codec.formats import Decoder
from handler.codec.headers.header import ImageHeader
from handler.core.geometry import Size
from handler.errors import ProcessingFailed

_PROGRAM = str(Path(__file__).with_name("isolated_worker.py"))
# Python, Pillow and a decoder map 150 MB before they start. numpy, which JPEG XL's binding imports,
# and the threads of dav1d map another 300 MB, most of which is never used.
_BASE_BYTES = 640 << 20
# OpenJPEG keeps eight bytes a sample, and Pillow four a pixel.
_BYTES_PER_PIXEL = 40
# JPEG 2000, the slowest format, takes this long for a hundred megapixels.
_CPU_SECONDS = 60
# Longer than the CPU time, as the machine may be busy. A compromised worker could sleep for ever.
_WALL_SECONDS = 120
# A larger buffer than the default of 64 KiB needs fewer system calls. F_SETPIPE_SZ (fcntl(2))
# exists on Linux only.
_PIPE_BYTES = 1 << 20
_SET_PIPE_SIZE = 1031
# Mode of the worker's picture -> bytes a pixel.
_BYTES = {"L": 1, "LA": 2, "I;16": 2, "RGB": 3, "RGBX": 4, "RGBA": 4, "CMYK": 4, "LAB": 3}
_BYTES |= {"YCbCr": 3, "I;16B": 2, "I;16L": 2}
# Variables for Python, the loader and this machine's libraries. The worker gets no others: on AWS
# the environment holds credentials.
_ENVIRONMENT = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "OPENBLAS_CORETYPE", "SYSTEMROOT")


def decode(header: ImageHeader, decoder: Decoder, label: str) -> Image.Image:
    """Decode a file in a worker process.

    Args:
        header: of the file; its size is that of the decoded picture, and limits the worker.
        decoder: the decoder to run.
        label: name of the format in error messages.

    Returns:
        Picture of a mode whose rows are plain bytes.

    Raises:
        ProcessingFailed: the data are damaged, have another size, or take more memory or time than
            pictures of that size.
    """
    data, size = header.data, header.size
    memory = _BASE_BYTES + _BYTES_PER_PIXEL * size.area + 3 * len(data)
    command = [sys.executable, "-I", "-S", _PROGRAM, decoder, str(memory)]
    command += [str(_CPU_SECONDS), *filter(None, sys.path)]
    failed = ProcessingFailed("The picture's data are damaged, or need too much memory or time")
    with subprocess.Popen(  # noqa: S603  # it is this Python, with a program of ours
        command,
        env=_environment(os.environ),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        if process.stdin is None or not isinstance(process.stdout, io.BufferedReader):
            raise failed
        _widen(process.stdin, process.stdout)
        watchdog = Timer(_WALL_SECONDS, process.kill)
        watchdog.start()
        try:
            process.stdin.write(data)
            process.stdin.close()
            image = _read(process.stdout, size)
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise failed from error
        finally:
            watchdog.cancel()
            process.kill()
    if image.size != (size.width, size.height):
        raise ProcessingFailed(f"The {label} data differ in size from the header")
    return image


def _environment(environment: Mapping[str, str]) -> dict[str, str]:
    kept = {name: environment[name] for name in _ENVIRONMENT if name in environment}
    # Each further arena of malloc reserves 64 MB of the memory limit. numpy has too little work
    # there for more than one thread.
    return kept | {"MALLOC_ARENA_MAX": "2", "OPENBLAS_NUM_THREADS": "1"}


def _widen(*pipes: IO[bytes]) -> None:
    if sys.platform != "linux":
        return
    import fcntl

    for pipe in pipes:
        try:
            fcntl.fcntl(pipe, _SET_PIPE_SIZE, _PIPE_BYTES)
        except OSError:  # the user has as many large pipes as one may have
            return


def _read(pipe: io.BufferedReader, expected: Size) -> Image.Image:
    """Read the worker's answer, up to the expected size.

    Raises:
        ValueError, LookupError, TypeError: the answer is malformed, incomplete or too large.
    """
    header = json.loads(pipe.readline(200))
    mode, size = header["mode"], Size(int(header["width"]), int(header["height"]))
    if size.area > expected.area or size.area <= 0:
        raise ValueError("there are more pixels than the header promised")
    pixels = np.empty(size.area * _BYTES[mode], np.uint8)
    filled = 0
    while filled < pixels.size:
        got = pipe.readinto(pixels.data[filled:])
        if not got:
            raise ValueError("the pixels end early")
        filled += got
    return Image.frombuffer(mode, (size.width, size.height), pixels, "raw", mode, 0, 1)
