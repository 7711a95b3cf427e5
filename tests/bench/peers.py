"""The sides of every comparison: long-lived processes that receive commands through a pipe."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any, Self

HERE = Path(__file__).parent
_ROOT = HERE.parent.parent

# One thread each, as on Lambda with 1769 MB.
_ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "UV_THREADPOOL_SIZE": "1",
    "VIPS_CONCURRENCY": "1",
}


class Unavailable(Exception):
    """Raised if a section cannot run here; the message has the reason and the solution."""


def environment() -> dict[str, str]:
    """Return the environment of both sides, with byte code enabled, as in the image."""
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | _ONE_THREAD


class Peer:
    """One side, as a context manager that ends the process on exit."""

    def __init__(self, command: list[str]) -> None:
        self._process = subprocess.Popen(
            command,
            cwd=_ROOT,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        print(json.dumps({"do": do, **arguments}), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended in the middle of {do!r}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._process.communicate()


def ours() -> Peer:
    """Start our side: jobs as HTTP, events and the command line run them, without storage."""
    return Peer([sys.executable, "-m", "tests.bench.ours_worker"])


def sharp() -> Peer:
    """Start sharp, installed on first use."""
    install()
    return Peer(["node", str(HERE / "sharp_worker.mjs")])


def pyvips() -> Peer:
    """Start pyvips, installed on first use."""
    from tests.bench.peer_environments import PACKAGES, installed

    interpreter = installed(HERE / ".cache" / "peers", PACKAGES)
    return Peer([str(interpreter), str(HERE / "pyvips_worker.py")])


def crops() -> Peer:
    """Start the other croppers, installed on first use."""
    install()
    return Peer(["node", str(HERE / "crops_worker.mjs")])


def install() -> None:
    """Install what package-lock.json pins.

    Raises:
        Unavailable: Node.js is missing, or the installation failed.
    """
    if shutil.which("node") is None or shutil.which("npm") is None:
        raise Unavailable("the peers need Node.js and npm: apt-get install nodejs npm")
    lock = HERE / "package-lock.json"
    mark = HERE / "node_modules" / ".package-lock.json"
    if mark.exists() and mark.stat().st_mtime >= lock.stat().st_mtime:
        return
    done = subprocess.run(["npm", "ci"], cwd=HERE, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Unavailable(
            f"the peers could not be installed (npm ci): {done.stderr.strip()[-300:]}"
        )
