"""The memory of pictures that worker processes have decoded."""

import os
from mmap import mmap

import pytest

from handler.codec.decoders.shared_rows import SharedRows
from handler.core.geometry import Size
from handler.sandbox.pixels import HEADER_BYTES
from handler.sandbox.shared_memory import fixed_memory
from tests.needs import needs_linux

SIZE = Size(1000, 600)
STRIDE = 4 * SIZE.width


@needs_linux
@pytest.mark.parametrize("kept", [0, 1, 250, 600])
def test_rows_are_freed_for_both_processes(kept: int) -> None:
    length = HEADER_BYTES + STRIDE * SIZE.height
    with fixed_memory(length) as descriptor, mmap(descriptor, 0) as memory:
        memory[:] = b"\1" * length
        rows = SharedRows(memory, "RGBX", SIZE)
        rows.keep(500)
        rows.keep(kept)

        held = 512 * os.fstat(descriptor).st_blocks
        assert held <= HEADER_BYTES + STRIDE * min(kept, 500) + 2 * os.sysconf("SC_PAGE_SIZE")
        remaining = rows.image("RGBX", Size(SIZE.width, min(kept, 500)))
        assert set(remaining.tobytes()) <= {1}
        del remaining
