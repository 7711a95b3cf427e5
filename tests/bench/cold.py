"""Cold start."""

from typing import Any

from tests.bench.peers import Unavailable
from tests.bench.speed import Say


def measure_cold_starts(quick: bool, say: Say) -> dict[str, Any]:
    raise Unavailable("not yet")
