"""The bundles that `make setup` built."""

from pathlib import Path

import pytest

from handler.faces import bundle
from handler.objects import is_installed
from handler.objects.centernet import CenterNet
from handler.objects.object_bundle import load_objects

LAYERS = Path(__file__).parents[2] / "layers"


@pytest.fixture(scope="session")
def objects_built() -> Path:
    """Folder of the object detection bundle."""
    folder = LAYERS / "object-detection" / "build"
    if not is_installed(folder):
        pytest.skip(f"there is no object detection bundle in {folder}: `make setup` needs npm")
    return folder


@pytest.fixture(scope="session")
def network(objects_built: Path) -> CenterNet:
    bundle.load(LAYERS / "face-detection" / "build")
    return CenterNet(load_objects(objects_built))
