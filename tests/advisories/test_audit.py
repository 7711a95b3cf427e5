"""The check of the lock against an index of advisories."""

import subprocess
from collections.abc import Sequence
from typing import Any

import pytest

from tests.advisories import audit

_FOUND = {"id": "PYSEC-1", "aliases": ["CVE-1"], "fix_versions": ["1.1"]}
_BAD = {"name": "bad", "version": "1.0", "vulns": [_FOUND]}
_GOOD = {"name": "good", "version": "2.0", "vulns": []}
_UNKNOWN = {"name": "unknown", "skip_reason": "not found"}


@pytest.mark.parametrize(
    ("packages", "status", "words"),
    [
        ([_GOOD, _UNKNOWN], 0, "1 of 2 packages, 0 undecided"),
        ([_GOOD, _BAD], 1, "error: bad 1.0: PYSEC-1, fixed in 1.1"),
        ([_UNKNOWN], 0, "skipped: no index of advisories"),
    ],
)
def test_an_undecided_advisory_is_an_error(
    packages: Sequence[Any],
    status: int,
    words: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(audit, "audit", lambda: packages)
    assert audit.main() == status
    assert words in capsys.readouterr().out


def test_an_advisory_in_the_table_is_decided() -> None:
    assert audit.undecided([_BAD], {"CVE-1"}) == []
    assert "CVE-2026-42311" in audit.decided()


@pytest.mark.parametrize("error", [subprocess.TimeoutExpired("pip-audit", 1), RuntimeError("a\nb")])
def test_without_a_report_the_check_is_skipped_with_a_reason(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> Sequence[Any]:
        raise error

    monkeypatch.setattr(audit, "audit", fail)
    assert audit.main() == 0
    assert "audit: skipped: " in capsys.readouterr().out
