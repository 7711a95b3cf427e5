"""Check of requirements.lock against an index of advisories, by pip-audit.

`python -m tests.advisories.audit` exits with 1 if a locked package has an advisory that the table
of advisories does not decide. Without an index it prints the reason, and exits with 0.
"""

import json
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from tests.image.tools import provide
from tests.template.stack import ROOT

_TABLE = Path(__file__).with_name("advisories.toml")
# Seconds: for an answer of the index, and for all of them.
_ANSWER, _ALL = 5, 300

Package = Mapping[str, Any]


def main() -> int:
    """Print what pip-audit finds; return the exit status."""
    try:
        packages = audit()
    except (OSError, RuntimeError, ValueError, subprocess.TimeoutExpired) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        print(f"audit: skipped: pip-audit gave no report ({lines[-1]})")
        return 0
    asked = [one for one in packages if "skip_reason" not in one]
    if not asked:
        print("audit: skipped: no index of advisories that knows the locked packages was reached")
        return 0
    found = undecided(packages, decided())
    for line in found:
        print(f"audit: error: {line}")
    print(f"audit: {len(asked)} of {len(packages)} packages, {len(found)} undecided advisories")
    return 1 if found else 0


def audit() -> Sequence[Package]:
    """Return pip-audit's report on each locked package of this platform."""
    done = subprocess.run(
        [
            *(provide("pip-audit") / "pip-audit", "--requirement", ROOT / "requirements.lock"),
            *("--require-hashes", "--disable-pip", "--format", "json"),
            *("--timeout", str(_ANSWER), "--progress-spinner", "off"),
        ],
        capture_output=True,
        check=False,
        text=True,
        timeout=_ALL,
    )
    if not done.stdout:
        raise RuntimeError(done.stderr)
    packages: list[Package] = json.loads(done.stdout)["dependencies"]
    return packages


def decided() -> set[str]:
    """Return the ids of the advisories in the table."""
    return {id_ for one in tomllib.loads(_TABLE.read_text())["advisory"] for id_ in one["ids"]}


def undecided(packages: Sequence[Package], known: set[str]) -> list[str]:
    """Return a line for each advisory of a package of which no id is known."""
    return [
        f"{package['name']} {package['version']}: {found['id']}, "
        f"fixed in {', '.join(found['fix_versions']) or 'no version'}"
        for package in packages
        for found in package.get("vulns", ())
        if not {found["id"], *found["aliases"]} & known
    ]


if __name__ == "__main__":
    sys.exit(main())
