"""Folders that are watched for new pictures."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Draw
from tests.servers import interruptible

_SECONDS = 120
# Seconds without a change after which a file is complete.
_COMPLETE = 1.0


@pytest.fixture
def watching(script: Path, draw: Draw, tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A run that watches the folder `in`, which has a picture already."""
    draw("in/first.png")
    command = ("crop", "in", "-o", "out", "--watch", "--json", "-s", "40x30", "-m", "subject")
    with interruptible():
        started = subprocess.Popen(
            [script, *command],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    with started as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(is_true: Callable[[], bool]) -> None:
    end = time.monotonic() + _SECONDS
    while not is_true():
        assert time.monotonic() < end
        time.sleep(0.02)


def upload(path: Path, data: bytes) -> float:
    """Write a file in parts, as an upload does, and return its longest pause in seconds."""
    longest, end = 0.0, time.monotonic()
    with path.open("wb", buffering=0) as file:
        for start in range(0, len(data), len(data) // 4):
            file.write(data[start : start + len(data) // 4])
            longest, end = max(longest, time.monotonic() - end), time.monotonic()
            time.sleep(0.4)
    return longest


@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_new_pictures_are_cropped_once_they_are_complete(
    stop: signal.Signals, watching: "subprocess.Popen[str]", draw: Draw, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    wait_for((out / "first_smartcrop.png").exists)
    whole = draw("whole.png", 400, 300, seed=2).read_bytes()
    # A busy machine may pause this process for so long that the part looks like a complete file.
    names = (f"slow{number}" for number in range(20))
    slow = next(name for name in names if upload(tmp_path / f"in/{name}.png", whole) < _COMPLETE)
    wait_for((out / f"{slow}_smartcrop.png").exists)

    watching.send_signal(stop)
    lines, errors = watching.communicate(timeout=_SECONDS)

    answers = [json.loads(line) for line in lines.splitlines()]
    outcomes = [(each["file"], each["status"]) for each in answers]
    assert outcomes[0] == ("in/first.png", "cropped")
    assert [each for each in outcomes if each[0] == f"in/{slow}.png"] == [
        (f"in/{slow}.png", "cropped")
    ]
    assert errors.startswith("Watching in (press Ctrl-C to stop)\n")
    if slow == "slow0":  # no part of another file was cropped
        assert "Error" not in errors
        assert watching.returncode == 0


def test_a_picture_that_changes_is_cropped_again(
    watching: "subprocess.Popen[str]", draw: Draw, tmp_path: Path
) -> None:
    result = tmp_path / "out/first_smartcrop.png"
    wait_for(result.exists)
    before = result.read_bytes()

    draw("new.png", seed=7)
    os.replace(tmp_path / "new.png", tmp_path / "in/first.png")

    wait_for(lambda: result.read_bytes() != before)
