"""The C library's allocator, told what this process does: ask for blocks of the same size anew."""

import ctypes
import mmap
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # this is loaded before anything heavy, and by `--help`, too
    import numpy as np
    import numpy.typing as npt

# mallopt(3), <malloc.h> of glibc.
_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8
# madvise(2): the pages of private memory are not needed any more.
_DONT_NEED = getattr(mmap, "MADV_DONTNEED", None)
# The largest block that is not asked of the system each time; older releases take no more than the
# second (HEAP_MAX_SIZE / 2).
_LARGEST_KEPT = (1 << 30, 32 << 20)
# More than the crop of a photo needs: a server that lives long gives the rest of a larger one back.
_MOST_KEPT = 256 << 20


def keep_large_blocks() -> None:
    """Have the memory of one picture used again for the next; call it before there are threads.

    Left to itself, glibc maps every large block and unmaps it when it is freed, and the kernel
    clears each of its pages when it is first touched: a fifth of a small crop. Threads take turns
    at one arena, so that what one has freed is there for another.

    Where the C library is not glibc nothing is done.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return
    if any(mallopt(_MMAP_THRESHOLD, size) for size in _LARGEST_KEPT):
        mallopt(_TRIM_THRESHOLD, _MOST_KEPT)
        mallopt(_ARENA_MAX, 1)


def give_back(samples: "npt.NDArray[np.uint8]") -> None:
    """Have the system take back the memory of an array that nobody will read again.

    The array may be a part of a larger one, which has to be freed as a whole: one copy of a
    picture goes while the next one comes. Its pages read as zero afterwards, or as they were.

    Args:
        samples: contiguous, and in memory of this process's own. The pages that hold something
            else, too, stay.
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
