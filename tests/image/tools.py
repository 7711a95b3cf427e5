"""SAM and checkov, in separate environments, because each pins many packages."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".tools"


def provide(name: str) -> Path:
    """Install ``infra/setup/NAME.txt`` into ``.tools/NAME``; return the folder of its programs."""
    pins = ROOT / "infra/setup" / f"{name}.txt"
    folder = TOOLS / name
    made_from = folder / "made-from"
    key = hashlib.sha256(f"{ROOT} {sys.version}".encode() + pins.read_bytes()).hexdigest()[:16]
    if not made_from.exists() or made_from.read_text() != key:
        shutil.rmtree(folder, ignore_errors=True)
        _uv("venv", "--python", sys.executable, str(folder))
        _uv(
            *("pip", "install", "--python", str(folder / "bin/python")),
            *("--require-hashes", "--requirements", str(pins)),
        )
        made_from.write_text(key)
    return folder / "bin"


def environment() -> dict[str, str]:
    """Return the environment, with byte code enabled: SAM runs often."""
    return {name: os.environ[name] for name in os.environ if name != "PYTHONDONTWRITEBYTECODE"}


def _uv(*arguments: str) -> None:
    uv = shutil.which("uv") or str(TOOLS / "uv/bin/uv")
    done = subprocess.run([uv, *arguments, "--quiet"], capture_output=True, check=False, cwd=ROOT)
    if done.returncode:
        raise RuntimeError(f"uv {arguments[0]}:\n{done.stderr.decode()[-4000:]}")
