"""The list of skipped tests at the end of a run, on a machine that lacks what they need."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TESTS = """
import pytest

@pytest.mark.parametrize("number", range(11))
def test_that_lacks_a_program(number):
    pytest.skip("needs curl: apt-get install curl")

@pytest.mark.skipif(True, reason="needs Linux")
def test_that_lacks_a_system(): ...

def test_that_fails():
    assert False
"""


def test_skips_are_listed_by_reason_before_the_closing_line(tmp_path: Path) -> None:
    file = tmp_path / "test_some.py"
    file.write_text(TESTS)
    command = ["-p", "tests.conftest", "-c", str(ROOT / "pyproject.toml"), f"--rootdir={tmp_path}"]

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *command, str(file)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    lines = done.stdout.splitlines()
    start = next(n for n, line in enumerate(lines) if " skipped tests, " in line)
    assert lines[start + 1 : start + 3] == [
        "   11  needs curl: apt-get install curl",
        "    1  needs Linux",
    ]
    assert lines[-2].startswith("FAILED ")
    assert "1 failed, 12 skipped in " in lines[-1]
    assert lines[-1].startswith("===")
