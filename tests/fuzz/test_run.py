"""The command, which goes on where it ended."""

import sys
from pathlib import Path

import pytest

from tests.fuzz import run, supervisor
from tests.needs import needs_linux

pytestmark = needs_linux


def test_a_run_counts_inputs_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(supervisor, "BLOCK", 10)
    command = ["run", "--state", str(tmp_path), "--workers", "1", "--seconds", "600"]

    monkeypatch.setattr(sys, "argv", [*command, "--inputs", "20", "--targets", "settings", "image"])
    assert run.main() == 0
    assert "20 in total; 0 finds" in capsys.readouterr().out

    monkeypatch.setattr(sys, "argv", [*command, "--inputs", "20"])
    assert run.main() == 0
    written = capsys.readouterr().out
    assert "20 inputs of earlier runs with this seed are done" in written
    assert "0 inputs in" in written
