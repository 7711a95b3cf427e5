"""Jobs in a process with the memory of a Lambda function: they succeed or are rejected."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from handler.core.geometry import Size
from tests.budget.limited_process import ControlGroup
from tests.budget.measured import JobProcess
from tests.budget.pictures import PICTURES
from tests.budget.test_peaks import LARGE
from tests.needs import needs_linux

pytestmark = needs_linux

IS_LARGE = bool(os.environ.get(LARGE))
# The defaults of MaxPixels and of HttpMemory; without large pictures, less of both.
MEGAPIXELS, MEMORY = (150, 1769) if IS_LARGE else (12, 400)
KINDS = tuple(PICTURES) if IS_LARGE else ("png alpha", "jp2", "tiff")
_MOST_MEGAPIXELS = {"heic": 142}
# Trim decodes all pixels.
SETTINGS: dict[str, dict[str, Any]] = {
    "trim": {"mode": "trim", "padToSquare": True, "targetSize": 64, "format": "png"},
    **({"thumbnail": {"width": 300, "height": 300}} if IS_LARGE else {}),
}


# Memory of the service without a job, which the budget keeps.
_IDLE_BYTES = 256 << 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


def run_limited(path: Path, settings: dict[str, Any]) -> tuple[str, str] | None:
    """Run a job with a limit of memory, and return code and details of its error.

    Returns:
        Two empty texts for a success; None if this user may not limit the memory of processes.
    """
    group = ControlGroup(f"smart-crop-{uuid4()}", MEMORY << 20)
    if group.folder is None:
        return None
    try:
        done = subprocess.run(
            [
                *(sys.executable, "-m", "tests.budget.limited_process"),
                *(str(group.folder), str(path), json.dumps(settings)),
            ],
            capture_output=True,
            text=True,
            check=False,
            env={
                **os.environ,
                "AWS_LAMBDA_RUNTIME_API": "127.0.0.1:9001",
                "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(MEMORY),
                "SMART_CROP_CPU_SECONDS": "1000",
            },
        )
        assert done.returncode == 0, done.stderr
        assert group.kills() == 0
    finally:
        group.remove()
    error = json.loads(done.stdout)
    assert error.get("status", 413) == 413, error
    return error.get("code", ""), error.get("details", "")


def run_measured(path: Path, settings: dict[str, Any]) -> tuple[str, str]:
    """Run a job with the budget of the limit, and return code and details of its error."""
    with JobProcess() as jobs:
        measured = jobs.run(
            path, settings, memory_mb=MEMORY, jobs=1, cpu_seconds=1000, memory_name="HttpMemory"
        )
    assert measured.bytes <= (MEMORY << 20) - _IDLE_BYTES
    return measured.error, measured.details


def test_a_process_with_too_little_memory_is_killed(folder: Path) -> None:
    """Otherwise the test below could not fail."""
    group = ControlGroup(f"smart-crop-{uuid4()}", 120 << 20)
    if group.folder is None:
        pytest.skip("needs root, to limit the memory of a process")
    path = folder / "large"
    path.write_bytes(PICTURES["png alpha"](Size(4000, 3000)))
    command = [sys.executable, "-m", "tests.budget.limited_process", str(group.folder), str(path)]
    environment = {**os.environ, "SMART_CROP_MEMORY_MB": "1769"}
    try:
        subprocess.run([*command, '{"mode":"trim"}'], check=False, env=environment)
        assert group.kills() > 0
    finally:
        group.remove()


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_process_is_killed_and_what_does_not_fit_is_rejected(
    folder: Path, kind: str, name: str
) -> None:
    path = folder / kind
    if not path.exists():
        width = round((_MOST_MEGAPIXELS.get(kind, MEGAPIXELS) * 1e6 * 4 / 3) ** 0.5)
        path.write_bytes(PICTURES[kind](Size(width, width * 3 // 4)))

    code, details = run_limited(path, SETTINGS[name]) or run_measured(path, SETTINGS[name])

    assert code in ("", "OVER_BUDGET"), details
    if code:
        assert "HttpMemory would have to be " in details
        assert " pixels fits" in details
