"""The bundle that `make setup` built."""

from pathlib import Path

import pytest

from handler.faces import FaceDetector, bundle

BUILT = Path(__file__).parents[2] / "layers" / "face-detection" / "build"


@pytest.fixture(scope="session")
def built() -> Path:
    """Folder of the built bundle. Tests fail without it, because none of them can run."""
    if not bundle.is_available(BUILT):
        pytest.fail(f"There is no face detection bundle in {BUILT}: run `make setup`")
    return BUILT


@pytest.fixture(scope="session")
def detector(built: Path) -> FaceDetector:
    return FaceDetector(bundle.load(built))
