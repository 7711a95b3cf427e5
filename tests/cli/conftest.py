"""Fixtures that run the command line and write pictures for it."""

import subprocess
import sysconfig
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from handler.cli import main

SmartCrop = Callable[..., subprocess.CompletedProcess[str]]
Draw = Callable[..., Path]


@pytest.fixture(scope="session")
def script() -> Path:
    """Path of the console script."""
    return Path(sysconfig.get_path("scripts")) / "smart-crop"


@pytest.fixture
def smart_crop(script: Path, tmp_path: Path) -> SmartCrop:
    """Run the console script in the folder of the test."""

    def run(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
        settings = {"cwd": tmp_path, "text": True, "timeout": 300, **options}
        return subprocess.run([script, *arguments], capture_output=True, check=False, **settings)

    return run


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SmartCrop:
    """Run the command line in this process, which is faster than `smart_crop`."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        words = [str(word) for word in arguments]
        result = CliRunner().invoke(main, words, prog_name="smart-crop", catch_exceptions=False)
        return subprocess.CompletedProcess(words, result.exit_code, result.stdout, result.stderr)

    return run


@pytest.fixture
def draw(tmp_path: Path) -> Draw:
    """Write a picture with a subject that depends on the seed."""

    def write(name: str, width: int = 96, height: int = 64, seed: int = 1) -> Path:
        rng = np.random.default_rng(seed)
        pixels = np.full((height, width, 3), (70, 90, 110), np.uint8)
        top, left = rng.integers(0, height // 2), rng.integers(0, width // 2)
        spot = pixels[top : top + height // 3, left : left + width // 3]
        spot[:] = rng.integers(0, 255, spot.shape)
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
        return path

    return write
