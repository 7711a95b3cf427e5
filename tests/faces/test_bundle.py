"""The bundle is located without being opened, and rejected if it was changed."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

from handler.errors import FeatureDamaged, FeatureMissing
from handler.faces import bundle, detector, is_available
from tests.needs import needs_linux

ROOT = Path(__file__).parents[2]
MODEL = "centerface.onnx"
Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def copy(built: Path, tmp_path: Path) -> Path:
    """A copy of the bundle in which single files can be replaced."""
    folder = tmp_path / "bundle"
    for file in built.rglob("*"):
        if file.is_file():
            link = folder / file.relative_to(built)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to(file)
    return folder


def replace(file: Path, content: bytes) -> None:
    file.unlink()
    file.write_bytes(content)


def edit_manifest(folder: Path, change: Change) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    change(manifest)
    replace(folder / "manifest.json", json.dumps(manifest).encode())


def test_the_manifest_lists_every_file(built: Path) -> None:
    manifest = json.loads((built / "manifest.json").read_text())
    found = {file.relative_to(built).as_posix() for file in built.rglob("*") if file.is_file()}

    assert set(manifest["files"]) == found - {"manifest.json"}
    assert manifest["model"]["licence_file"] in found
    assert manifest["runtime"]["licence_file"] in found


def test_the_bundle_contains_no_numpy(built: Path) -> None:
    folders = {folder.name.partition("-")[0] for folder in (built / "python").iterdir()}

    assert folders == {"onnxruntime"}


def test_an_intact_bundle_loads_and_runs(copy: Path) -> None:
    session = bundle.load(copy)
    name = session.get_inputs()[0].name

    heat, *_ = session.run(None, {name: np.zeros((1, 3, 64, 96), np.float32)})

    assert heat.shape == (1, 1, 16, 24)


def test_without_a_bundle_the_feature_is_missing(tmp_path: Path) -> None:
    assert not is_available(tmp_path)
    with pytest.raises(FeatureMissing) as caught:
        detector(tmp_path)

    assert caught.value.status == 501
    assert caught.value.answer()["feature"] == "face-detection"
    assert str(tmp_path) not in json.dumps(caught.value.answer())


def test_a_folder_without_a_manifest_is_not_a_bundle(copy: Path) -> None:
    (copy / "manifest.json").unlink()

    assert not is_available(copy)
    with pytest.raises(FeatureMissing):
        detector(copy)


def cut_model(folder: Path) -> None:
    replace(folder / MODEL, (folder / MODEL).read_bytes()[:-1])


def alter_model(folder: Path) -> None:
    content = bytearray((folder / MODEL).read_bytes())
    content[len(content) // 2] ^= 1
    replace(folder / MODEL, bytes(content))


def replace_model(folder: Path) -> None:
    """Replace the model by a file that has the hash of the manifest and is not a model."""
    replace(folder / MODEL, b"")
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    edit_manifest(folder, lambda manifest: manifest["files"][MODEL].update(size=0, sha256=empty))


def remove_runtime(folder: Path) -> None:
    shutil.rmtree(folder / "python")


def edited(change: Change) -> Callable[[Path], None]:
    return lambda folder: edit_manifest(folder, change)


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (cut_model, f"{MODEL} has the wrong size"),
        (alter_model, f"{MODEL} has the wrong hash"),
        (replace_model, "it cannot be loaded"),
        (remove_runtime, "is missing"),
        (lambda folder: replace(folder / "manifest.json", b'{"format":'), "it cannot be loaded"),
        (lambda folder: replace(folder / "manifest.json", b"[]"), "it cannot be loaded"),
        (edited(lambda manifest: manifest.pop("files")), "it cannot be loaded"),
        (
            edited(lambda manifest: manifest.update(format=1)),
            "format of its manifest is not supported",
        ),
        (
            edited(
                lambda manifest: manifest["python"].update(
                    minor_version="3.9", extension_suffix=".cpython-39-x86_64-linux-gnu.so"
                )
            ),
            "it was built for Python 3.9",
        ),
    ],
)
def test_a_damaged_bundle_is_rejected(
    copy: Path, damage: Callable[[Path], None], reason: str
) -> None:
    damage(copy)

    with pytest.raises(FeatureDamaged, match=reason) as caught:
        detector(copy)

    assert is_available(copy)
    assert caught.value.status == 503
    assert caught.value.answer()["code"] == "FEATURE_DAMAGED"
    assert str(copy) not in json.dumps(caught.value.answer())


def test_an_intact_bundle_loads_after_a_damaged_runtime_was_rejected(
    built: Path, copy: Path
) -> None:
    (library,) = copy.rglob("onnxruntime_pybind11_state*")
    replace(library, bytes(library.stat().st_size))
    program = """
import sys
from pathlib import Path
from handler.errors import FeatureDamaged
from handler.faces import bundle
try:
    bundle.load(Path(sys.argv[1]))
except FeatureDamaged as error:
    print(error.details)
bundle.load(Path(sys.argv[2]))
print(sys.modules["onnxruntime"].__file__)
"""
    done = subprocess.run(
        [sys.executable, "-c", program, str(copy), str(built)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )

    rejected, loaded = done.stdout.splitlines()
    assert "cannot be loaded" in rejected
    assert loaded == str(built / "python" / "onnxruntime" / "__init__.py")


def test_the_first_default_folder_with_a_bundle_is_used(
    copy: Path, built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "_PLACES", (tmp_path / "nothing", copy, built))

    assert bundle.locate() == copy


def test_concurrent_requests_load_the_bundle_once(copy: Path) -> None:
    with patch.object(bundle, "load", wraps=bundle.load) as load, ThreadPoolExecutor(4) as pool:
        loaded = set(pool.map(detector, [copy] * 8))

    assert len(loaded) == load.call_count == 1


@needs_linux
def test_the_runtime_sends_no_telemetry(built: Path, tmp_path: Path) -> None:
    """Its telemetry would start a thread and write a database to the home directory."""
    program = """
import os, sys
from pathlib import Path
from handler.faces import bundle
bundle.load(Path(sys.argv[1]))
print(len(os.listdir("/proc/self/task")))
"""
    environment = {"HOME": str(tmp_path), "OPENBLAS_NUM_THREADS": "1"}

    done = subprocess.run(
        [sys.executable, "-c", program, str(built)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    assert list(tmp_path.iterdir()) == []
    assert done.stdout == "1\n"


def build(*arguments: str) -> int:
    program = ROOT / "layers" / "face-detection" / "build.py"
    return subprocess.run([sys.executable, str(program), *arguments], check=False).returncode


def test_the_build_detects_a_current_bundle(copy: Path) -> None:
    current = "--is-current", "--output", str(copy)

    assert build(*current) == 0
    alter_model(copy)
    assert build(*current) == 1
