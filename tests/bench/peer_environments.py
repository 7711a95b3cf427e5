"""Environments of peers in Python, which need other packages than the project."""

import subprocess
from hashlib import sha256
from pathlib import Path

from tests.bench.peers import HERE, Unavailable

_ROOT = HERE.parent.parent
PACKAGES = HERE / "peer_packages.txt"


def installed(home: Path, pins: Path, python: str = ">=3.11") -> Path:
    """Return the interpreter of an environment with pinned packages, made on first use.

    Args:
        home: folder of the environment.
        pins: requirements with hashes.
        python: versions of Python that the packages support.

    Raises:
        Unavailable: uv or a suitable Python is missing, or the installation failed.
    """
    interpreter = home / "bin" / "python"
    key, mark = sha256(pins.read_bytes()).hexdigest(), home / "made-from"
    if not mark.exists() or mark.read_text() != key:
        _uv("venv", "--no-python-downloads", "--clear", "--python", python, str(home))
        _uv(
            *("pip", "install", "--no-deps", "--require-hashes", "--python", str(interpreter)),
            *("--requirements", str(pins)),
        )
        mark.write_text(key)
    return interpreter


def _uv(*command: str) -> None:
    own = _ROOT / ".tools" / "uv" / "bin" / "uv"
    uv = str(own) if own.exists() else "uv"
    try:
        # Without the settings of this project, which replace Pillow.
        done = subprocess.run(
            [uv, "--no-config", *command], capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise Unavailable("uv, which installs the peers, was not found") from error
    if done.returncode:
        raise Unavailable(f"a peer could not be installed: {done.stderr.strip()[-300:]}")
