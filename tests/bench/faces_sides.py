"""The two compared face detectors, in separate processes and environments."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from handler.faces.detector import least_score
from tests.bench.peer_environments import installed
from tests.bench.peers import Peer

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
    installed(_HOME, _PINS, ">=3.11,<3.13")
    # Its many log messages go to a file.
    command = f"exec '{_HOME}/bin/python' '{_WORKER}' 2>'{_HOME}/stderr.log'"
    return Side("mediapipe", lambda: Peer(["sh", "-c", command]), 1 - _DEFAULT_SENSITIVITY)
