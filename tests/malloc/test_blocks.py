"""Reuse of large blocks, in another process, because the setting cannot be reverted."""

import mmap
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from handler.malloc import give_back
from tests.needs import needs_linux

ROOT = Path(__file__).parents[2]
# Entry points of the code that crops, and the statements that load them.
ENTRIES = {
    "the call itself": "from handler.malloc import keep_large_blocks; keep_large_blocks()",
    "HTTP on Lambda": "import handler.lambda_http",
    "events on Lambda": "import handler.lambda_events",
    "command line": """
from click.testing import CliRunner
from handler.cli import main
assert CliRunner().invoke(main, ["analyze", "missing.png"]).exit_code == 1
""",
}
# Prints the pages that the kernel cleared for a block, and the bytes held after a larger one.
PROBE = """
import ctypes, mmap, resource
from pathlib import Path

# PR_SET_THP_DISABLE: transparent huge pages would make the count too small.
ctypes.CDLL(None).prctl(41, 1, 0, 0, 0)

def touched(size):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = bytearray(size)
    block[::mmap.PAGESIZE] = bytes(len(range(0, size, mmap.PAGESIZE)))
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

def held():
    return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE

touched(64 << 20)
again = touched(64 << 20)
before = held()
touched(400 << 20)
print(again, held() - before)
"""

needs_glibc = pytest.mark.skipif(
    "CS_GNU_LIBC_VERSION" not in os.confstr_names,
    reason="needs glibc, whose allocator is tested",
)


def probe(entry: str, folder: Path) -> tuple[int, int]:
    stores = {"SMART_CROP_STORE": folder.as_uri(), "SMART_CROP_UPLOADS": "s3://uploads"}
    done = subprocess.run(
        [sys.executable, "-c", entry + PROBE],
        cwd=ROOT,
        env=os.environ | stores,
        capture_output=True,
        text=True,
        check=True,
    )
    pages, held = done.stdout.split()
    return int(pages), int(held)


@needs_glibc
@pytest.mark.parametrize("entry", ENTRIES)
def test_a_block_of_the_same_size_needs_no_new_pages(entry: str, tmp_path: Path) -> None:
    # 64 MiB are 16,384 pages.
    assert probe(ENTRIES[entry], tmp_path)[0] < 1000


@needs_glibc
def test_the_default_of_the_library_requests_every_page_again(tmp_path: Path) -> None:
    assert probe("", tmp_path)[0] > 10_000


@needs_glibc
def test_most_of_a_very_large_block_is_given_back(tmp_path: Path) -> None:
    assert probe(ENTRIES["the call itself"], tmp_path)[1] < 256 << 20


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE


@needs_linux
def test_only_the_given_part_of_an_array_is_given_back() -> None:
    rows = np.full((4096, 16_000), 7, np.uint8)
    read, unread = rows[:3000], rows[3000:]
    before = resident()

    give_back(read)

    assert before - resident() > 0.9 * read.nbytes
    assert (unread == 7).all()


def test_a_page_with_other_data_is_kept() -> None:
    samples = np.full(100, 7, np.uint8)
    give_back(samples[10:90])
    assert (samples == 7).all()
