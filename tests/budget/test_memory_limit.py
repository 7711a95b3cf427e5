"""Jobs in a process with the memory of a Lambda function: they succeed or are rejected."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from handler.core.geometry import Size
from tests.budget.limited_process import ControlGroup
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


@pytest.fixture
def group() -> Iterator[ControlGroup]:
    group = ControlGroup(f"smart-crop-{uuid4()}", MEMORY << 20)
    if group.folder is None:
        pytest.skip("needs root, to limit the memory of a process: sudo")
    yield group
    group.remove()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


def run(group: ControlGroup, path: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """Run a job in the group, and return its error; empty for a success."""
    command = [sys.executable, "-m", "tests.budget.limited_process"]
    done = subprocess.run(
        [*command, str(group.folder or ""), str(path), json.dumps(settings)],
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
    error: dict[str, Any] = json.loads(done.stdout)
    return error


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("kind", KINDS)
def test_no_process_is_killed_and_what_does_not_fit_is_rejected(
    group: ControlGroup, folder: Path, kind: str, name: str
) -> None:
    path = folder / kind
    if not path.exists():
        width = round((_MOST_MEGAPIXELS.get(kind, MEGAPIXELS) * 1e6 * 4 / 3) ** 0.5)
        path.write_bytes(PICTURES[kind](Size(width, width * 3 // 4)))

    error = run(group, path, SETTINGS[name])

    assert group.kills() == 0
    if error:
        assert (error["status"], error["code"]) == (413, "OVER_BUDGET")
        assert "HttpMemory would have to be " in error["details"]
        assert " pixels fits" in error["details"]
