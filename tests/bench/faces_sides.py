"""The two compared face detectors, in separate processes and environments."""

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from handler.faces.detector import least_score
from tests.bench.peers import Peer, Unavailable

_ROOT = Path(__file__).parents[2]
_PINS = Path(__file__).with_name("faces_peer.txt")
_WORKER = Path(__file__).with_name("faces_peer.py")
_HOME = _ROOT / ".tools" / "mediapipe"
_DEFAULT_SENSITIVITY = 0.5


@dataclass(frozen=True, slots=True)
class Side:
    """A detector.

    Attributes:
        name: name in the tables.
        start: function that starts the process.
        threshold: smallest score at the default sensitivity.
    """

    name: str
    start: Callable[[], Peer]
    threshold: float


def ours() -> Side:
    """Return CenterFace as the service runs it."""
    return Side(
        "ours",
        lambda: Peer([sys.executable, "-m", "tests.bench.faces_ours"]),
        least_score(_DEFAULT_SENSITIVITY),
    )


def mediapipe() -> Side:
    """Return the detector of the reference, installed on first use.

    Raises:
        Unavailable: uv or a suitable Python is missing, or the installation failed.
    """
    _install()
    # Its many log messages go to a file.
    command = f"exec '{_HOME}/bin/python' '{_WORKER}' 2>'{_HOME}/stderr.log'"
    return Side("mediapipe", lambda: Peer(["sh", "-c", command]), 1 - _DEFAULT_SENSITIVITY)


def _install() -> None:
    key, mark = sha256(_PINS.read_bytes()).hexdigest(), _HOME / "made-from"
    if mark.exists() and mark.read_text() == key:
        return
    _uv("venv", "--no-python-downloads", "--clear", "--python", ">=3.11,<3.13", str(_HOME))
    _uv(
        *("pip", "install", "--no-deps", "--require-hashes", "--python", f"{_HOME}/bin/python"),
        *("--requirements", str(_PINS)),
    )
    mark.write_text(key)


def _uv(*command: str) -> None:
    own = _ROOT / ".tools" / "uv" / "bin" / "uv"
    uv = str(own) if own.exists() else "uv"
    try:
        # Without the settings of this project, which replace Pillow.
        done = subprocess.run(
            [uv, "--no-config", *command], capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise Unavailable("uv, which installs mediapipe, was not found") from error
    if done.returncode:
        raise Unavailable(f"mediapipe could not be installed: {done.stderr.strip()[-300:]}")
