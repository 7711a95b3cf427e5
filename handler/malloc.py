"""Tuning of the C library's allocator for repeated blocks of the same size."""

import ctypes
import mmap
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # this module is loaded before numpy, and by `--help`
    import numpy as np
    import numpy.typing as npt

# Parameters of mallopt(3), from <malloc.h> of glibc.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
# Advice of madvise(2) that the pages of private memory are not needed any more.
_DONT_NEED = getattr(mmap, "MADV_DONTNEED", None)
# Largest block that is not requested from the system each time. Older releases of glibc accept at
# most the second value (HEAP_MAX_SIZE / 2).
_LARGEST_KEPT = (1 << 30, 32 << 20)
# More than the crop of a photo needs. Above this, free memory is returned to the system.
_MOST_KEPT = 256 << 20


def keep_large_blocks() -> None:
    """Let malloc reuse the memory of one picture for the next. Call it before threads start.

    By default, glibc maps every large block and unmaps it when it is freed, and the kernel clears
    each page at its first use, which takes a fifth of the time of a small crop. All threads share
    one arena, so that a block that one thread frees can be reused by another.

    Nothing is done if the C library is not glibc.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    if any(mallopt(_MMAP_THRESHOLD, size) for size in _LARGEST_KEPT):
        mallopt(_TRIM_THRESHOLD, _MOST_KEPT)
        mallopt(_ARENA_MAX, 1)


def give_back(samples: "npt.NDArray[np.uint8]") -> None:
    """Return the memory of an array to the system. The array must not be read afterwards.

    The array may be a part of a larger one, which can only be freed as a whole. So one copy of a
    picture is released while the next one is written. The pages then read as zero or unchanged.

    Args:
        samples: uint8 array, contiguous, in private memory of this process. Pages that the array
            shares with other data are kept.
    """
    if _DONT_NEED is None:
        return
    start, stop = samples.ctypes.data, samples.ctypes.data + samples.nbytes
    first, last = -(-start // mmap.PAGESIZE), stop // mmap.PAGESIZE
    if first < last:
        address, length = first * mmap.PAGESIZE, (last - first) * mmap.PAGESIZE
        ctypes.CDLL(None).madvise(
            ctypes.c_void_p(address), ctypes.c_size_t(length), ctypes.c_int(_DONT_NEED)
        )
