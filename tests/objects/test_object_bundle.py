"""The object bundle is located without being opened, and rejected if it was changed."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from shutil import copytree

import pytest

from handler.errors import FeatureDamaged
from handler.faces import bundle
from handler.objects import is_installed
from handler.objects.object_bundle import load_objects
from tests.objects.conftest import LAYERS

MODEL = "centernet.onnx"


def test_the_manifest_lists_every_file_and_the_licence(objects_built: Path) -> None:
    manifest = json.loads((objects_built / "manifest.json").read_text())
    files = {
        path.relative_to(objects_built).as_posix()
        for path in objects_built.rglob("*")
        if path.is_file()
    }

    assert set(manifest["files"]) == files - {"manifest.json"}
    assert manifest["model"]["licence"] == "MIT"
    assert manifest["model"]["licence_file"] in files


def test_the_built_bundle_is_current(objects_built: Path) -> None:
    program = LAYERS / "object-detection" / "build_objects.py"
    done = subprocess.run(
        [sys.executable, program, "--is-current", "--output", objects_built], check=False
    )

    assert done.returncode == 0


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    assert not is_installed(tmp_path)


def alter(folder: Path) -> None:
    model = bytearray((folder / MODEL).read_bytes())
    model[len(model) // 2] ^= 1
    (folder / MODEL).write_bytes(model)


def outdate(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (alter, f"{MODEL} has the wrong hash"),
        (outdate, "format of its manifest"),
        (lambda folder: (folder / MODEL).unlink(), "it cannot be loaded"),
    ],
)
def test_a_damaged_bundle_is_rejected(
    objects_built: Path, tmp_path: Path, damage: Callable[[Path], None], reason: str
) -> None:
    bundle.load(LAYERS / "face-detection" / "build")
    folder = copytree(objects_built, tmp_path / "bundle")
    damage(folder)

    with pytest.raises(FeatureDamaged, match=reason) as caught:
        load_objects(folder)

    assert (caught.value.status, caught.value.answer()["feature"]) == (503, "object-detection")
    assert str(folder) not in json.dumps(caught.value.answer())
