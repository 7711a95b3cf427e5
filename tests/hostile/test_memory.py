"""The memory of a warm process does not grow with hostile files."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.hostile.corpus import CORPUS
from tests.hostile.sandbox import Sandbox

_WARM_UP, _ROUNDS = 1, 5
# A leak grows in each round. On a busy machine, 3 of 32 readings were up to 2 MiB above those
# before and after them. The least of several rounds excludes such readings.
#
# The allocator alone caused a growth of 0.1 MiB per round. A leak of 12 KiB per file, which is the
# smallest decoded picture of the corpus, would be 2.2 MiB per round.
_GROWTH_KIB_PER_ROUND = 512
_EVERY = 8


def test_a_process_does_not_grow(tmp_path: Path) -> None:
    files = [case.build() for case in list(CORPUS.values())[::_EVERY]]
    with Sandbox(tmp_path / "stderr") as sandbox:
        if sandbox.try_file(files[0]).resident == 0:
            pytest.skip("needs Linux")
        resident = [
            [sandbox.try_file(data, width=40, height=40).resident for data in files][-1]
            for _ in range(_WARM_UP + 2 * _ROUNDS)
        ]

    early, late = resident[_WARM_UP:][:_ROUNDS], resident[-_ROUNDS:]
    assert min(late) - min(early) < _ROUNDS * _GROWTH_KIB_PER_ROUND, resident


def test_a_long_picture_in_a_small_square_needs_memory_for_its_pixels_only() -> None:
    if sys.platform != "linux":
        pytest.skip("needs Linux")
    # It was padded to a square of its own length before it was reduced.
    program = """
import io, pathlib, re
from PIL import Image
from handler.config import Config
from handler.jobs.job import Job, run_job
from handler.settings import CropSettings
picture = Image.new("RGB", (60_000, 200), "white")
picture.paste("navy", (100, 50, 59_900, 150))
file = io.BytesIO()
picture.save(file, "PNG")
settings = CropSettings(mode="trim", pad_to_square=True, target_size=50)
run_job(Job(file.getvalue(), None, settings), Config())
# ru_maxrss would include the memory of the tests, of which this process is a fork.
print(re.search(r"VmHWM:\\s+(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert int(done.stdout) < 300 << 10
