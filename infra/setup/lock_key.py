"""Check that requirements.lock matches the requirements in pyproject.toml.

`lock_key.py` prints the line that `make lock` writes at the top of the lock file. `lock_key.py
--check` looks for it there. It runs before the environment exists, so it imports only the standard
library.
"""

import hashlib
import json
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def key_line() -> str:
    """Return a comment line with a hash of the requirements that the resolver reads."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        data = tomllib.load(file)
    project = data["project"]
    read = [
        project["requires-python"],
        project["dependencies"],
        project["optional-dependencies"],
        data["dependency-groups"],
        (ROOT / "infra/setup/overrides.txt").read_text(),
    ]
    digest = hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest()
    return f"# requirements: {digest[:16]}"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        print(key_line())
    elif key_line() not in (ROOT / "requirements.lock").read_text().splitlines()[:10]:
        sys.exit(
            "setup: error: requirements.lock is out of date: the requirements in pyproject.toml"
            " have changed. Run `make lock`, and commit both files."
        )
