"""Tell whether requirements.lock was made from the requirements that pyproject.toml has now.

`lock_key.py` prints the line that `make lock` puts on top of the lock file; `lock_key.py --check`
looks for it there. It runs before there is an environment, so on the standard library alone.
"""

import hashlib
import json
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def key_line() -> str:
    """Return a comment line with a hash of all that the resolver reads in pyproject.toml."""
    with (ROOT / "pyproject.toml").open("rb") as file:
        data = tomllib.load(file)
    project = data["project"]
    read = [
        project["requires-python"],
        project["dependencies"],
        project["optional-dependencies"],
        data["dependency-groups"],
        data["tool"]["uv"]["override-dependencies"],
    ]
    digest = hashlib.sha256(json.dumps(read, sort_keys=True).encode()).hexdigest()
    return f"# requirements: {digest[:16]}"


if __name__ == "__main__":
    if "--check" not in sys.argv:
        print(key_line())
    elif key_line() not in (ROOT / "requirements.lock").read_text().splitlines()[:10]:
        sys.exit(
            "setup: error: The requirements in pyproject.toml have changed since requirements.lock"
            " was made from them. Run `make lock`, and commit both."
        )
